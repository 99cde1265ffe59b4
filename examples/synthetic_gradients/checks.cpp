// What holds to the last bit: no gradient comes down but the guess, and when each layer first moves.
#include <algorithm>
#include <cmath>
#include <cstring>

#include <xtensor/xtensor.hpp>

#include "parts.hpp"

namespace synthetic_gradients {
namespace {

// How many elements are not the same bits.
std::size_t different(const Array& a, const Array& b)
{
    const auto *x = static_cast<const double*>(a.data()), *y = static_cast<const double*>(b.data());
    std::size_t count = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) count += std::memcmp(x + i, y + i, sizeof(double)) != 0;
    return count;
}
std::size_t different(const std::vector<Array>& a, const std::vector<Array>& b)
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < a.size(); ++i) count += different(a[i], b[i]);
    return count;
}

// The largest |a - b|.
double distance(const Array& a, const Array& b)
{
    const auto *x = static_cast<const double*>(a.data()), *y = static_cast<const double*>(b.data());
    double largest = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(x[i] - y[i]));
    return largest;
}

// Values of parameters, and of gradients, as they are now.
std::vector<Array> values(const std::vector<Parameter>& parameters)
{
    std::vector<Array> result;
    for (const Parameter& p : parameters) result.push_back(p.array());
    return result;
}
std::vector<Array> values(const Gradients& gradients)
{
    std::vector<Array> result;
    for (std::size_t i = 0; i < gradients.size(); ++i) result.push_back(gradients.gradient(i).array());
    return result;
}
nn::Batch some_rows()
{
    const nn::Dataset train = data().train;
    return {train.x.rows(0, 64), train.t.rows(0, 64)};
}

// A network, and modules that have something to say.
struct Pair {
    Network net;
    Guesses guesses;
    Pair(std::size_t layers, bool label) : net(layers), guesses(layers, label)
    {
        nn::initialise(net, nn::kaiming_uniform, /*seed=*/5);
        nn::initialise(guesses, nn::xavier_uniform, /*seed=*/6);
    }
};

// What steps say of their hidden layers, added up.
struct Seen {
    std::size_t paths = 0;  // parameters of hidden layers that the loss can reach by differentiation
    double largest = 0;     // |gradient of the loss| by any of them
    std::size_t strangers =
        0;                  // parameters from above, or of other modules, in the graph of a layer's update
    std::size_t waits = 0;  // elements of updates that are not what they are before the layers above have run
    std::size_t by_label = 0;  // elements of updates that change with the labels of the batch
};

// The parameters that a graph's outputs are computed from: a walk down from them. (A graph has the updates of running
// statistics too, which belong to the whole step and not to any output.)
std::vector<Parameter> needed_for(const Graph& graph)
{
    std::vector<bool> needed(graph.size(), false);
    for (const ValueId output : graph.outputs()) needed[output] = true;
    for (ValueId id = static_cast<ValueId>(graph.size()); id-- > 0;)
        if (needed[id])
            for (const ValueId input : graph.inputs(id)) needed[input] = true;
    std::vector<Parameter> result;
    for (const auto& [leaf, parameter] : graph.parameters())
        if (needed[leaf]) result.push_back(parameter);
    return result;
}

// Layer k's update may be computed from the layers up to k and from its own module.
bool may_see(const Pair& pair, std::size_t k, const Parameter& p)
{
    std::vector<Parameter> allowed = nn::parameters(pair.guesses.map[k]);
    for (std::size_t j = 0; j <= k; ++j)
        for (const Parameter& q : nn::parameters(pair.net.hidden[j])) allowed.push_back(q);
    return std::find(allowed.begin(), allowed.end(), p) != allowed.end();
}

// The update of hidden layer k, with what its graph is looked at for.
std::vector<Array> update_of(const Pair& pair, std::size_t k, const nn::Batch& batch, Cut cut, Seen& seen)
{
    const auto& [net, guesses] = pair;
    //! [leaks]
    Tape tape;
    const Step step = decoupled(net, guesses, tape.constant(batch.x), tape.constant(batch.t), cut);
    const std::vector<Parameter> own = nn::parameters(net.hidden[k]);
    for (const Parameter& p : own) {
        try {
            grad(step.loss, p, Unused::error);  // throws if there is no way from p to the loss
            ++seen.paths;
        } catch (const GradientError&) {}
        seen.largest = std::max(seen.largest, max(abs(grad(step.loss, p))).item());
    }
    const Gradients update = grad(step.total, own);
    for (const Parameter& p : own)  // what is its update computed from?
        for (const Parameter& other : needed_for(tape.graph({update[p]})))
            seen.strangers += !may_see(pair, k, other);
    //! [leaks]
    return values(update);
}

