// Batch normalisation. While training it is an op with kernels of its own, which hands out the batch's mean and variance
// for the running statistics; else a few elementwise ops.
#include "autodiff/kernels/batch_norm.hpp"

#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/normalization.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {

extern const Op &batch_norm_training_op, &batch_norm_vjp_op;

namespace {

// node.b: which of them there are.
constexpr int has_weight = 1, has_bias = 2;

kernels::BatchSizes sizes_of(Dims x) { return {x[0], x[1], element_count(x.subspan(2))}; }

// Inputs: x, weight, bias; the latter two may be missing. Outputs: y, and of each channel the mean and the variance.
void infer_batch_norm(InferCall& call)
{
    need_floating(call);
    const Dims x = call.shape(0);
    if (x.size() < 2) call.fail_shape("x [N, C] or [N, C, ...]");
    if (x[0] * element_count(x.subspan(2)) == 1)
        call.fail_shape("more than one element for each channel while training");
    for (std::size_t k = 1; k < call.in.size(); ++k) {
        if (call.dtype(k) != call.dtype(0)) call.fail_dtype(one_type);
        if (call.shape(k).size() != 1 || call.shape(k)[0] != x[1])
            call.fail_shape("weight and bias [" + std::to_string(x[1]) + "], one element a channel");
    }
    const std::int64_t channels[] = {x[1]};
    call.out[0] = {call.dtype(0), call.graph[call.in[0]].shape};
    call.out[1] = call.out[2] = {call.dtype(0), call.graph.intern(channels)};
}

template <class T>
void run_batch_norm(const KernelCall& call)
{
    const int given = static_cast<int>(call.node().b);
    const T* const weight = given & has_weight ? input<T>(call, 1) : nullptr;
    const T* const bias = given & has_bias ? input<T>(call, call.in.size() - 1) : nullptr;
    kernels::batch_norm<T>(input<T>(call, 0), weight, bias, output<T>(call, 0), output<T>(call, 1),
                           output<T>(call, 2), sizes_of(call.shape(0)), call.node().a);
}

void pull_batch_norm(VjpCall& call)
{
    // Nobody differentiates the running statistics, so no cotangents of mean and variance come.
    Recorder& recorder = call.recorder();
    const int given = static_cast<int>(call.b());
    std::vector<Variable> in = {call.g, call.in(0), recorder.output(call.out(), 1),
                                recorder.output(call.out(), 2)};
    if (given & has_weight) in.push_back(call.in(1));
    const Variable dx = recorder.record(batch_norm_vjp_op, in, call.a());
    call.give(0, dx);
    if (given & has_weight) call.give(1, recorder.output(dx, 1));
    if (given & has_bias) call.give(call.count() - 1, recorder.output(dx, 2));
}

std::string epsilon_text(const Graph&, const Node& node) { return "epsilon " + number_text(node.a); }

Variable normalised(const NormOperands& in, double epsilon)
{
    std::vector<Variable> operands = {in.x};
    int given = 0;
    if (Recorder::is_set(in.weight)) operands.push_back(in.weight), given |= has_weight;
    if (Recorder::is_set(in.bias)) operands.push_back(in.bias), given |= has_bias;
    return Recorder::of(in.x).record(batch_norm_training_op, operands, epsilon, given);
}

// From x itself: the mean and the variance that stand among the inputs depend on it.
std::vector<Variable> expand_batch_norm_vjp(std::span<const Variable> in, const Node& node)
{
    const Variable g = in[0], x = in[1];
    Axes axes;
    for (std::size_t axis = 0; axis < x.shape().size(); ++axis)
        if (axis != 1) axes.push_back(static_cast<std::int64_t>(axis));
    const Variable centred = x - mean(x, axes, true);
    const Variable deviation = sqrt(mean(square(centred), axes, true) + node.a);
    const Variable h = centred / deviation, gh = g * h;
    const Variable dx = (g - mean(g, axes, true) - h * mean(gh, axes, true)) / deviation;
    return {in.size() > 4 ? dx * along_channels(in[4], x) : dx, sum(gh, axes), sum(g, axes)};
}

}  // namespace

