// Gradients of single examples by one pass over a batch's backward pass: the losses' cotangents are rows, and each op
// says what becomes of them (Op::examples).
#include "xgrad/autodiff/per_example.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "autodiff/ops/examples.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad {

using detail::Recorder;

namespace {

// What is known of the nodes of a backward pass.
class ExamplesPass {
  public:
    ExamplesPass(Recorder& recorder, ValueId seed, std::int64_t examples)
        : recorder_(recorder), seed_(seed), examples_(examples)
    {
        known_[seed] = {Share::rows, {}};
    }

    struct Known {
        Share share = Share::whole;
        Variable summands = {};
        ValueId culprit = no_value;  // of an unknown share: the first node that cannot be told
    };

    // Follows the nodes from `first` to `end` that `results` need.
    void follow(ValueId first, ValueId end, std::span<const ValueId> results)
    {
        std::vector<std::uint8_t> needed(end - first, 0);
        const auto need = [&](ValueId id) {
            if (id >= first && id < end) needed[id - first] = 1;
        };
        for (const ValueId id : results) need(id);
        for (ValueId id = end; id-- > first;)
            if (needed[id - first])
                for (const ValueId in : recorder_.graph.inputs(id)) need(in);
        for (ValueId id = first; id < end; ++id)
            if (needed[id - first] && id != seed_) known_[id] = find(id);
    }
    Known of(ValueId id) const
    {
        const auto at = known_.find(id);
        return at == known_.end() ? Known{} : at->second;
    }

  private:
    Known find(ValueId id)
    {
        const Op& op = *recorder_.graph[id].op;
        if (&op == &detail::output_op) return further(id);
        std::vector<Share> shares;
        std::vector<Variable> summands;
        bool any = false;
        const std::vector<ValueId> inputs(recorder_.graph.inputs(id).begin(),
                                          recorder_.graph.inputs(id).end());
        for (const ValueId in : inputs) {
            const Known known = of(in);
            if (known.share == Share::unknown) return known;
            any = any || known.share != Share::whole;
            shares.push_back(known.share);
            summands.push_back(known.summands);
        }
        if (!any) return {};
        ExamplesCall call{recorder_, id, examples_, shares, summands};
        const Share share = (op.examples != nullptr ? op.examples : detail::examples_of_traits)(call);
        if (share == Share::unknown) return expanded(id, 0);
        return {share, call.result};
    }

    // A further output of a node: its rows, or what it is summed over all of them.
    Known further(ValueId id)
    {
        const ValueId node = recorder_.graph[id].in[0];
        const std::size_t k = id - node;
        const Known known = find(node);
        const RowsKernel& rows = recorder_.graph[node].op->rows;
        if (known.share == Share::rows && rows.run != nullptr && rows.output(k) != RowForm::fixed)
            return known;
        return known.share == Share::whole ? known : expanded(node, k);
    }

    // Of an op that says nothing: of the simpler ones that it can be written in.
    Known expanded(ValueId id, std::size_t output)
    {
        const Node node = recorder_.graph[id];
        const Known unknown{Share::unknown, {}, id};
        if (!node.op->expand && !node.op->expand_all) return unknown;
        auto at = expansions_.find(id);
        if (at == expansions_.end()) {
            std::vector<Variable> in;
            for (const ValueId input : recorder_.graph.inputs(id)) in.push_back(recorder_.handle(input));
            const auto first = static_cast<ValueId>(recorder_.graph.size());
            const std::vector<Variable> out = node.op->expand
                                                  ? std::vector<Variable>{node.op->expand(in, node)}
                                                  : node.op->expand_all(in, node);
            std::vector<ValueId> ids;
            for (const Variable& value : out) ids.push_back(value.id());
            follow(first, static_cast<ValueId>(recorder_.graph.size()), ids);
            at = expansions_.emplace(id, std::move(ids)).first;
        }
        if (output >= at->second.size()) return unknown;
        const Known known = of(at->second[output]);
        return known.share == Share::unknown ? unknown : known;
    }

