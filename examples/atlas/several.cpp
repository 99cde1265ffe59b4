// softmax, log-softmax, maxout, GLU: functions of several inputs have no one curve, but properties.
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "atlas.hpp"
#include "reference.hpp"

namespace atlas {
namespace {

Variable row(Tape& tape, const Numbers& x)
{
    xt::xarray<double> values = xt::xarray<double>::from_shape({x.size()});
    std::copy(x.begin(), x.end(), values.begin());
    return tape.variable(values);
}
Numbers numbers(Variable y)
{
    const auto& values = y.value<double>();
    return Numbers(values.begin(), values.end());
}
template <class F>
Numbers call(F f, const Numbers& x)
{
    Tape tape;
    return numbers(f(row(tape, x)));
}
// The derivatives of output k.
template <class F>
Numbers slopes(F f, const Numbers& x, std::int64_t k)
{
    Tape tape;
    const Variable in = row(tape, x);
    return numbers(grad(sum(slice(f(in), {{k, k + 1}})), in));
}
const auto max_of_3 = [](Variable x) { return maxout(x, 3); };
const auto max_of_2 = [](Variable x) { return maxout(x, 2); };
const auto gated = [](Variable x) { return glu(x); };
const auto soft = [](Variable x) { return softmax(x); };
const auto log_soft = [](Variable x) { return log_softmax(x); };

double apart(const Numbers& a, const Numbers& b)
{
    double worst = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
        worst = std::max(worst, std::abs(a[k] - b[k]) / std::max(1., std::abs(b[k])));
    return worst;
}

}  // namespace

const std::vector<Several>& several()
{
    static const std::vector<Several> all = {
        {"softmax", "Softmax", "softmax(x)", "e^x_k / (e^x_1 + ... + e^x_n)",
         "each output in (0, 1), their sum is 1; a shift of all inputs changes nothing; smooth; output k "
         "increases in x_k and "
         "decreases in the others",
         "The picture has two inputs, x and 0: the outputs are sigmoid(x) and sigmoid(-x).", -6, 6, -0.35,
         1.35},
        {"log_softmax", "Log-softmax", "log_softmax(x)", "x_k - ln(e^x_1 + ... + e^x_n)",
         "each output in (-inf, 0), their exponentials sum to 1; a shift of all inputs changes nothing; "
         "smooth",
         "The picture has two inputs, x and 0: the outputs are -softplus(-x) and -softplus(x). Never "
         "log(softmax(x)), which is "
         "-inf from a distance of 746 on.",
         -6, 6, -6.2, 1},
        {"maxout", "Maxout", "maxout(x, pieces)", "the largest of each group of neighbours",
         "piecewise linear, convex, C0; the slope is 1 in the largest input and 0 in the others, of equal "
         "ones the first has it",
         "Goodfellow et al. 2013. The picture has the inputs -x - 2, x / 4 - 1/2 and x - 1: a layer learns "
         "such lines, and "
         "their maximum is its activation.",
         -4, 4, -1.9, 4.1},
        {"glu", "GLU", "glu(x)", "a sigmoid(b) for the halves a, b of x",
         "any number comes out; linear in a, an increasing gate in b; smooth; with b = a it is SiLU",
         "Dauphin et al. 2017. The picture has a = x and the gates b = -2, 0, 2.", -4, 4, -4, 4},
    };
    return all;
}

void several_inputs(common::Report& report)
{
    std::mt19937_64 random(7);
    const int times = report.options().quick ? 20 : 200;
    double soft_error = 0, log_error = 0, glu_error = 0, sum_error = 0, shift = 0, jacobian = 0, log_sum = 0;
    double max_error = 0, homogeneous = 0, convex = 0, silu_error = 0, linear = 0;
    int not_between = 0, wrong_sign = 0;
    for (int n = 0; n < times; ++n) {
        Numbers x(6), other(6), between(6), moved(6), scaled(6), twice(6);
        for (std::size_t k = 0; k < 6; ++k) {
            x[k] = std::uniform_real_distribution<double>(-8, 8)(random);
            x[k] = std::round(x[k] * 1024) / 1024;  // so that the shift is exact
            other[k] = std::uniform_real_distribution<double>(-8, 8)(random);
            between[k] = (x[k] + other[k]) / 2, moved[k] = x[k] + 64, scaled[k] = 4 * x[k];
            twice[k] = k < 3 ? 2 * x[k] : x[k];
        }
        const Numbers y = call(soft, x), l = call(log_soft, x), g = call(gated, x), m = call(max_of_3, x);
        soft_error = std::max(soft_error, apart(y, reference_of_vector("softmax", x)));
        log_error = std::max(log_error, apart(l, reference_of_vector("log_softmax", x)));
        glu_error = std::max(glu_error, apart(g, reference_of_vector("glu", x)));
        double total = 0, log_total = 0;
        for (std::size_t k = 0; k < 6; ++k) {
            total += y[k], log_total += std::exp(l[k]);
            not_between += !(y[k] > 0 && y[k] < 1 && l[k] < 0);
        }
        sum_error = std::max(sum_error, std::abs(total - 1)),
        log_sum = std::max(log_sum, std::abs(log_total - 1));
        shift = std::max({shift, apart(call(soft, moved), y), apart(call(log_soft, moved), l)});
        for (std::int64_t k = 0; k < 6; ++k) {  // dy_k/dx_j = y_k (1 if j = k - y_j)
            const Numbers d = slopes(soft, x, k);
            for (std::size_t j = 0; j < 6; ++j) {
                const bool own = j == static_cast<std::size_t>(k);
                jacobian = std::max(jacobian,
                                    std::abs(d[j] - y[static_cast<std::size_t>(k)] * ((own ? 1 : 0) - y[j])));
                wrong_sign += own ? !(d[j] > 0) : !(d[j] < 0);
            }
        }
        const Numbers truth = {std::max({x[0], x[1], x[2]}), std::max({x[3], x[4], x[5]})};
        max_error = std::max(max_error, apart(m, truth));
        homogeneous = std::max(homogeneous, apart(call(max_of_3, scaled), {4 * m[0], 4 * m[1]}));
        const Numbers o = call(max_of_3, other), b = call(max_of_3, between);
        for (std::size_t k = 0; k < 2; ++k) convex = std::max(convex, b[k] - (m[k] + o[k]) / 2);
        linear = std::max(linear, apart(call(gated, twice), {2 * g[0], 2 * g[1], 2 * g[2]}));
        silu_error = std::max(
            silu_error, apart(call(gated, {x[0], x[0]}), call([](Variable v) { return silu(v); }, {x[0]})));
    }
    report.at_most(35, "softmax_against_50_digits", soft_error, 1e-12);
    report.at_most(35, "log_softmax_against_50_digits", log_error, 1e-12);
    report.at_most(35, "glu_against_50_digits", glu_error, 1e-12);
    report.equals(35, "softmax_outputs_not_between_0_and_1", not_between, 0);
    report.at_most(35, "softmax_sum_less_1", sum_error, 1e-15);
    report.at_most(35, "log_softmax_sum_of_exponentials_less_1", log_sum, 4e-15);
    report.equals(35, "softmax_and_log_softmax_under_a_shift", shift, 0, 1e-15);
    report.at_most(35, "softmax_jacobian", jacobian, 1e-15);
    report.equals(35, "softmax_slopes_of_the_wrong_sign", wrong_sign, 0);
    report.equals(35, "maxout_is_the_largest", max_error, 0);
    report.equals(35, "maxout_of_4_x_is_4_maxout", homogeneous, 0);
    report.at_most(35, "maxout_is_convex", convex, 0);
    report.holds(35, "maxout_slope_goes_to_the_first_of_equals",
                 slopes(max_of_2, {3, 3}, 0) == Numbers{1, 0});
    report.equals(35, "glu_is_linear_in_its_first_half", linear, 0);
    report.at_most(35, "glu_of_x_and_x_is_silu", silu_error, 1e-15);
    // At the ends: no NaN, and log-softmax keeps what softmax has lost.
    const Numbers far = {1e308, -1e308}, apart_by_1000 = {0, -1000};
    report.holds(35, "softmax_at_1e308", call(soft, far) == Numbers{1, 0});
    const Traits &one = find_op("softmax")->traits, &logarithm = find_op("log_softmax")->traits;
    report.holds(35, "softmax_declares_the_range_that_it_takes",
                 Numbers{one.high, one.low} == call(soft, far));
    report.holds(35, "log_softmax_declares_its_upper_end",
                 logarithm.high == call(log_soft, far)[0] && std::isinf(logarithm.low));
    report.holds(35, "log_softmax_keeps_minus_1000", call(log_soft, apart_by_1000) == Numbers{0, -1000});
    report.holds(35, "log_of_softmax_does_not",
                 std::isinf(call([](Variable v) { return log(softmax(v)); }, apart_by_1000)[1]));
}

}  // namespace atlas
