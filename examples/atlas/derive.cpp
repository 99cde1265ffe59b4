// What the op says of itself when it is evaluated: places where derivatives jump, bounds, which way it goes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "atlas.hpp"

namespace atlas {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double scale(double x, double y) { return std::max({1., std::abs(x), std::abs(y)}); }

// Evenly spaced between -10 and 10, and both ways by powers of two: from `least` to `most`.
Numbers grid(int least, int most)
{
    Numbers x = {0};
    for (int k = 1; k <= 640; ++k) x.insert(x.end(), {k / 64., -k / 64.});
    for (int e = least; e <= most; ++e)
        for (const double part : {1., 1.25, 1.5, 1.75}) {
            const double at = std::ldexp(part, e);
            if (at < 1. / 64 || at > 10) x.insert(x.end(), {at, -at});
        }
    std::sort(x.begin(), x.end());
    x.erase(std::unique(x.begin(), x.end()), x.end());
    return x;
}

struct Interval {
    double a, b, fa, fb;
};

// Halves all intervals at once, `times` times: each keeps the half for which keep_left(interval, middle, value there); those that
// are not wanted() any more are dropped.
template <class Keep, class Wanted>
void halve(const Entry& entry, int order, std::vector<Interval>& all, int times, Keep keep_left,
           Wanted wanted)
{
    for (int k = 0; k < times && !all.empty(); ++k) {
        Numbers middle;
        for (const Interval& i : all) middle.push_back(i.a / 2 + i.b / 2);
        const Numbers value = evaluate(entry, middle, order);
        std::vector<Interval> kept;
        for (std::size_t n = 0; n < all.size(); ++n) {
            Interval i = all[n];
            if (keep_left(i, value[n]))
                i.b = middle[n], i.fb = value[n];
            else
                i.a = middle[n], i.fa = value[n];
            if (wanted(i)) kept.push_back(i);
        }
        all = std::move(kept);
    }
}

std::vector<Interval> intervals(const Numbers& x, const Numbers& f)
{
    std::vector<Interval> all;
    for (std::size_t k = 0; k + 1 < x.size(); ++k)
        if (std::isfinite(f[k]) && std::isfinite(f[k + 1])) all.push_back({x[k], x[k + 1], f[k], f[k + 1]});
    return all;
}

//! [jumps]
// Where the derivative of this order jumps: two neighbouring numbers at which it differs
// by a thousandth. Of each interval the half with the greater difference is kept; where
// the derivative is continuous, the difference falls below that soon.
std::vector<Interval> jumps(const Entry& entry, int order, const Numbers& x)
{
    const auto apart = [](const Interval& i) { return std::abs(i.fa - i.fb) > 1e-3 * scale(i.fa, i.fb); };
    std::vector<Interval> all = intervals(x, evaluate(entry, x, order));
    std::erase_if(all, [&](const Interval& i) { return !apart(i); });
    const auto jump_is_left = [](const Interval& i, double middle) {
        return std::abs(middle - i.fa) >= std::abs(i.fb - middle);
    };
    halve(entry, order, all, /*times=*/90, jump_is_left, apart);
    return all;
}
//! [jumps]

// Binary digits that a number needs; none if it stands for 0.
int digits(double x)
{
    if (std::abs(x) < 1e-20) return 0;
    int exponent = 0, count = 0;
    for (double part = std::frexp(x, &exponent); part != std::trunc(part); part *= 2) ++count;
    return count;
}

// The jump's place as one number: neighbouring numbers on both sides of it show it twice.
std::vector<double> places(const std::vector<Interval>& found)
{
    std::vector<double> x;
    for (const Interval& i : found) {
        const double at = digits(i.a) < digits(i.b) ? i.a : i.b;  // 1 rather than its neighbour
        const double place = std::abs(at) < 1e-20 ? 0 : at;
        if (x.empty() || std::abs(place - x.back()) > 1e-9 * scale(place, 0)) x.push_back(place);
    }
    return x;
}

// f' over the grid, and where it is 0 although the function is not constant there: underflow, or 1 - 1.
struct Slopes {
    Numbers x, f, slope;
    std::vector<char> flat;  // constant there, not by rounding
};

// A stretch of zeros is real if it begins, ends or contains a place where a derivative jumps: a function that is smooth there
// cannot become constant (those of the atlas are analytic between their jumps).
void mark_flat(Slopes& s, const std::vector<double>& jump)
{
    s.flat.assign(s.x.size(), 0);
    for (std::size_t first = 0; first < s.x.size();) {
        std::size_t last = first;
        while (last < s.x.size() && s.slope[last] == 0) ++last;
        if (last == first) {
            ++first;
            continue;
        }
        const double from = s.x[first ? first - 1 : 0], to = s.x[std::min(last, s.x.size() - 1)];
        const bool real = last - first > 2 && std::any_of(jump.begin(), jump.end(),
                                                          [&](double at) { return at >= from && at <= to; });
        std::fill(s.flat.begin() + static_cast<std::ptrdiff_t>(first),
                  s.flat.begin() + static_cast<std::ptrdiff_t>(last), real);
        first = last;
    }
}

// The bound of sign * f from above.
Bound bound(const Entry& entry, const Slopes& s, double sign, const Numbers& turning_at,
            const Numbers& turning)
{
    const std::size_t n = s.x.size();
    Bound result{-inf, false, nan, nan, false};
    for (std::size_t k = 0; k < n; ++k)
        if (!std::isnan(s.f[k])) result.value = std::max(result.value, sign * s.f[k]);
    for (const double f : turning) result.value = std::max(result.value, sign * f);
    // No bound: infinite at an end, or still growing there, like a logarithm.
    const auto grows = [&](double end) {
        const Numbers f = evaluate(entry, {end * 1e-150, end});
        return sign * f[1] > 1e300 || sign * (f[1] - f[0]) > 1e-3 * std::abs(f[0]);
    };
    if (std::isinf(result.value) || (grows(1e308) && sign * s.f.back() == result.value) ||
        (grows(-1e308) && sign * s.f.front() == result.value)) {
        result.value = inf;
        return result;
    }
    // Reached: at a turning point, or somewhere on the grid that is not a tail which rounding takes there.
    const auto at_bound = [&](double f) {
        return sign * f >= result.value - 4e-16 * std::max(1., std::abs(result.value));
    };
    std::size_t left = 0, right = n;
    if (!s.flat[0])
        while (left < n && at_bound(s.f[left])) ++left;
    if (!s.flat[n - 1])
        while (right > left && at_bound(s.f[right - 1])) --right;
    for (std::size_t k = 0; k < turning.size(); ++k)  // the one nearest to 0
        if (at_bound(turning[k])) {
            result.more = result.more || std::abs(turning_at[k] - result.at) > 1e-6;
            if (!(std::abs(result.at) <= std::abs(turning_at[k]))) result.at = turning_at[k];
        }
    result.reached = !std::isnan(result.at);
    for (std::size_t k = left; k < right; ++k) result.reached = result.reached || at_bound(s.f[k]);
    if (result.reached) {
        result.value *= sign;
        return result;
    }
    // From where on does rounding return the bound itself?
    const auto begins = [&](double inner, double outer) {
        std::vector<Interval> one = {{inner, outer, 0, 0}};
        halve(
            entry, 0, one, 60, [&](const Interval&, double f) { return sign * f == result.value; },
            [](const Interval&) { return true; });
        return std::abs(one[0].b);
    };
    std::size_t low = 0, high = n;
    while (low < n && sign * s.f[low] == result.value) ++low;
    while (high > 0 && sign * s.f[high - 1] == result.value) --high;
    if (low > 0 && low < n) result.rounded_from = begins(s.x[low], s.x[low - 1]);
    if (high < n && high > 0) result.rounded_from = begins(s.x[high - 1], s.x[high]);
    result.value *= sign;
    return result;
}

}  // namespace