    Recorder& recorder_;
    ValueId seed_;
    std::int64_t examples_;
    std::unordered_map<ValueId, Known> known_;
    std::unordered_map<ValueId, std::vector<ValueId>> expansions_;
};

}  // namespace

void detail::refuse_mixed_examples(Recorder& recorder, Variable y)
{
    std::vector<std::uint8_t> needed(y.id() + 1, 0);
    needed[y.id()] = 1;
    for (ValueId id = y.id() + 1; id-- > 0;) {
        if (!needed[id]) continue;
        const Node& node = recorder.graph[id];
        if (node.op == &output_op) needed[node.in[0]] = 1;
        for (const ValueId in : recorder.graph.inputs(id)) needed[in] = 1;
        if (!node.op->traits.mixes_examples) continue;
        const std::string path = recorder.graph.path(node.scope);
        throw GradientError(
            "per_example_grad: %" + std::to_string(id) + " " + std::string(node.op->name) + " " +
            to_string(recorder.graph.shape(id)) + (path.empty() ? "" : " in " + path) +
            " lets an example's value depend on the others of its batch, so that no example has a "
            "gradient of its own. Record for evaluation (TapeOptions{.training = false}), where "
            "running statistics are taken, or normalise each example by itself (group_norm, "
            "layer_norm); jacobian(losses, x) has the derivatives of each loss all the same");
    }
}

