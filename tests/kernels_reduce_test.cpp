// Reductions over any axes against the definition; extremes, their places and their gradients.

#define BOOST_TEST_MODULE kernels_reduce
#include <boost/test/unit_test.hpp>

#include <numeric>
#include <utility>

#include "autodiff/kernels/reduce.hpp"
#include "kernels_support.hpp"

using namespace xgrad::kernels;

namespace {

/// Any reduction by the definition: NumPy's result, with the reduced axes removed.
template <class T>
std::vector<Real> naive_reduce(Reduction kind, const std::vector<T>& in, const Shape& shape,
                               std::uint32_t mask)
{
    std::int64_t kept = 1, reduced = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) (mask >> i & 1 ? reduced : kept) *= shape[i];
    const bool extreme = kind == Reduction::max || kind == Reduction::min;
    std::vector<Real> out(kept, kind == Reduction::max ? -inf<Real> : kind == Reduction::min ? inf<Real> : 0);
    for (std::int64_t at = 0; at < std::int64_t(in.size()); ++at) {
        std::int64_t rest = at, to = 0, step = 1;
        for (std::size_t i = shape.size(); i-- > 0; rest /= shape[i])
            if (!(mask >> i & 1)) {
                to += rest % shape[i] * step;
                step *= shape[i];
            }
        const Real x = in[at];
        if (!extreme)
            out[to] += x;
        else if (kind == Reduction::max ? x > out[to] : x < out[to])
            out[to] = x;
    }
    if (kind == Reduction::mean)
        for (auto& x : out) x /= reduced;
    return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(reductions_over_any_set_of_axes_agree_with_the_definition, T, Floats)
{
    const std::vector<Shape> shapes{{},
                                    {1},
                                    {7},
                                    {300},
                                    {3, 5},
                                    {1, 5},
                                    {5, 1},
                                    {70, 3},
                                    {3, 70},
                                    {131, 67},
                                    {1000, 1},
                                    {2, 3, 4},
                                    {5, 1, 7},
                                    {65, 2, 66},
                                    {2, 129, 3},
                                    {3, 4, 5, 6},
                                    {2, 3, 2, 3, 2, 3},
                                    {40, 30, 20, 2}};
    for (const auto& shape : shapes) {
        const auto in = random_values<T>(count(shape));
        for (std::uint32_t mask = 0; mask < 1u << shape.size(); ++mask)
            for (auto kind : {Reduction::sum, Reduction::mean, Reduction::max, Reduction::min}) {
                const auto want = naive_reduce(kind, in, shape, mask);
                std::vector<T> out(want.size(), T(99));
                reduce(kind, in.data(), out.data(), shape, mask);
                check_near(out, want, 10 * tight<T>, "reduce");
            }
    }
    for (std::int64_t n = 1; n <= 200; ++n)
        for (Shape shape : {Shape{3, n}, Shape{n, 3}, Shape{n, 40}, Shape{5, n, 2}})
            for (std::uint32_t mask : {1u, 2u}) {
                const auto in = random_values<T>(count(shape), unsigned(n));
                const auto want = naive_reduce(Reduction::sum, in, shape, mask);
                std::vector<T> out(want.size());
                reduce(Reduction::sum, in.data(), out.data(), shape, mask);
                check_near(out, want, 10 * tight<T>, "sum");
            }
}

BOOST_AUTO_TEST_CASE(integers_reduce_exactly)
{
    const std::int64_t big = std::int64_t(1) << 60;
    std::vector<std::int64_t> in{big, 1, -3, 7, 2, -big};
    std::int64_t out[3];
    reduce(Reduction::sum, in.data(), out, Shape{2, 3}, 2);
    BOOST_TEST((out[0] == big - 2 && out[1] == 9 - big));
    reduce(Reduction::max, in.data(), out, Shape{2, 3}, 1);
    BOOST_TEST((out[0] == big && out[1] == 2 && out[2] == -3));
    reduce(Reduction::min, in.data(), out, Shape{2, 3}, 3);
    BOOST_TEST(out[0] == -big);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(empty_reductions_give_0_or_nan, T, Floats)
{
    std::vector<T> out(3, T(5));
    reduce<T>(Reduction::sum, nullptr, out.data(), Shape{0, 3}, 1);
    BOOST_TEST((out == std::vector<T>{0, 0, 0}));
    reduce<T>(Reduction::mean, nullptr, out.data(), Shape{3, 0}, 2);
    BOOST_TEST((std::isnan(out[0]) && std::isnan(out[2])));
    reduce<T>(Reduction::sum, nullptr, nullptr, Shape{0, 3}, 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nan_anywhere_reaches_sum_max_and_min, T, Floats)
{
    for (std::int64_t n : {1, 2, 5, 63, 64, 65, 130, 1000})
        for (std::int64_t at : {std::int64_t(0), n / 2, n - 1})
            for (auto kind : {Reduction::sum, Reduction::mean, Reduction::max, Reduction::min})
                for (Shape shape : {Shape{n, 1, 1}, Shape{n, 2, 1}, Shape{n, 70, 1}}) {
                    std::vector<T> in(count(shape), T(1)), out(shape[1]);
                    in[at * shape[1]] = nan_of<T>;
                    reduce(kind, in.data(), out.data(), shape, 1);
                    BOOST_TEST(std::isnan(out[0]), n << " " << at);
                    if (shape[1] > 1) BOOST_TEST(!std::isnan(out[1]));
                }
}

BOOST_AUTO_TEST_CASE(a_million_floats_sum_to_within_a_millionth)
{
    const auto in = random_values<float>(1000000, 7, 0, 1);
    const double want = std::accumulate(in.begin(), in.end(), 0.0);
    for (Shape shape : {Shape{1000000, 1}, Shape{1000000 / 4, 4}, Shape{10000, 100}, Shape{1, 1000000}})
        for (auto mask : {1u, 2u, 3u}) {
            if (shape[mask == 1 ? 0 : 1] == 1) continue;
            std::vector<float> out(mask == 3 ? 1 : shape[mask == 1 ? 1 : 0]);
            reduce(Reduction::sum, in.data(), out.data(), shape, mask);
            const double got = std::accumulate(out.begin(), out.end(), 0.0);
            BOOST_TEST(std::fabs(got / want - 1) < 2e-7);
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bits_of_a_reduction_do_not_depend_on_alignment, T, Floats)
{
    const auto in = random_values<T>(40000);
    for (auto shape : {Shape{1, 777}, Shape{777, 9}, Shape{37, 130}})
        for (auto mask : {1u, 2u}) {
            std::vector<T> buffer(in.size() + 64), first(800), out(800);
            for (int shift = 0; shift < 17; ++shift) {
                std::copy(in.begin(), in.end(), buffer.begin() + shift);
                reduce(Reduction::sum, buffer.data() + shift, (shift ? out : first).data(), shape, mask);
                BOOST_TEST((shift == 0 || out == first));
            }
        }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sum_to_reverses_broadcasting, T, Floats)
{
    const std::vector<std::pair<Shape, Shape>> cases{{{2, 3, 4}, {4}},
                                                     {{2, 3, 4}, {3, 1}},
                                                     {{2, 3, 4}, {2, 1, 4}},
                                                     {{2, 3, 4}, {}},
                                                     {{2, 3, 4}, {1, 1, 1}},
                                                     {{2, 3, 4}, {2, 3, 4}},
                                                     {{5}, {1}},
                                                     {{}, {}},
                                                     {{0, 3}, {3}},
                                                     {{0, 3}, {1, 3}},
                                                     {{1, 3}, {1, 3}}};
    for (const auto& [from, to] : cases) {
        const auto in = random_values<T>(count(from));
        std::uint32_t mask = 0;
        for (std::size_t i = 0; i < from.size(); ++i)
            if (const auto lead = from.size() - to.size(); i < lead || to[i - lead] != from[i])
                mask |= 1u << i;
        std::vector<T> out(count(to), T(9));
        sum_to(in.data(), from, out.data(), to);
        check_near(out, naive_reduce(Reduction::sum, in, from, mask), tight<T>, "sum_to");
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(argmax_takes_the_first_and_a_nan_counts_as_the_largest, T, Floats)
{
    auto run = [](std::vector<T> in, bool smallest = false) {
        std::int64_t out = -1;
        (smallest ? argmin<T> : argmax<T>)(in.data(), &out, 1, std::int64_t(in.size()), 1);
        // The same numbers as a column of a matrix, beside a constant one.
        std::vector<T> pairs;
        for (T x : in) pairs.insert(pairs.end(), {x, T(0)});
        std::int64_t both[2];
        (smallest ? argmin<T> : argmax<T>)(pairs.data(), both, 1, std::int64_t(in.size()), 2);
        BOOST_TEST((both[0] == out && both[1] == 0));
        return out;
    };
    BOOST_TEST(run({1, 3, 3, 2}) == 1);
    BOOST_TEST(run({1, 3, 0, 0}, true) == 2);
    BOOST_TEST(run({5}) == 0);
    BOOST_TEST(run({1, nan_of<T>, inf<T>, nan_of<T>}) == 1);
    BOOST_TEST(run({1, nan_of<T>, -inf<T>, nan_of<T>}, true) == 1);
    BOOST_TEST(run({-inf<T>, -inf<T>}) == 0);
    for (std::int64_t n = 1; n < 150; ++n) {
        const auto x = random_values<T>(n, unsigned(n));
        BOOST_TEST(run(x) == std::max_element(x.begin(), x.end()) - x.begin());
        BOOST_TEST(run(x, true) == std::min_element(x.begin(), x.end()) - x.begin());
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(gradient_of_max_goes_to_the_ties_evenly_or_to_the_first, T, Floats)
{
    const std::vector<T> x{1, 3, 3, 2, 5, 4, 4, 5, 5}, y{3, 5, 5}, g{1, 6, 9};
    std::vector<T> dx(9);
    extreme_vjp(g.data(), x.data(), y.data(), dx.data(), 3, 3, 1, true);
    BOOST_TEST((dx == std::vector<T>{0, T(0.5), T(0.5), 0, 6, 0, 0, T(4.5), T(4.5)}));
    extreme_vjp(g.data(), x.data(), y.data(), dx.data(), 3, 3, 1, false);
    BOOST_TEST((dx == std::vector<T>{0, 1, 0, 0, 6, 0, 0, 9, 0}));
    const std::vector<T> top{4, 5, 5};
    extreme_vjp(g.data(), x.data(), top.data(), dx.data(), 1, 3, 3, true);
    BOOST_TEST((dx == std::vector<T>{0, 0, 0, 0, 3, 0, 1, 3, 9}));
    extreme_vjp(g.data(), x.data(), top.data(), dx.data(), 1, 3, 3, false);
    BOOST_TEST((dx == std::vector<T>{0, 0, 0, 0, 6, 0, 1, 0, 9}));
    const T n = nan_of<T>, with_nan[3]{1, n, 2};
    for (bool share : {true, false}) {
        extreme_vjp(g.data(), with_nan, &n, dx.data(), 1, 3, 1, share);
        BOOST_TEST((dx[0] == 0 && dx[1] == 1 && dx[2] == 0));
    }
}
