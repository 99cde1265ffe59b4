// f and f' beside 50 digits.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "atlas.hpp"
#include "reference.hpp"

namespace atlas {
namespace {

// By powers of two up to the ends of the numbers, even ones in between, and numbers with all bits.
Numbers points(bool quick)
{
    Numbers x = {0, 1e308, -1e308};
    for (int e = -1022; e <= 1023; e += quick ? 31 : 11)
        x.insert(x.end(), {std::ldexp(1.3, e), -std::ldexp(1.3, e)});
    const int steps = quick ? 8 : 32;
    for (int k = -40 * steps; k <= 40 * steps; ++k) x.push_back(k / static_cast<double>(steps));
    std::mt19937_64 random(35);
    for (int k = 0; k < (quick ? 200 : 2000); ++k)
        x.push_back(std::uniform_real_distribution<double>(-4, 4)(random));
    for (int k = 0; k < (quick ? 100 : 1000); ++k)
        x.push_back(std::uniform_real_distribution<double>(-40, 40)(random));
    std::sort(x.begin(), x.end());
    return x;
}

// Numbers at which the truth is 0 or between which it changes its sign.
Numbers zeros(const Numbers& x, const Numbers& truth)
{
    Numbers found;
    for (std::size_t k = 0; k < x.size(); ++k)
        if (truth[k] == 0 || (k + 1 < x.size() && (truth[k] < 0) != (truth[k + 1] < 0)))
            found.push_back(x[k]);
    return found;
}

}  // namespace

Errors measure(const Entry& entry, int order, bool quick)
{
    static const Numbers short_form = points(true), long_form = points(false);
    const Numbers& x = quick ? short_form : long_form;
    const Numbers truth = reference(entry.name, x)[static_cast<std::size_t>(order)];
    const Numbers got = evaluate(entry, x, order);
    const Numbers away_from = zeros(x, truth);
    Errors errors;
    for (std::size_t k = 0; k < x.size(); ++k) {
        if (std::isinf(truth[k])) {  // larger than a double can be
            errors.failures += got[k] != truth[k];
            continue;
        }
        const double error = std::abs(got[k] - truth[k]);
        if (!std::isfinite(got[k])) {
            ++errors.failures;
            continue;
        }
        errors.everywhere = std::max(errors.everywhere, error / std::max(1., std::abs(truth[k])));
        if (truth[k] == 0) {
            errors.failures += got[k] != 0 && std::abs(got[k]) > std::numeric_limits<double>::epsilon();
            continue;
        }
        if (std::abs(truth[k]) < std::numeric_limits<double>::min()) continue;
        const double relative = error / std::abs(truth[k]);
        const auto near = std::lower_bound(away_from.begin(), away_from.end(), x[k] - 1. / 16);
        const bool beside_zero = near != away_from.end() && *near <= x[k] + 1. / 16;
        if (std::abs(x[k]) <= 4) {
            if (!beside_zero) errors.middle = std::max(errors.middle, relative);
        } else if (!beside_zero && relative > errors.tails) {
            errors.tails = relative, errors.tails_at = x[k];
        }
    }
    return errors;
}

}  // namespace atlas