namespace {

Shape with_examples(std::int64_t n, Dims shape)
{
    Shape result = {n};
    result.insert(result.end(), shape.begin(), shape.end());
    return result;
}

// By one backward pass: the gradient of each example, nothing where that cannot be told; then why.
struct Batched {
    std::vector<std::optional<Variable>> gradients;
    std::string why;
};
Batched batched(Recorder& recorder, Variable losses, std::span<const Variable> x)
{
    const Recorder::Lazily lazily(recorder);
    const std::int64_t n = losses.size();
    const Variable seed = detach(ones_like(losses));  // rules fold cotangents that are plain constants
    std::vector<ValueId> wrt;
    for (const Variable& target : x) wrt.push_back(target.id());
    const ValueId output[] = {losses.id()}, cotangent[] = {seed.id()};
    const std::vector<ValueId> found = recorder.reverse(output, cotangent, wrt);
    if (n == 1) {  // the gradient itself, with an axis in front
        Batched result;
        for (std::size_t k = 0; k < found.size(); ++k) {
            const Variable g = found[k] == no_value ? zeros_like(x[k]) : recorder.handle(found[k]);
            result.gradients.emplace_back(reshape(g, with_examples(1, x[k].shape())));
        }
        return result;
    }
    ExamplesPass pass(recorder, seed.id(), n);
    std::vector<ValueId> results;
    for (const ValueId id : found)
        if (id != no_value) results.push_back(id);
    pass.follow(seed.id() + 1, static_cast<ValueId>(recorder.graph.size()), results);
    Batched result;
    for (std::size_t k = 0; k < found.size(); ++k) {
        const ExamplesPass::Known known = found[k] == no_value ? ExamplesPass::Known{} : pass.of(found[k]);
        if (found[k] == no_value) {
            result.gradients.emplace_back(full(x[k], with_examples(n, x[k].shape()), 0));
        } else if (known.share == Share::summed) {
            result.gradients.emplace_back(known.summands);
        } else {
            result.gradients.emplace_back();
            if (!result.why.empty()) continue;
            const ValueId at = known.culprit == no_value ? found[k] : known.culprit;
            const std::string path = recorder.graph.path(recorder.graph[at].scope);
            result.why = "%" + std::to_string(at) + " " + std::string(recorder.graph[at].op->name) + " " +
                         to_string(recorder.graph.shape(at)) + (path.empty() ? "" : " in " + path) +
                         (known.culprit == no_value ? " is not a sum over the examples"
                                                    : " does not tell the examples apart");
        }
    }
    return result;
}

std::vector<Variable> emitted(Variable losses, std::span<const Variable> x, PerExample how, bool to_the_end)
{
    Recorder& recorder = Recorder::of(losses);
    std::vector<Variable> result;
    if (how != PerExample::single && losses.size() > 0) {
        const std::size_t before = recorder.graph.size();
        try {
            Batched found = batched(recorder, losses, x);
            if (how == PerExample::batch && !found.why.empty())
                throw GradientError("per_example_grad: not by one backward pass over the batch: " +
                                    found.why + "; PerExample::single takes one example at a time");
            if (!found.why.empty() && !to_the_end) {
                recorder.truncate(before);
                return {};
            }
            std::vector<ValueId> ids;
            for (std::size_t k = 0; k < x.size(); ++k)
                if (found.gradients[k]) ids.push_back(found.gradients[k]->id());
            if (!recorder.is_lazy()) recorder.compute(ids);
            for (std::size_t k = 0; k < x.size(); ++k)
                result.push_back(found.gradients[k] ? *found.gradients[k]
                                                    : jacobian(losses, x[k], Mode::reverse));
            return result;
        } catch (...) {
            recorder.truncate(before);
            throw;
        }
    }
    const Gradients rows = jacobian(losses, std::vector<Target>(x.begin(), x.end()), Mode::reverse);
    for (std::size_t k = 0; k < rows.size(); ++k) result.push_back(rows.gradient(k));
    return result;
}

void check_losses(Variable losses)
{
    if (!is_floating(losses.dtype()))
        throw DtypeError("per_example_grad: the losses are " + std::string(name_of(losses.dtype())) +
                         "; gradients exist for float32 and float64");
    if (losses.shape().size() != 1)
        throw ShapeError(
            "per_example_grad: the losses have shape " + to_string(losses.shape()) +
            ", expected one loss for each example, [n] (Reduction::none, and a mean over the other axes)");
}

std::vector<Variable> variables_of(Recorder& recorder, std::span<const Target> wrt)
{
    std::vector<Variable> x;
    for (const Target& target : wrt) {
        if (!target.is_parameter()) recorder.check(target.variable(), "per_example_grad");
        x.push_back(target.is_parameter() ? recorder.parameter(target.parameter()) : target.variable());
        if (!is_floating(x.back().dtype()))
            throw DtypeError("per_example_grad: %" + std::to_string(x.back().id()) + " is " +
                             std::string(name_of(x.back().dtype())) +
                             "; gradients exist for float32 and float64");
    }
    return x;
}

}  // namespace

Gradients per_example_grad(Variable losses, std::vector<Target> wrt, PerExample how)
{
    Recorder& recorder = Recorder::of(losses);
    recorder.check_parameters();
    check_losses(losses);
    detail::refuse_mixed_examples(recorder, losses);
    const std::vector<Variable> x = variables_of(recorder, wrt);
    std::vector<Variable> found = emitted(losses, x, how, true);
    return Gradients(std::move(wrt), std::move(found));
}
Variable per_example_grad(Variable losses, const Target& x, PerExample how)
{
    return per_example_grad(losses, std::vector<Target>{x}, how).gradient(0);
}
Gradients per_example_grad(Variable losses, std::initializer_list<Target> wrt, PerExample how)
{
    return per_example_grad(losses, std::vector<Target>(wrt), how);
}
Gradients per_example_grad(Variable losses, std::span<const Parameter> wrt, PerExample how)
{
    return per_example_grad(losses, std::vector<Target>(wrt.begin(), wrt.end()), how);
}

namespace detail {

std::optional<std::vector<Variable>> per_example_of_batch(Variable losses, std::span<const Variable> x,
                                                          PerExample how)
{
    std::vector<Variable> found = emitted(losses, x, how, false);
    if (found.empty() && !x.empty()) return std::nullopt;
    return found;
}

}  // namespace detail
}  // namespace xgrad
