// Finding the first NaN and the first infinity of a graph, and the elements that they come from.
#include "xgrad/autodiff/anomaly.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "autodiff/evaluation.hpp"
#include "autodiff/passes/gradient_places.hpp"
#include "autodiff/watch.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad {
namespace detail {
namespace {

// An array of one repeated number, or a leaf: what is in it was given.
bool is_given(const Op& op) { return op.arity == 0 && !op.traits.stochastic; }

// Where element `flat` of a value lies in an input that was broadcast to it.
std::int64_t broadcast_place(Dims out, Dims in, std::int64_t flat)
{
    std::int64_t place = 0, stride = 1;
    for (std::size_t k = 1; k <= out.size(); ++k) {
        const std::int64_t length = out[out.size() - k], at = flat % length;
        flat /= length;
        if (k > in.size()) continue;
        if (in[in.size() - k] != 1) place += at * stride;
        stride *= in[in.size() - k];
    }
    return place;
}

std::int64_t first_bad(const Evaluation& run, ValueId id, std::int64_t count, bool nan)
{
    for (std::int64_t i = 0; i < count; ++i)
        if (const double x = run.at(id, i); nan ? std::isnan(x) : std::isinf(x)) return i;
    return 0;
}

// The first bad element of a node's value, and the elements that it comes from, back through ops in which each element
// has one place, to the inputs or to an op that mixes elements.
std::vector<Anomaly::Element> trace(const Evaluation& run, const Anomaly& found, ValueId node, bool nan)
{
    constexpr std::size_t most = 16;
    const Graph& graph = found.graph;
    using Place = std::pair<ValueId, std::int64_t>;
    std::set<Place> open = {{node, first_bad(run, node, graph.count(node), nan)}};
    std::vector<Anomaly::Element> result;
    while (!open.empty() && result.size() < most) {
        const auto [id, flat] = *open.rbegin();
        open.erase(std::prev(open.end()));
        const Op& op = *graph[id].op;
        Anomaly::Element element{id, place_of(graph.shape(id), flat), run.at(id, flat), {}};
        const bool here = op.traits.alias || op.traits.repeats || op.traits.elementwise;
        for (const ValueId in : graph.inputs(id)) {
            const Op& source = *graph[in].op;
            const bool number = is_given(source) && &source != &input_op && &source != &parameter_op &&
                                graph.name(in).empty();
            if (here) {
                const std::int64_t at =
                    op.traits.alias ? flat : broadcast_place(graph.shape(id), graph.shape(in), flat);
                if (op.traits.elementwise) element.operands.push_back(run.at(in, at));
                if (!number) open.insert({in, at});
            } else if (!std::isfinite(element.value) && !found.values[in].finite()) {
                open.insert({in, first_bad(run, in, graph.count(in), found.values[in].nans > 0)});
            }
        }
        result.push_back(std::move(element));
    }
    return result;
}

// The forward part of a graph by what its nodes say of themselves.
GradientSearch search_in(const Graph& graph)
{
    const std::size_t size = graph.size();
    GradientSearch search{std::vector<std::uint8_t>(size), std::vector<std::uint8_t>(size),
                          std::vector<std::uint8_t>(size), std::vector<std::uint8_t>(size)};
    for (ValueId id = 0; id < size; ++id) {
        const Op& op = *graph[id].op;
        const bool derived = graph[id].flags & from_derivative;
        search.forward[id] = !derived && !op.traits.update;
        for (const ValueId in : graph.inputs(id)) search.forward[id] &= search.forward[in];
        search.op[id] = search.forward[id] && !is_given(op) && &op != &output_op;
        search.constant[id] =
            op.arity == 0 && &op != &input_op && &op != &parameter_op && !op.traits.stochastic;
        search.gradient[id] = derived && op.arity != 0;
    }
    return search;
}

}  // namespace

Shape place_of(Dims shape, std::int64_t flat)
{
    Shape place(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        place[axis] = flat % shape[axis];
        flat /= shape[axis];
    }
    return place;
}

std::optional<Anomaly> examine(Graph graph, std::span<const Array> inputs)
{
    Anomaly found;
    found.graph = std::move(graph);
    found.values.resize(found.graph.size());
    Evaluation run(found.graph, inputs);
    try {
        while (run.step()) {
            const ValueId id = run.size() - 1;
            const ValueStatistics& s = found.values[id] = run.statistics(id);
            if (s.finite() || is_given(*found.graph[id].op)) continue;
            const auto inputs_of_node =
                found.graph.inputs(found.graph[id].op == &output_op ? found.graph[id].in[0] : id);
            const bool given = std::ranges::any_of(
                inputs_of_node, [&](ValueId in) { return found.values[in].infinities > 0; });
            const auto bear = [&](bool nan) {
                return Anomaly::Birth{id, no_value, trace(run, found, id, nan), {}, {}};
            };
            if (s.nans > 0 && !found.nan) found.nan = bear(true);
            if (s.infinities > 0 && !given && !found.infinity) found.infinity = bear(false);
        }
    } catch (const Error&) {  // an op refuses what it is given now
        if (!found.nan && !found.infinity) throw;
    }
    if (!found.nan && !found.infinity) return {};
    return found;
}

}  // namespace detail

const Anomaly::Birth& Anomaly::first() const
{
    if (!nan) return infinity.value();
    return infinity && infinity->node < nan->node ? *infinity : *nan;
}

AnomalyError::AnomalyError(Anomaly anomaly)
    : Error(anomaly.text()), anomaly_(std::make_shared<const Anomaly>(std::move(anomaly)))
{}

std::optional<Anomaly> find_anomaly(const Graph& graph, std::span<const Array> inputs)
{
    std::optional<Anomaly> found = detail::examine(graph, inputs);
    if (!found) return found;
    const std::vector<ValueId> places = detail::gradient_places(graph, detail::search_in(graph));
    for (std::optional<Anomaly::Birth>* birth : {&found->nan, &found->infinity})
        if (*birth) (*birth)->gradient_of = places[(*birth)->node];
    return found;
}

std::optional<Anomaly> find_anomaly(const Graph& graph, std::initializer_list<Array> inputs)
{
    return find_anomaly(graph, std::span(inputs.begin(), inputs.size()));
}

}  // namespace xgrad