// node.a: epsilon.
const Op& batch_norm_training_op = row({
    .name = "batch_norm_training",
    .label = "batch_norm",
    .formula =
        "(x - m) / sqrt(v + epsilon) weight + bias with the batch's mean m and variance v of each channel",
    .gradient = "h = (x - m) / sqrt(v + epsilon): weight / sqrt(v + epsilon) (g - mean g - h mean(g h)); "
                "weight: sum g h; "
                "bias: sum g",
    .elsewhere = {.torch = "F.batch_norm(training=True)"},
    .internal = true,
    .arity = -1,
    .outputs = 3,
    .inputs = {"x", "weight", "bias"},
    .traits = {.mixes_examples = true},
    .infer = infer_batch_norm,
    .kernel =
        [](const KernelCall& call) { by_float(call.dtype(), [&]<class T>() { run_batch_norm<T>(call); }); },
    .vjp = pull_batch_norm,
    .saves = 3,
    .flops = [](const Graph& graph, ValueId id) { return 7.0 * static_cast<double>(graph.count(id)); },
    .attributes = epsilon_text,
    .samples = {{{{{3, 2, 4}}, {{2}}, {{2}}},
                 [](auto in) {
                     return normalised({in[0], in[1], in[2]}, 1e-5);
                 }},
                {{{{4, 3}}, {{3}}},
                 [](auto in) {
                     return normalised({in[0], in[1], {}}, 1e-3);
                 }},
                {{{{2, 3, 5, 8}}, {{3}}},
                 [](auto in) {
                     return normalised({in[0], {}, in[1]}, 1e-5);
                 }},
                {{{{2, 2, 67}}},
                 [](auto in) {
                     return normalised({in[0], {}, {}}, 0.5);
                 }},
                {{{{150, 70}}, {{70}}, {{70}}},
                 [](auto in) {
                     return normalised({in[0], in[1], in[2]}, 1e-5);
                 }},
                {{{{1, 2, 3, 3}}},
                 [](auto in) {
                     return normalised({in[0], {}, {}}, 1e-5);
                 }},
                {{{{0, 2, 3}}, {{2}}, {{2}}},
                 [](auto in) {
                     return normalised({in[0], in[1], in[2]}, 1e-5);
                 }},
                {{{{3, 0, 2}}},
                 [](auto in) {
                     return normalised({in[0], {}, {}}, 1e-5);
                 }}},
});

// Inputs: g, x, mean and variance of each channel, weight if there is one. node.a: epsilon. Outputs: the gradients of x,
// weight and bias.
const Op& batch_norm_vjp_op = row({
    .name = "batch_norm_vjp",
    .formula = "h = (x - m) / sqrt(v + epsilon): weight / sqrt(v + epsilon) (g - mean g - h mean(g h)), sum "
               "g h, sum g",
    .derived_from = "batch_norm_training",
    .arity = -1,
    .outputs = 3,
    .traits = {.linear = 1},
    .infer =
        [](InferCall& call) {
            const Inferred channels{call.dtype(1), call.graph[call.in[2]].shape};
            call.out[0] = {call.dtype(1), call.graph[call.in[1]].shape};
            call.out[1] = call.out[2] = channels;
        },
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                kernels::batch_norm_vjp<T>(
                    input<T>(call, 0), input<T>(call, 1), input<T>(call, 2), input<T>(call, 3),
                    call.in.size() > 4 ? input<T>(call, 4) : nullptr, output<T>(call, 0), output<T>(call, 1),
                    output<T>(call, 2), sizes_of(call.shape(1)), call.node().a);
            });
        },
    .expand_all = expand_batch_norm_vjp,
    .flops = [](const Graph& graph, ValueId id) { return 10.0 * static_cast<double>(graph.count(id)); },
    .attributes = epsilon_text,
});

namespace {

void check_running(const std::string& who, Variable x, const char* name, const Parameter& statistics)
{
    if (statistics.dtype() != x.dtype())
        fail<DtypeError>(x, who + ": " + name + " '" + statistics.name() + "' is " +
                                std::string(name_of(statistics.dtype())) + ", x " +
                                std::string(name_of(x.dtype())) + " " + to_string(x.shape()) +
                                "; expected one type");
    if (statistics.shape().size() != 1 || statistics.shape()[0] != x.shape()[1])
        fail<ShapeError>(x, who + ": " + name + " '" + statistics.name() + "' has shape " +
                                to_string(statistics.shape()) + ", expected [" +
                                std::to_string(x.shape()[1]) + "], one element a channel of x " +
                                to_string(x.shape()));
}

// Declares what the statistics become: (1 - momentum) running + momentum batch.
void track(Variable x, Variable batch_mean, Variable batch_var, const Parameter& running_mean,
           const Parameter& running_var, const BatchNormOptions& options)
{
    Recorder& recorder = Recorder::of(x);
    const auto n = static_cast<double>(x.size() / x.shape()[1]);
    const double unbiased = n / (n - 1);
    Variable weight;  // of the new batch, where that is no number
    if (options.num_batches_tracked) {
        const Variable batches = recorder.next_value(options.num_batches_tracked) + 1;
        recorder.assign_again(options.num_batches_tracked, batches);
        if (!options.momentum) weight = reciprocal(cast(batches, x.dtype()));
    }
    const auto mixed = [&](Variable running, Variable batch, double factor) {
        if (options.momentum) return running * (1 - *options.momentum) + batch * (*options.momentum * factor);
        return running + ((factor == 1 ? batch : batch * factor) - running) * weight;
    };
    recorder.assign_again(running_mean, mixed(recorder.next_value(running_mean), batch_mean, 1));
    recorder.assign_again(running_var, mixed(recorder.next_value(running_var), batch_var, unbiased));
}

Variable by_running(const NormOperands& in, const Parameter& running_mean, const Parameter& running_var,
                    double epsilon)
{
    Tape tape = in.x.tape();
    Variable scale = rsqrt(tape.parameter(running_var) + epsilon);
    if (Recorder::is_set(in.weight)) scale = scale * in.weight;
    const Variable mean = tape.parameter(running_mean);
    if (in.x.shape().size() > 2) {
        const Variable shift = -mean * scale;
        return scale_channels(in.x, scale, Recorder::is_set(in.bias) ? shift + in.bias : shift);
    }
    const Variable y = (in.x - mean) * scale;
    return Recorder::is_set(in.bias) ? y + in.bias : y;
}

void check_options(const std::string& who, const Parameter& running_mean, const Parameter& running_var,
                   const BatchNormOptions& options)
{
    check_epsilon(who, options.epsilon);
    if (static_cast<bool>(running_mean) != static_cast<bool>(running_var))
        throw ValueError(who + ": running_mean and running_var come together or not at all");
    if (options.momentum && !(*options.momentum >= 0 && *options.momentum <= 1))
        throw ValueError(who + ": the momentum " + number_text(*options.momentum) + " is not in [0, 1]");
    if (!options.momentum && running_mean && !options.num_batches_tracked)
        throw ValueError(
            who +
            ": without a momentum the running statistics are means over all batches, which takes "
            "num_batches_tracked, int64 []");
    if (const Parameter& count = options.num_batches_tracked;
        count && (count.dtype() != DType::int64 || !count.shape().empty()))
        throw DtypeError(who + ": num_batches_tracked is " + std::string(name_of(count.dtype())) + " " +
                         to_string(count.shape()) + ", expected int64 []");
}

}  // namespace

