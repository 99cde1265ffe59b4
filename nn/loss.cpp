// Losses: what they refuse, and their reductions.
#include "xgrad/nn/loss.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "nn/init_fill.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn::detail {
namespace {

Variable reduce(Variable losses, Reduction reduction)
{
    switch (reduction) {
    case Reduction::mean: return mean(losses);
    case Reduction::sum: return sum(losses);
    case Reduction::none: break;
    }
    return losses;
}

// "[3, 0]": where element `index` of an array is.
std::string position(Dims shape, std::int64_t index)
{
    Shape place(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        place[axis] = index % shape[axis];
        index /= shape[axis];
    }
    return to_string(place);
}

void check_alike(const char* loss, Variable y, Variable t)
{
    if (!std::ranges::equal(y.shape(), t.shape()))
        throw ShapeError(std::string(loss) + ": outputs have shape " + to_string(y.shape()) +
                         " and targets " + to_string(t.shape()) +
                         "; they must be equal (a loss does not broadcast: reshape one of them)");
    if (y.dtype() != t.dtype() || !is_floating(y.dtype()))
        throw DtypeError(std::string(loss) + ": outputs are " + std::string(name_of(y.dtype())) +
                         " and targets " + std::string(name_of(t.dtype())) +
                         "; both must be float32 or both float64 (cast one of them)");
}

// Throws for the first value that `good` refuses. The loop without a branch comes first.
template <class T, class Good>
void check_values(const char* loss, const char* what, const char* expected, const Array& values, Good good)
{
    const T* data = static_cast<const T*>(values.data());
    const std::int64_t n = values.size();
    int bad = 0;
#pragma omp simd reduction(| : bad)
    for (std::int64_t i = 0; i < n; ++i) bad |= good(data[i]) ? 0 : 1;
    if (bad == 0) return;
    const auto first = std::find_if_not(data, data + n, good) - data;
    throw ValueError(std::string(loss) + ": " + what + " " + number_text(static_cast<double>(data[first])) +
                     " at " + position(values.shape(), first) + ", expected " + expected);
}

template <class Good>
void check_floats(const char* loss, const char* what, const char* expected, Variable x, Good good)
{
    const Array values = x.array();
    if (x.dtype() == DType::float32)
        check_values<float>(loss, what, expected, values, good);
    else
        check_values<double>(loss, what, expected, values, good);
}

void check_signs(const char* loss, Variable t)
{
    check_floats(loss, "label", "-1 or +1 (binary_cross_entropy_with_logits takes labels 0 and 1)", t,
                 [](auto label) { return std::abs(label) == 1; });
}

void check_fractions(const char* loss, const char* what, const char* expected, Variable x)
{
    check_floats(loss, what, expected, x, [](auto value) { return (value >= 0) & (value <= 1); });
}

constexpr const char* target_range = "a value in [0, 1] (hinge_loss and logistic_loss take labels -1 and +1)";

}  // namespace

Variable hinge(Variable y, Variable t, Reduction reduction)
{
    check_alike("hinge_loss", y, t);
    check_signs("hinge_loss", t);
    return reduce(hinge_loss_elementwise(y, t), reduction);
}

Variable logistic(Variable y, Variable t, Reduction reduction)
{
    check_alike("logistic_loss", y, t);
    check_signs("logistic_loss", t);
    return reduce(logistic_loss_elementwise(y, t), reduction);
}

Variable bce(Variable p, Variable t, Reduction reduction)
{
    check_alike("binary_cross_entropy", p, t);
    check_fractions("binary_cross_entropy", "target", target_range, t);
    check_fractions("binary_cross_entropy", "output",
                    "a probability in [0, 1] (binary_cross_entropy_with_logits takes any number)", p);
    return reduce(binary_cross_entropy_elementwise(p, t), reduction);
}

Variable bce_with_logits(Variable z, Variable t, Reduction reduction)
{
    check_alike("binary_cross_entropy_with_logits", z, t);
    check_fractions("binary_cross_entropy_with_logits", "target", target_range, t);
    return reduce(binary_cross_entropy_with_logits_elementwise(z, t), reduction);
}

Variable multi_class(Variable logits, Variable labels, Reduction reduction)
{
    if (labels.dtype() != DType::int64 || !is_floating(logits.dtype()))
        throw DtypeError("cross_entropy: outputs are " + std::string(name_of(logits.dtype())) +
                         " and labels " + std::string(name_of(labels.dtype())) +
                         ", expected float32 or float64 and int64");
    const Dims shape = logits.shape();
    if (shape.size() != 2 || labels.shape().size() != 1 || labels.shape()[0] != shape[0])
        throw ShapeError("cross_entropy: outputs have shape " + to_string(shape) + " and labels " +
                         to_string(labels.shape()) + ", expected [n, classes] and [n]");
    const std::int64_t classes = shape[1];
    check_values<std::int64_t>("cross_entropy", "label",
                               ("one of 0 .. " + std::to_string(classes - 1)).c_str(), labels.array(),
                               [classes](std::int64_t label) { return (label >= 0) & (label < classes); });
    return reduce(cross_entropy_rows(logits, labels), reduction);
}

Variable squared_error(Variable y, Variable t, Reduction reduction)
{
    check_alike("mse_loss", y, t);
    return reduce(square(y - t), reduction);
}

Variable l2(Variable like, std::span<const Parameter> parameters, double lambda)
{
    if (!(lambda >= 0) || std::isinf(lambda))
        throw ValueError("l2: lambda must be finite and not negative, got " + number_text(lambda));
    Tape tape = like.tape();
    Variable total;
    bool first = true;
    for (const Parameter& parameter : parameters) {
        const Variable squares = sum(square(tape.parameter(parameter)));
        total = first ? squares : total + squares;
        first = false;
    }
    return first ? full(like, {}, 0) : total * (lambda / 2);
}

std::vector<Parameter> weights(const std::vector<std::pair<std::string, Parameter>>& named)
{
    std::vector<Parameter> result;
    for (const auto& [path, parameter] : named)
        if (!is_bias(path)) result.push_back(parameter);
    return result;
}

}  // namespace xgrad::nn::detail