Facts derive(const Entry& entry)
{
    Facts facts{};
    // Continuity, up to the first order that jumps; further orders only tell where pieces meet.
    const Numbers near = grid(-40, 13);
    std::vector<double> meet;
    int order = 0;
    for (; order <= most_derivatives && meet.empty(); ++order) {
        meet = places(jumps(entry, order, near));
        for (const double x : meet) {
            const double step = 1e-9 * scale(x, 0);
            const Numbers slope = evaluate(entry, {x - step, x, x + step}, 1);
            facts.jumps.push_back({x, order, slope[0], slope[1], slope[2]});
        }
    }
    const int continuous = meet.empty() ? most_derivatives : order - 2;  // derivatives that are
    facts.continuity = meet.empty()       ? Continuity::smooth
                       : continuous == -1 ? Continuity::discontinuous
                       : continuous == 0  ? Continuity::c0
                       : continuous == 1  ? Continuity::c1
                                          : Continuity::c2;

    Slopes s;
    s.x = grid(-1000, 1023);
    s.f = evaluate(entry, s.x), s.slope = evaluate(entry, s.x, 1);
    mark_flat(s, meet);

    // Turning points: where f' changes its sign, between the points of the grid and at them.
    std::vector<Interval> turns = intervals(s.x, s.slope);
    std::erase_if(turns, [](const Interval& i) {
        return i.fa * i.fb >= 0 || std::max(std::abs(i.a), std::abs(i.b)) > 1e4;
    });
    halve(
        entry, 1, turns, 60, [](const Interval& i, double slope) { return (slope > 0) != (i.fa > 0); },
        [](const Interval&) { return true; });
    Numbers at;
    for (const Interval& i : turns) at.insert(at.end(), {i.a, i.b});
    for (std::size_t k = 1; k + 1 < s.x.size(); ++k)  // f' is 0 at a point of the grid, and not beside it
        if (s.slope[k] == 0 &&
            ((s.slope[k - 1] < 0 && s.slope[k + 1] > 0) || (s.slope[k - 1] > 0 && s.slope[k + 1] < 0)))
            at.push_back(s.x[k]);
    const Numbers turning = at.empty() ? Numbers{} : evaluate(entry, at);
    facts.high = bound(entry, s, 1, at, turning);
    facts.low = bound(entry, s, -1, at, turning);
    if (std::isinf(facts.low.value)) facts.low.value = -inf;

    // Which way: the sign of f', and of the jumps of f itself.
    bool up = false, down = false, flat = false;
    for (std::size_t k = 0; k < s.x.size(); ++k) {
        up = up || s.slope[k] > 0, down = down || s.slope[k] < 0;
        flat = flat || s.flat[k];
    }
    if (facts.continuity == Continuity::discontinuous)
        for (const Jump& jump : facts.jumps) {
            const double step = 1e-9 * scale(jump.x, 0);
            const Numbers f = evaluate(entry, {jump.x - step, jump.x, jump.x + step});
            const double least = 2e-9 * scale(f[0], f[2]) * scale(jump.x, 0);  // what slopes make of the step
            up = up || f[2] - f[1] > least || f[1] - f[0] > least;
            down = down || f[2] - f[1] < -least || f[1] - f[0] < -least;
        }
    facts.monotonicity = up && down ? Monotonicity::neither
                         : down     ? (flat ? Monotonicity::non_increasing : Monotonicity::decreasing)
                                    : (flat ? Monotonicity::non_decreasing : Monotonicity::increasing);

    facts.value_at_0 = evaluate(entry, {0})[0];
    facts.slope_at_0 = evaluate(entry, {0}, 1)[0];
    return facts;
}

}  // namespace atlas
