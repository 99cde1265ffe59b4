// The reverse sweep: one loop over the nodes, from the outputs down, that emits the gradient as nodes.
#include <algorithm>

#include "autodiff/watch.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad {
namespace detail {

void Recorder::Sweep::spread(const Graph& graph, ValueId first, ValueId last)
{
    for (ValueId id = first; id < last; ++id) {
        if (active[id - low] || !is_floating(graph.dtype(id))) continue;
        for (const ValueId in : graph.inputs(id))
            if (is_active(in)) {
                active[id - low] = 1;
                break;
            }
    }
}

namespace {
// What VjpCall::give() writes to.
struct Sink {
    std::vector<ValueId>* cotangents;
    ValueId low;
};
}  // namespace

void Recorder::add_cotangent(Sweep& sweep, ValueId id, ValueId cotangent)
{
    const ValueId there = sweep.cotangents[id - sweep.low];
    const ValueId sum = there == no_value ? cotangent : record(add_op, handle(there), handle(cotangent)).id();
    sweep.cotangents[id - sweep.low] = sum;
}

// Hands the cotangents of one node's outputs on to its inputs.
void Recorder::pull(Sweep& sweep, ValueId id)
{
    const Op& op = *graph.nodes_[id].op;
    if (op.traits.leaf || op.arity == 0) return;
    if (!op.vjp) return pull_expanded(sweep, id);
    Sink sink{&sweep.cotangents, sweep.low};
    std::uint8_t active[8] = {};
    const std::span<const ValueId> inputs = graph.inputs(id);
    std::vector<std::uint8_t> many;
    std::uint8_t* flags = active;
    if (inputs.size() > 8) {
        many.resize(inputs.size());
        flags = many.data();
    }
    for (std::size_t k = 0; k < inputs.size(); ++k) flags[k] = sweep.is_active(inputs[k]);
    const ValueId g = sweep.cotangent(id);
    VjpCall call(*this, id, g == no_value ? Variable() : handle(g), flags, &sink);
    op.vjp(call);
}

// The same for an op written in simpler ones: emits those, and sweeps over them.
void Recorder::pull_expanded(Sweep& sweep, ValueId id)
{
    const Op& op = *graph.nodes_[id].op;
    if (!op.expand && !op.expand_all) {
        const std::string path = graph.path(graph.nodes_[id].scope);
        throw GradientError("grad: " + std::string(op.name) + (path.empty() ? "" : " in " + path) +
                            " has no gradient; detach() its input where that is meant");
    }
    const Node node = graph.nodes_[id];
    const ValueId first = static_cast<ValueId>(graph.size());
    std::vector<Variable> in;
    for (const ValueId input : graph.inputs(id)) in.push_back(handle(input));
    const std::vector<Variable> out =
        op.expand ? std::vector<Variable>{op.expand(in, node)} : op.expand_all(in, node);
    const ValueId end = static_cast<ValueId>(graph.size());
    sweep.grow(end);
    sweep.spread(graph, first, end);
    for (std::size_t k = 0; k < out.size(); ++k) {  // an expansion may be one of the inputs
        const ValueId g = sweep.cotangent(id + static_cast<ValueId>(k));
        if (g != no_value && sweep.is_active(out[k].id())) add_cotangent(sweep, out[k].id(), g);
    }
    descend(sweep, first, end);
}

// Hands on the cotangents of the nodes from `end` down to `first`. A further output has no rule of its own: it is its
// node's. A checkpoint's region is computed again first, unless told otherwise.
void Recorder::descend(Sweep& sweep, ValueId first, ValueId end, bool by_regions)
{
    by_regions = by_regions && !regions_.empty();
    std::uint32_t region = by_regions ? region_below(end) : Region::none;
    Watch* const watch = mode_ & watched ? watch_.get() : nullptr;
    for (ValueId id = end; id-- > first;) {
        if (region != Region::none && id < regions_[region].end) {
            const ValueId start = std::max(first, regions_[region].first);
            pull_region(sweep, region, id + 1);
            id = start;
            region = region_below(id);
            continue;
        }
        const Op& op = *graph.nodes_[id].op;
        if (!sweep.active[id - sweep.low] || &op == &output_op) continue;
        bool any = sweep.cotangents[id - sweep.low] != no_value;
        for (int k = 1; k < op.outputs; ++k) any |= sweep.cotangent(id + static_cast<ValueId>(k)) != no_value;
        if (!any) continue;
        scope = graph.nodes_[id].scope;  // the gradient of a module's op belongs to the module
        if (watch) [[unlikely]]
            watch->derived = id;
        pull(sweep, id);
    }
}

std::vector<ValueId> Recorder::reverse(std::span<const ValueId> outputs, std::span<const ValueId> cotangents,
                                       std::span<const ValueId> wrt)
{
    std::vector<ValueId> result(wrt.size(), no_value);
    if (wrt.empty()) return result;
    const Lazily lazily(*this);
    Sweep& sweep = sweep_;
    sweep.active.clear();
    sweep.cotangents.clear();
    sweep.low = *std::ranges::min_element(wrt);
    ValueId high = sweep.low;
    for (const ValueId id : outputs) high = std::max(high, id);
    sweep.grow(high + 1);
    for (const ValueId id : wrt)
        if (id <= high)
            sweep.active[id - sweep.low] = is_floating(graph.dtype(id)) ? Sweep::source : std::uint8_t{0};
    sweep.spread(graph, sweep.low, high + 1);
    for (std::size_t k = 0; k < outputs.size(); ++k) {
        if (outputs[k] < sweep.low) continue;
        add_cotangent(sweep, outputs[k], cotangents[k]);
    }
    const struct Restore {  // whatever a rule throws
        ScopeId &scope, outer;
        std::uint8_t& derivative;
        ~Restore()
        {
            scope = outer;
            derivative = 0;
        }
    } restore{scope, scope, derivative_};
    derivative_ = from_derivative;
    if (mode_ & watched) watch_->begin_sweep(static_cast<ValueId>(graph.size()), high);
    descend(sweep, sweep.low, high + 1);
    for (std::size_t k = 0; k < wrt.size(); ++k)
        if (wrt[k] <= high) result[k] = sweep.cotangents[wrt[k] - sweep.low];
    return result;
}

}  // namespace detail

