// The long short-term memory over a whole sequence as one op (Hochreiter & Schmidhuber 1997, with forget gates: Gers
// et al. 2000). It hands out the cells and gates of every step, from which its gradient comes in one pass back.
#include "autodiff/kernels/lstm.hpp"

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

Variable product(Variable x, Variable y, bool transpose_x, bool transpose_y);
extern const Op& lstm_vjp_op;

namespace {

// ---------------------------------------------------------------- lstm

// Inputs: x, w_ih, w_hh, bias, then h0 and c0 unless they are 0. Outputs: h, c and gates of every step.

void infer_lstm(InferCall& call)
{
    need_floating(call);
    for (std::size_t k = 1; k < call.in.size(); ++k)
        if (call.dtype(k) != call.dtype(0)) call.fail_dtype(one_type);
    if (call.in.size() != 4 && call.in.size() != 6)
        call.fail_shape("x, w_ih, w_hh, bias, and both h0 and c0 or none");
    const Dims x = call.shape(0), w_ih = call.shape(1), w_hh = call.shape(2), bias = call.shape(3);
    const auto is = [](Dims shape, std::initializer_list<std::int64_t> wanted) {
        return std::ranges::equal(shape, wanted);
    };
    if (x.size() != 3 || x[0] == 0) call.fail_shape("x [steps, batch, inputs] of at least one step");
    if (w_hh.size() != 2) call.fail_shape("w_hh [hidden, 4 hidden]");
    const std::int64_t steps = x[0], batch = x[1], inputs = x[2], hidden = w_hh[0];
    const auto expected = [&] {
        return "w_ih [inputs, 4 hidden], w_hh [hidden, 4 hidden] and bias [4 hidden] with " +
               std::to_string(inputs) + " inputs and " + std::to_string(hidden) + " hidden";
    };
    if (w_ih.size() == 2 && w_ih[0] != inputs) call.fail_shape(expected(), {{0, 2}, {1, 0}});
    if (!is(w_ih, {inputs, 4 * hidden}) || !is(w_hh, {hidden, 4 * hidden}) || !is(bias, {4 * hidden}))
        call.fail_shape(expected());
    for (std::size_t k = 4; k < call.in.size(); ++k)
        if (!is(call.shape(k), {batch, hidden}))
            call.fail_shape("h0 and c0 [batch, hidden]: [" + std::to_string(batch) + ", " +
                            std::to_string(hidden) + "]");
    const std::int64_t states[] = {steps, batch, hidden}, gates[] = {steps, batch, 4 * hidden};
    call.out[0] = call.out[1] = {call.dtype(0), call.graph.intern(states)};
    call.out[2] = {call.dtype(0), call.graph.intern(gates)};
}

template <class T>
void run_lstm(const KernelCall& call)
{
    const auto in = [&](std::size_t k) {
        return k < call.in.size() ? static_cast<const T*>(call.in[k]) : nullptr;
    };
    const auto out = [&](std::size_t k) { return static_cast<T*>(call.out[k]); };
    const Dims x = call.shape(0);
    kernels::lstm<T>({x[0], x[1], x[2], call.shape(2)[0]}, in(0), in(1), in(2), in(3), in(4), in(5), out(0),
                     out(1), out(2));
}

// dz is the gradient of x w_ih + h w_hh + bias at every step: the rest is products with it over all steps at once.
void pull_lstm(VjpCall& call)
{
    Recorder& recorder = call.recorder();
    std::vector<Variable> in = {call.in(2), call.out(0), call.out(1), call.out(2)};
    int given = 0;
    const auto add = [&](int bit, Variable x) {
        in.push_back(x);
        given |= 1 << bit;
    };
    for (int k = 0; k < 3; ++k)
        if (const auto g = call.cotangent(static_cast<std::size_t>(k))) add(k, *g);
    const bool states = call.count() == 6;
    if (states) add(3, call.in(4)), add(4, call.in(5));
    const Variable dz = recorder.record(lstm_vjp_op, in, given);
    call.give(2, recorder.output(dz, 1));
    if (states) call.give(4, recorder.output(dz, 2)), call.give(5, recorder.output(dz, 3));
    if (call.needs(0)) call.give(0, product(dz, call.in(1), false, true));
    if (call.needs(1)) {
        const Dims x = call.shape(0);
        const std::int64_t rows = x[0] * x[1];
        const Shape flat_x = {rows, x[2]}, flat_z = {rows, dz.shape()[2]};
        call.give(1, product(reshape(call.in(0), flat_x), reshape(dz, flat_z), true, false));
    }
    if (call.needs(3)) call.give(3, sum(dz, {0, 1}));
}

double lstm_flops(const Graph& graph, ValueId id)
{
    const Dims x = graph.shape(graph.inputs(id)[0]);
    const auto gates = 4.0 * static_cast<double>(graph.count(id));
    const std::int64_t hidden = graph.shape(id)[2];
    return gates * (2.0 * static_cast<double>(x[2] + hidden) + 8);
}

// ---------------------------------------------------------------- lstm_vjp

// Inputs: w_hh, h, c, gates; then of the cotangents of h, c and gates, of h0 and c0 those that there are, which the bits
// of node.a say. Outputs: dz [steps, batch, 4 hidden], and the gradients of w_hh, h0 and c0.
enum { w_hh_in, h_in, c_in, gates_in, always_in };
enum { g_h, g_c, g_gates, h0, c0, optional_count };

// For each of the optional inputs its place among the inputs; 0: not given.
std::array<std::size_t, optional_count> places_of(const Node& node)
{
    std::array<std::size_t, optional_count> places = {};
    std::size_t next = always_in;
    for (std::size_t k = 0; k < optional_count; ++k)
        if (static_cast<int>(node.a) >> k & 1) places[k] = next++;
    return places;
}

void infer_lstm_vjp(InferCall& call)
{
    need_floating(call);
    const auto of = [&](std::size_t k) { return Inferred{call.dtype(k), call.graph[call.in[k]].shape}; };
    const Dims h = call.shape(h_in);
    const Inferred state{call.dtype(h_in), call.graph.intern(h.subspan(1))};
    call.out = {of(gates_in), of(w_hh_in), state, state};
}

template <class T>
void run_lstm_vjp(const KernelCall& call)
{
    const auto in = [&](std::size_t k) { return static_cast<const T*>(call.in[k]); };
    const auto out = [&](std::size_t k) { return static_cast<T*>(call.out[k]); };
    const auto places = places_of(call.node());
    const auto given = [&](std::size_t k) { return places[k] == 0 ? nullptr : in(places[k]); };
    const Dims h = call.shape(h_in);
    kernels::lstm_vjp<T>({h[0], h[1], 0, h[2]},
                         {in(w_hh_in), given(h0), given(c0), in(h_in), in(c_in), in(gates_in), given(g_h),
                          given(g_c), given(g_gates)},
                         out(0), out(1), out(2), out(3));
}

// Step by step in simpler ops.
std::vector<Variable> expand_lstm_vjp(std::span<const Variable> in, const Node& node)
{
    const Shape shape = as_shape(in[h_in].shape());
    const std::int64_t steps = shape[0], batch = shape[1], hidden = shape[2];
    const auto at = [&](Variable all, std::int64_t t) {
        return reshape(slice(all, {{t, t + 1}}), {batch, all.shape()[2]});
    };
    const auto gate = [&](Variable row, std::int64_t k) {
        return slice(row, {{}, {k * hidden, (k + 1) * hidden}});
    };
    const auto places = places_of(node);
    const bool states = places[h0] != 0;

    std::vector<Variable> dz(static_cast<std::size_t>(steps));
    const Variable zeros = full(in[h_in], {batch, hidden}, 0);
    Variable dh = zeros, dc = zeros, dw = zeros_like(in[w_hh_in]);
    for (std::int64_t t = steps; t-- > 0;) {
        const auto given = [&](std::size_t k) { return at(in[places[k]], t); };
        const Variable row = at(in[gates_in], t), tanh_c = tanh(at(in[c_in], t));
        const Variable i = gate(row, 0), f = gate(row, 1), g = gate(row, 2), o = gate(row, 3);
        const Variable h_before = t > 0 ? at(in[h_in], t - 1) : states ? in[places[h0]] : zeros;
        const Variable c_before = t > 0 ? at(in[c_in], t - 1) : states ? in[places[c0]] : zeros;
        if (places[g_h]) dh = dh + given(g_h);
        if (places[g_c]) dc = dc + given(g_c);
        dc = dc + dh * o * (1 - square(tanh_c));
        Variable d[] = {dc * g, dc * c_before, dc * i, dh * tanh_c};
        if (places[g_gates])
            for (std::int64_t k = 0; k < 4; ++k) d[k] = d[k] + gate(given(g_gates), k);
        const Variable z =
            concat({d[0] * i * (1 - i), d[1] * f * (1 - f), d[2] * (1 - square(g)), d[3] * o * (1 - o)}, 1);
        dz[static_cast<std::size_t>(t)] = reshape(z, {1, batch, 4 * hidden});
        dc = dc * f;
        dh = product(z, in[w_hh_in], false, true);
        dw = dw + product(h_before, z, true, false);
    }
    if (!states) dh = dc = zeros;
    return {concat(dz), dw, dh, dc};
}

std::string given_text(const Graph&, const Node& node)
{
    const auto places = places_of(node);
    std::string text = "from";
    for (const auto& [k, name] : {std::pair(g_h, " h"), std::pair(g_c, " c"), std::pair(g_gates, " gates")})
        if (places[k] != 0) text += name;
    return text;
}

Variable hidden_of(std::span<const Variable> in)
{
    return lstm(in[0], in[1], in[2], in[3], in[4], in[5]).hidden;
}
Variable cells_of(std::span<const Variable> in)
{
    return lstm(in[0], in[1], in[2], in[3], in[4], in[5]).cells;
}
Variable from_zeros(std::span<const Variable> in)
{
    const LstmStates states = lstm(in[0], in[1], in[2], in[3]);
    return states.hidden * states.cells;
}
Sample lstm_sample(std::int64_t steps, std::int64_t batch, std::int64_t inputs, std::int64_t n,
                   Variable (*call)(std::span<const Variable>))
{
    Sample sample{
        {{{steps, batch, inputs}}, {{inputs, 4 * n}}, {{n, 4 * n}}, {{4 * n}}, {{batch, n}}, {{batch, n}}},
        call};
    if (call == from_zeros) sample.inputs.resize(4);
    return sample;
}

}  // namespace