Variable batch_norm(const NormOperands& in, const Parameter& running_mean, const Parameter& running_var,
                    const BatchNormOptions& options)
{
    const std::string who = caller("batch_norm", in.x);
    check_channels(who, in);
    check_options(who, running_mean, running_var, options);
    if (running_mean) {
        check_running(who, in.x, "running_mean", running_mean);
        check_running(who, in.x, "running_var", running_var);
    }
    const Dims x = in.x.shape();
    if (running_mean && !options.training.value_or(Recorder::of(in.x).training))
        return compose("batch_norm", in.x,
                       [&] { return by_running(in, running_mean, running_var, options.epsilon); });
    if (x[0] * element_count(x.subspan(2)) == 1)
        fail<ShapeError>(
            in.x, who + ": x has shape " + to_string(x) +
                      ", expected more than one element for each channel while training (with {.training = "
                      "false} the running statistics are taken)");
    return compose("batch_norm", in.x, [&] {
        const Variable y = normalised(in, options.epsilon);
        Recorder& recorder = Recorder::of(y);
        if (running_mean && y.size() > 0)
            track(in.x, recorder.output(y, 1), recorder.output(y, 2), running_mean, running_var, options);
        return y;
    });
}

void batch_norm_rows() {}

namespace {
using Inputs = std::span<const Variable>;

// With running statistics that a test can tell from the batch's.
Variable sampled(Inputs in, const BatchNormOptions& options)
{
    const std::int64_t channels = in[0].shape().size() > 1 ? in[0].shape()[1] : 1;
    const xt::xarray<double> ones = xt::ones<double>({static_cast<std::size_t>(channels)});
    const auto statistics = [&](double value) {
        return Parameter::buffer(Array(xt::xarray<double>(ones * value)).cast(in[0].dtype()), "running");
    };
    const NormOperands operands{in[0], in.size() > 1 ? in[1] : Variable(),
                                in.size() > 2 ? in[2] : Variable()};
    return batch_norm(operands, statistics(0.25), statistics(1.5), options);
}

const bool described = composed({{
    .name = "batch_norm",
    .formula = "(x - m) / sqrt(v + epsilon) weight + bias; m and v of each channel: the batch's while "
               "training, else the "
               "running ones",
    .gradient = "not while training: g weight / sqrt(v + epsilon); while training see batch_norm_training",
    .elsewhere = {.torch = "F.batch_norm"},
    .arity = -1,
    .samples = {{{{{3, 2, 4}}, {{2}}, {{2}}}, [](Inputs in) { return sampled(in, {.training = false}); }},
                {{{{3, 2, 4}}, {{2}}, {{2}}}, [](Inputs in) { return sampled(in, {}); }},
                {{{{1, 3}}, {{3}}},
                 [](Inputs in) { return sampled(in, {.epsilon = 0.5, .training = false}); }},
                {{{{2, 3, 2, 2}}}, [](Inputs in) { return sampled(in, {.momentum = 1, .training = true}); }},
                {{{{0, 3}}}, [](Inputs in) { return sampled(in, {.training = false}); }},
                {{{{0, 3}}}, [](Inputs in) { return sampled(in, {.training = true}); }}},
}});
}  // namespace

}  // namespace xgrad::detail
