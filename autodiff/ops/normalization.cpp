// Group, instance and root mean square normalisation, in simpler ops; and the refusals that normalising functions share.
#include "autodiff/ops/normalization.hpp"

#include <limits>

#include "autodiff/ops/compose.hpp"
#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {

// ---------------------------------------------------------------- refusals

std::string caller(const char* function, Variable x)
{
    const Recorder& recorder = Recorder::of(x);
    const std::string path = recorder.graph.path(recorder.scope);
    return function + (path.empty() ? "" : " in " + path);
}

void check_epsilon(const std::string& who, double epsilon)
{
    if (!(epsilon >= 0))
        throw ValueError(who + ": epsilon is " + number_text(epsilon) + ", expected a number from 0 on");
}

namespace {
void check_floating(const std::string& who, Variable x)
{
    if (!is_floating(x.dtype()))
        fail<DtypeError>(x, who + ": x is " + std::string(name_of(x.dtype())) + " " + to_string(x.shape()) +
                                ", expected float32 or float64 (cast() converts)");
}
}  // namespace

void check_beside(const std::string& who, Variable x, std::size_t axis, const char* name, Variable operand)
{
    if (!Recorder::is_set(operand)) return;
    const Dims shape = operand.shape();
    if (operand.dtype() != x.dtype())
        fail<DtypeError>(x, who + ": x is " + std::string(name_of(x.dtype())) + " " + to_string(x.shape()) +
                                ", " + name + " " + std::string(name_of(operand.dtype())) + " " +
                                to_string(shape) + "; expected " + one_type);
    if (shape.size() == 1 && shape[0] == x.shape()[axis]) return;
    const bool marked = shape.size() == 1;
    const ShapeRow rows[] = {{"x", x.shape(), marked ? static_cast<int>(axis) : no_axis},
                             {name, shape, marked ? 0 : no_axis}};
    fail<ShapeError>(x, who + ": got x " + to_string(x.shape()) + " and " + name + " " + to_string(shape) +
                            ", expected a " + name + " of shape [" + std::to_string(x.shape()[axis]) + "], " +
                            (axis == 1 ? "one element a channel" : "the length of the last axis") +
                            aligned_shapes(rows));
}

void check_channels(const std::string& who, const NormOperands& in)
{
    check_floating(who, in.x);
    if (in.x.shape().size() < 2)
        fail<ShapeError>(in.x, who + ": x has shape " + to_string(in.x.shape()) +
                                   ", expected [N, C] or [N, C, ...]: examples and channels");
    check_beside(who, in.x, 1, "weight", in.weight);
    check_beside(who, in.x, 1, "bias", in.bias);
}

Variable along_channels(Variable of_channels, Variable x)
{
    if (x.shape().size() == 2) return of_channels;
    Shape shape(x.shape().size() - 1, 1);
    shape[0] = x.shape()[1];
    return reshape(of_channels, shape);
}

Variable scaled(Variable y, const NormOperands& in)
{
    // Along a last axis elementwise ops are as quick, and more passes know them.
    if (y.shape().size() > 2 && Recorder::is_set(in.weight))
        return scale_channels(y, in.weight, Recorder::is_set(in.bias) ? in.bias : zeros_like(in.weight));
    if (Recorder::is_set(in.weight)) y = y * along_channels(in.weight, y);
    return Recorder::is_set(in.bias) ? y + along_channels(in.bias, y) : y;
}

// ---------------------------------------------------------------- group_norm, instance_norm

namespace {
// Each group as a row of layer_norm.
Variable by_groups(const NormOperands& in, std::int64_t groups, double epsilon)
{
    const Shape shape = as_shape(in.x.shape());
    const std::int64_t length = shape[1] / groups * element_count(Dims(shape).subspan(2));
    const Variable rows = reshape(in.x, {shape[0], groups, length});
    return scaled(reshape(layer_norm(rows, epsilon), shape), in);
}
}  // namespace

Variable group_norm(const NormOperands& in, std::int64_t groups, double epsilon)
{
    const std::string who = caller("group_norm", in.x);
    check_channels(who, in);
    check_epsilon(who, epsilon);
    if (groups <= 0 || in.x.shape()[1] % groups != 0)
        fail<ValueError>(in.x, who + ": " + std::to_string(groups) + " groups do not divide the " +
                                   std::to_string(in.x.shape()[1]) + " channels of x " +
                                   to_string(in.x.shape()) + " into equal parts");
    return compose("group_norm", in.x, [&] { return by_groups(in, groups, epsilon); });
}