// The same update where the layers above are not there to be waited for.
std::vector<Array> update_alone(const Pair& pair, std::size_t k, const nn::Batch& batch)
{
    const auto& [net, guesses] = pair;
    const std::vector<Parameter> own = nn::parameters(net.hidden[k]);
    //! [alone]
    Tape tape;
    Variable h = tape.constant(batch.x);
    for (std::size_t j = 0; j <= k; ++j) h = net.hidden[j](detach(h));
    const Variable label = one_hot(tape.constant(batch.t), digits, float64);
    const Gradients update = vjp(h, std::vector<Target>(own.begin(), own.end()), guesses(k, h, label));
    //! [alone]
    return values(update);
}

Seen look(std::size_t layers, bool label, Cut cut)
{
    Seen seen, ignored;
    const Pair pair(layers, label);
    const nn::Batch batch = some_rows();
    const nn::Batch other{batch.x, xt::xtensor<std::int64_t, 1>(9 - batch.t.value<std::int64_t>())};
    for (std::size_t k = 0; k < layers; ++k) {
        const std::vector<Array> update = update_of(pair, k, batch, cut, seen);
        seen.waits += different(update, update_alone(pair, k, batch));
        seen.by_label += different(update, update_of(pair, k, other, cut, ignored));
    }
    return seen;
}

std::vector<Parameter> both(const Network& net, const Guesses& guesses)
{
    std::vector<Parameter> result = nn::parameters(net);
    for (const Parameter& p : nn::parameters(guesses)) result.push_back(p);
    return result;
}

nn::CompiledStep compiled(const Network& net, const Guesses& guesses, std::vector<Parameter> trained, Cut cut)
{
    return nn::compile(
        [net, guesses, cut](std::span<const Variable> in) {
            return decoupled(net, guesses, in[0], in[1], cut).total;
        },
        nn::Optimizer(nn::Adam{.rate = 0.01}, std::move(trained)));
}

// Elements of hidden weights that `steps` steps change while the modules stay as they are: zero.
std::size_t moved_by_frozen_zeros(const Network& net, int steps, Cut cut)
{
    const Guesses guesses(net.hidden.size(), true);
    const std::vector<Array> before = values(nn::parameters(net.hidden));
    nn::CompiledStep step = compiled(net, guesses, nn::parameters(net), cut);
    for (auto [x, t] : data().train.batches(64, {.epochs = 10, .seed = 8})) {
        if (steps-- == 0) break;
        step(x, t);
    }
    return different(before, values(nn::parameters(net.hidden)));
}

}  // namespace

void nothing_leaks(common::Report& report)
{
    std::size_t paths = 0, strangers = 0, waits = 0, by_label = 0;
    double largest = 0;
    for (const std::size_t layers : {3, 6})
        for (const bool label : {true, false}) {
            const Seen seen = look(layers, label, Cut::detached);
            paths += seen.paths, strangers += seen.strangers, waits += seen.waits;
            largest = std::max(largest, seen.largest);
            if (!label) by_label += seen.by_label;
        }
    report.equals(30, "hidden_parameters_that_the_loss_can_reach", static_cast<double>(paths), 0);
    report.equals(30, "largest_gradient_of_the_loss_by_hidden_parameters", largest, 0);
    report.equals(30, "parameters_from_above_in_the_graphs_of_updates", static_cast<double>(strangers), 0);
    report.equals(30, "elements_of_updates_that_wait_for_the_layers_above", static_cast<double>(waits), 0);
    report.equals(30, "elements_of_updates_without_label_that_change_with_it", static_cast<double>(by_label),
                  0);

    // The same without detach: each of these has to notice.
    const Seen leaky = look(3, false, Cut::leaky);
    report.equals(30, "left_out_detach_hidden_parameters_reached", static_cast<double>(leaky.paths), 9);
    report.at_least(30, "left_out_detach_largest_gradient", leaky.largest, 1e-3);
    report.at_least(30, "left_out_detach_parameters_from_above", static_cast<double>(leaky.strangers), 1);
    report.at_least(30, "left_out_detach_elements_that_wait", static_cast<double>(leaky.waits), 1);
    report.at_least(30, "left_out_detach_elements_that_change_with_labels",
                    static_cast<double>(leaky.by_label), 1);

    const int steps = 50;
    Network net(3);
    nn::initialise(net, nn::kaiming_uniform, /*seed=*/7);
    const Network top = nn::clone(net), open = nn::clone(net);
    report.equals(30, "hidden_elements_moved_by_modules_frozen_at_zero",
                  static_cast<double>(moved_by_frozen_zeros(net, steps, Cut::detached)), 0);
    report.at_least(30, "left_out_detach_hidden_elements_moved",
                    static_cast<double>(moved_by_frozen_zeros(open, steps, Cut::leaky)), 1000);
    // It is then the network of which only the top is trained, bit by bit.
    nn::CompiledStep step =
        nn::compile([top](std::span<const Variable> in) { return whole(top, in[0], in[1]); },
                    nn::Optimizer(nn::Adam{.rate = 0.01}, nn::parameters(top.out)));
    int left = steps;
    for (auto [x, t] : data().train.batches(64, {.epochs = 10, .seed = 8})) {
        if (left-- == 0) break;
        step(x, t);
    }
    report.equals(
        30, "elements_of_the_top_that_then_differ_from_the_top_alone",
        static_cast<double>(different(values(nn::parameters(net.out)), values(nn::parameters(top.out)))), 0);
}