const Op& lstm_op = row({
    .name = "lstm",
    .formula = "i, f, o = sigmoid, g = tanh of x w_ih + h w_hh + b; c' = f c + i g, h' = o tanh c'",
    .gradient = "backward through time: that of each step, added over the steps",
    .elsewhere = {"", "torch.nn.LSTM", ""},
    .arity = -1,
    .outputs = 3,
    .inputs = {"x", "w_ih", "w_hh", "bias", "h0", "c0"},
    .traits = {.position_free = false, .low = -1, .high = 1},
    .infer = infer_lstm,
    .kernel = [](const KernelCall& call) { by_float(call.dtype(), [&]<class T>() { run_lstm<T>(call); }); },
    .vjp = pull_lstm,
    .saves = 0xb7,  // all but the bias
    .flops = lstm_flops,
    .samples = {lstm_sample(3, 2, 3, 2, hidden_of), lstm_sample(2, 3, 2, 3, cells_of),
                lstm_sample(3, 2, 1, 2, from_zeros), lstm_sample(1, 1, 2, 3, hidden_of),
                lstm_sample(1, 2, 2, 1, from_zeros), lstm_sample(4, 1, 3, 1, cells_of),
                lstm_sample(2, 0, 3, 2, hidden_of), lstm_sample(2, 0, 1, 2, from_zeros)},
});