Variable instance_norm(const NormOperands& in, double epsilon)
{
    const std::string who = caller("instance_norm", in.x);
    check_channels(who, in);
    check_epsilon(who, epsilon);
    const Dims x = in.x.shape();
    if (element_count(x.subspan(2)) == 1)
        fail<ShapeError>(
            in.x, who + ": x has shape " + to_string(x) +
                      ", expected [N, C, ...] with more than one element in each channel of an example");
    return compose("instance_norm", in.x,
                   [&] { return x[1] == 0 ? in.x * 1 : by_groups(in, in.x.shape()[1], epsilon); });
}

// ---------------------------------------------------------------- rms_norm

Variable rms_norm(const NormOperands& in, std::optional<double> epsilon)
{
    const std::string who = caller("rms_norm", in.x);
    check_floating(who, in.x);
    if (in.x.shape().empty())
        fail<ShapeError>(in.x, who + ": x has shape [], expected an array of at least one axis");
    check_beside(who, in.x, in.x.shape().size() - 1, "weight", in.weight);
    const double smallest = in.x.dtype() == DType::float32
                                ? static_cast<double>(std::numeric_limits<float>::epsilon())
                                : std::numeric_limits<double>::epsilon();
    const double e = epsilon.value_or(smallest);
    check_epsilon(who, e);
    return compose("rms_norm", in.x, [&] {
        const Variable y = in.x * rsqrt(mean(square(in.x), -1, true) + e);
        return Recorder::is_set(in.weight) ? y * in.weight : y;
    });
}

void normalization_rows() { scale_channels_rows(); }

namespace {
using Inputs = std::span<const Variable>;
const bool described = composed(
    {{.name = "group_norm",
      .formula =
          "(x - m) / sqrt(v + epsilon) weight + bias; m and v of each group of channels of each example",
      .gradient = "(w / s) (g - mean g - xhat mean(g xhat)) over each group, s its deviation",
      .elsewhere = {.torch = "F.group_norm"},
      .arity = -1,
      .samples = {{{{{2, 4, 3}}, {{4}}, {{4}}},
                   [](Inputs in) { return xgrad::group_norm(in[0], 2, in[1], in[2]); }},
                  {{{{3, 6}}}, [](Inputs in) { return xgrad::group_norm(in[0], 2, 1e-3); }},
                  {{{{2, 2, 3, 2}}, {{2}}, {{2}}},
                   [](Inputs in) { return xgrad::group_norm(in[0], 1, in[1], in[2]); }},
                  {{{{1, 3, 5}}}, [](Inputs in) { return xgrad::group_norm(in[0], 3); }},
                  {{{{0, 4, 2}}}, [](Inputs in) { return xgrad::group_norm(in[0], 2); }}}},
     {.name = "instance_norm",
      .formula = "(x - m) / sqrt(v + epsilon) weight + bias; m and v of each channel of each example",
      .gradient = "(w / s) (g - mean g - xhat mean(g xhat)) over each channel, s its deviation",
      .elsewhere = {.torch = "F.instance_norm"},
      .arity = -1,
      .samples = {{{{{2, 3, 4}}, {{3}}, {{3}}},
                   [](Inputs in) { return xgrad::instance_norm(in[0], in[1], in[2]); }},
                  {{{{2, 2, 3, 2}}}, [](Inputs in) { return xgrad::instance_norm(in[0], 1e-3); }},
                  {{{{0, 2, 3}}}, [](Inputs in) { return xgrad::instance_norm(in[0]); }},
                  {{{{2, 0, 3}}}, [](Inputs in) { return xgrad::instance_norm(in[0]); }}}},
     {.name = "rms_norm",
      .formula = "x / sqrt(mean(x^2) + epsilon) weight, along the last axis",
      .gradient = "r = 1 / sqrt(mean(x^2) + epsilon), u = g weight: r u - x r^3 mean(u x); weight: sum g x r",
      .elsewhere = {.torch = "F.rms_norm"},
      .arity = -1,
      .samples = {{{{{3, 4}}, {{4}}}, [](Inputs in) { return xgrad::rms_norm(in[0], in[1]); }},
                  {{{{2, 3, 5}}}, [](Inputs in) { return xgrad::rms_norm(in[0], 1e-3); }},
                  {{{{7, 1}}, {{1}}}, [](Inputs in) { return xgrad::rms_norm(in[0], in[1], 0.5); }},
                  {{{{5}}}, [](Inputs in) { return xgrad::rms_norm(in[0], 1e-5); }},
                  {{{{0, 3}}, {{3}}}, [](Inputs in) { return xgrad::rms_norm(in[0], in[1]); }}}}});
}  // namespace

}  // namespace xgrad::detail