void news_travels_down(common::Report& report)
{
    double first_update = 0;
    std::size_t on_time = 0, expected = 0;
    for (const std::size_t layers : {3, 6}) {
        Network net(layers);
        nn::initialise(net, nn::kaiming_uniform, /*seed=*/9);
        const Guesses guesses(layers, true);
        nn::CompiledStep step = compiled(net, guesses, both(net, guesses), Cut::detached);
        std::vector<std::size_t> first(layers, 0);  // the step that moved a layer for the first time
        std::size_t steps = 0;
        for (auto [x, t] : data().train.batches(64, {.epochs = 1, .seed = 10})) {
            std::vector<std::vector<Array>> before;
            for (const Hidden& layer : net.hidden) before.push_back(values(nn::parameters(layer)));
            step(x, t);
            ++steps;
            for (std::size_t k = 0; k < layers; ++k) {
                const std::vector<Array> after = values(nn::parameters(net.hidden[k]));
                if (first[k] == 0 && different(before[k], after) > 0) first[k] = steps;
                if (steps == 1)
                    for (std::size_t p = 0; p < after.size(); ++p)
                        first_update = std::max(first_update, distance(before[k][p], after[p]));
            }
        }
        for (std::size_t k = 0; k < layers; ++k) on_time += first[k] == layers - k + 1;
        expected += layers;
    }
    report.equals(30, "largest_element_of_the_first_hidden_update", first_update, 0);
    report.equals(30, "layers_first_moved_by_the_step_expected", static_cast<double>(on_time),
                  static_cast<double>(expected));
}

void linear_may_be_exact(common::Report& report)
{
    // y = h W + b and (1/2) |y - t|^2: the gradient by h is h W W' - t W' + b W', which is linear in (h, t).
    const std::size_t in = width, out = digits;
    nn::Linear head(width, digits, {.dtype = float64});
    nn::initialise(head, nn::xavier_uniform, /*seed=*/11);
    const nn::Batch batch = some_rows();
    const auto w = head.weight.value<double>();
    xt::xtensor<double, 1> b = xt::zeros<double>({out});
    for (std::size_t j = 0; j < out; ++j) b(j) = 0.1 * static_cast<double>(j) - 0.3;
    head.bias.assign(b);
    xt::xtensor<double, 2> map = xt::zeros<double>({in + out, in});
    xt::xtensor<double, 1> shift = xt::zeros<double>({in});
    for (std::size_t i = 0; i < in; ++i)
        for (std::size_t j = 0; j < out; ++j) {
            for (std::size_t k = 0; k < in; ++k) map(k, i) += w(k, j) * w(i, j);
            map(in + j, i) = -w(i, j);
            shift(i) += b(j) * w(i, j);
        }
    const Guesses guesses(1, true);
    guesses.map[0].weight.assign(map);
    guesses.map[0].bias.assign(shift);
    Network net(1);
    nn::initialise(net, nn::kaiming_uniform, /*seed=*/12);
    Tape tape;
    const Variable h = net.hidden[0](tape.constant(batch.x));
    const Variable label = one_hot(tape.constant(batch.t), digits, float64);
    const Variable truth = grad(0.5 * sum(square(head(h) - label)), h);
    const Variable guess = guesses(0, h, label);
    report.at_most(30, "squared_error_head_linear_guess_against_gradient",
                   (max(abs(guess - truth)) / max(abs(truth))).item(), 1e-13);
}

}  // namespace synthetic_gradients