const Op& lstm_vjp_op = row({
    .name = "lstm_vjp",
    .formula = "dz of each step, from the last to the first; dw_hh = sum h.T dz",
    .derived_from = "lstm",
    .arity = -1,
    .outputs = 4,
    .traits = {.position_free = false},
    .infer = infer_lstm_vjp,
    .kernel =
        [](const KernelCall& call) { by_float(call.dtype(), [&]<class T>() { run_lstm_vjp<T>(call); }); },
    .expand_all = expand_lstm_vjp,
    .flops =
        [](const Graph& graph, ValueId id) {
            const double hidden = static_cast<double>(graph.shape(id)[2]) / 4;
            return static_cast<double>(graph.count(id)) * (4 * hidden + 6);
        },
    .attributes = given_text,
});

void lstm_rows() {}

}  // namespace xgrad::detail

namespace xgrad {
namespace {
LstmStates record_lstm(std::span<const Variable> in)
{
    detail::Recorder& recorder = detail::Recorder::of(in[0]);
    const Variable h = recorder.record(detail::lstm_op, in);
    return {h, recorder.output(h, 1)};
}
}  // namespace

LstmStates lstm(Variable x, Variable w_ih, Variable w_hh, Variable bias)
{
    const Variable in[] = {x, w_ih, w_hh, bias};
    return record_lstm(in);
}
LstmStates lstm(Variable x, Variable w_ih, Variable w_hh, Variable bias, Variable h0, Variable c0)
{
    const Variable in[] = {x, w_ih, w_hh, bias, h0, c0};
    return record_lstm(in);
}

}  // namespace xgrad