// ---------------------------------------------------------------- what a rule sees

Variable VjpCall::out() const { return recorder_.handle(id_); }
Variable VjpCall::out(std::size_t k) const { return recorder_.handle(id_ + static_cast<ValueId>(k)); }
std::optional<Variable> VjpCall::cotangent(std::size_t k) const
{
    const auto& sink = *static_cast<detail::Sink*>(sink_);
    const std::size_t at = id_ + k - sink.low;
    if (at >= sink.cotangents->size() || (*sink.cotangents)[at] == no_value) return {};
    return recorder_.handle((*sink.cotangents)[at]);
}
Variable VjpCall::in(std::size_t k) const { return recorder_.handle(recorder_.graph.inputs(id_)[k]); }
std::size_t VjpCall::count() const { return recorder_.graph[id_].arity; }
bool VjpCall::needs(std::size_t k) const { return active_[k] != 0; }
double VjpCall::a() const { return recorder_.graph[id_].a; }
double VjpCall::b() const { return recorder_.graph[id_].b; }
Dims VjpCall::attribute() const { return recorder_.graph.list(recorder_.graph[id_].list); }
Dims VjpCall::shape() const { return recorder_.graph.shape(id_); }
Dims VjpCall::shape(std::size_t k) const { return recorder_.graph.shape(recorder_.graph.inputs(id_)[k]); }

void VjpCall::give(std::size_t k, Variable cotangent)
{
    if (!active_[k]) return;
    auto& sink = *static_cast<detail::Sink*>(sink_);
    const ValueId target = recorder_.graph.inputs(id_)[k];
    const ListId wanted = recorder_.graph[target].shape;
    if (recorder_.graph[cotangent.id()].shape != wanted)
        cotangent = recorder_.record(detail::sum_to_op, cotangent, 0, 0, wanted);
    ValueId& slot = (*sink.cotangents)[target - sink.low];
    if (slot == no_value) {
        slot = cotangent.id();
    } else {
        const ValueId sum = recorder_.record(detail::add_op, recorder_.handle(slot), cotangent).id();
        (*sink.cotangents)[target - sink.low] = sum;
    }
}

}  // namespace xgrad
