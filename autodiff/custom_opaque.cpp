// The vjp of an opaque op as a row of its own, with one output for each gradient that is asked for.
#include <algorithm>
#include <cstring>

#include "autodiff/custom_call.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace xgrad::detail {
namespace {

// Inputs are (cotangent, value, inputs of the op...). The list says whose gradients the outputs are.
void infer_opaque(InferCall& call)
{
    const Dims which = call.attribute();
    for (std::size_t k = 0; k < which.size(); ++k) {
        const auto input = static_cast<std::size_t>(which[k]) + 2;
        call.out[k] = {call.dtype(input), call.graph[call.in[input]].shape};
    }
}

// Adds up what was broadcast: `to`, of shape `shape`, gets the sums of `from`, of shape `full`.
template <class T>
void sum_back(const T* from, Dims full, T* to, Dims shape)
{
    const std::size_t rank = full.size();
    std::int64_t strides[most_axes] = {}, stride = 1;
    for (std::size_t axis = shape.size(); axis-- > 0; stride *= shape[axis])
        strides[rank - shape.size() + axis] = shape[axis] == 1 ? 0 : stride;
    std::vector<double> sums(static_cast<std::size_t>(stride), 0.0);
    std::int64_t index[most_axes] = {};
    for (std::int64_t i = 0, count = element_count(full), at = 0; i < count; ++i) {
        sums[static_cast<std::size_t>(at)] += static_cast<double>(from[i]);
        for (std::size_t axis = rank; axis-- > 0;) {
            at += strides[axis];
            if (++index[axis] < full[axis]) break;
            at -= strides[axis] * full[axis];
            index[axis] = 0;
        }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) to[i] = static_cast<T>(sums[i]);
}

// Where the gradients go that are asked for; one of the value's shape is summed back afterwards.
class Gradients final : public CustomResults {
  public:
    explicit Gradients(const KernelCall& call)
        : call_(call), which_(call.attribute()), broadcast_(which_.size())
    {}
    void* room(std::size_t k, DType dtype, Dims shape) override
    {
        last_ = std::max(last_, k + 1);
        const auto at = std::ranges::find(which_, static_cast<std::int64_t>(k));
        if (at == which_.end()) return nullptr;
        const auto output = static_cast<std::size_t>(at - which_.begin());
        ++given_;
        const Dims wanted = call_.shape(k + 2), value = call_.shape(1);
        if (std::ranges::equal(shape, wanted)) return call_.out[output];
        if (!std::ranges::equal(shape, value) || !broadcasts(wanted, shape))
            refuse<ShapeError>(where() + "its vjp returned for input " + std::to_string(k) +
                               " a gradient of shape " + to_string(shape) + ", expected " +
                               to_string(wanted) + " as the input");
        broadcast_[output] = Array(dtype, Shape(shape.begin(), shape.end()));
        return broadcast_[output]->mutable_data();
    }
    void finish()
    {
        if (const std::size_t inputs = call_.in.size() - 2; last_ > inputs || given_ != which_.size())
            throw GradientError(where() + "its vjp returned " + std::to_string(last_) +
                                " gradients, expected " + std::to_string(inputs) +
                                ", one for each input (no_gradient where there is none)");
        for (std::size_t k = 0; k < broadcast_.size(); ++k) {
            if (!broadcast_[k]) continue;
            const Dims shape = call_.shape(static_cast<std::size_t>(which_[k]) + 2);
            const Array& from = *broadcast_[k];
            if (from.dtype() == DType::float32)
                sum_back(static_cast<const float*>(from.data()), from.shape(),
                         static_cast<float*>(call_.out[k]), shape);
            else
                sum_back(static_cast<const double*>(from.data()), from.shape(),
                         static_cast<double*>(call_.out[k]), shape);
        }
    }
    std::string where() const
    {
        return about(call_.graph, *call_.node().op, call_.graph.inputs(call_.id), call_.node().scope);
    }

  private:
    const KernelCall& call_;
    Dims which_;
    std::vector<std::optional<Array>> broadcast_;
    std::size_t last_ = 0, given_ = 0;
};

void opaque_kernel(const KernelCall& call)
{
    std::vector<CustomOperand> operands;
    for (std::size_t k = 0; k < call.in.size(); ++k)
        operands.push_back({call.in[k], call.shape(k), call.dtype(k)});
    Gradients results(call);
    const std::size_t form = call.dtype(0) == DType::float32 ? form_of<float> : form_of<double>;
    try {
        definition_of(*call.node().op).code.opaque_vjp[form](operands, results);
    } catch (const Refusal& refusal) {
        refusal.rethrow();
    } catch (...) {
        rethrow_as(results.where() + "it failed: ");
    }
    results.finish();
}

void opaque_vjp(VjpCall& call)
{
    Recorder& recorder = call.recorder();
    const ValueId id = call.out().id();
    const Node& node = recorder.graph[id];
    const CustomDefinition& custom = definition_of(*node.op);
    const std::string path = recorder.graph.path(node.scope);
    throw GradientError(
        "grad: the gradient of " + custom.code.name + (path.empty() ? "" : " in " + path) +
        " is differentiated again, but its vjp is opaque code (once_differentiable): give it one in "
        "Variables (custom_op) for derivatives of any order");
}

// Emits the gradients that are asked for, up to four by a node.
void forward_vjp(VjpCall& call)
{
    Recorder& recorder = call.recorder();
    const CustomDefinition& custom = definition_of(*recorder.graph[call.out().id()].op);
    std::vector<Variable> in = {call.g, call.out()};
    std::vector<std::int64_t> which;
    for (std::size_t k = 0; k < call.count(); ++k) {
        in.push_back(call.in(k));
        const bool gives = custom.code.gives.empty() || custom.code.gives[k];
        if (gives && call.needs(k)) which.push_back(static_cast<std::int64_t>(k));
    }
    for (std::size_t first = 0; first < which.size(); first += most_outputs) {
        const std::size_t count = std::min(most_outputs, which.size() - first);
        const Dims list(which.data() + first, count);
        const Variable node =
            recorder.record(custom.opaque[count - 1], in, 0, 0, recorder.graph.intern(list));
        for (std::size_t k = 0; k < count; ++k)
            call.give(static_cast<std::size_t>(list[k]), k == 0 ? node : recorder.output(node, k));
    }
}

// "of 0, 2": whose gradients they are, where the op has several inputs.
std::string attributes_of_opaque(const Graph& graph, const Node& node)
{
    if (node.arity <= 3) return {};
    std::string text;
    for (const std::int64_t k : graph.list(node.list))
        text += (text.empty() ? "of " : ", ") + std::to_string(k);
    return text;
}

}  // namespace

void make_opaque_rows(CustomDefinition& custom)
{
    custom.vjp_name = custom.code.name + "_vjp";
    for (std::size_t k = 0; k < custom.opaque.size(); ++k) {
        CustomRow& row = custom.opaque[k];
        row.definition = &custom;
        row.name = custom.vjp_name;
        row.derived_from = custom.code.name;
        row.arity = -1;
        row.outputs = static_cast<int>(k + 1);
        row.infer = infer_opaque;
        row.kernel = opaque_kernel;
        row.vjp = opaque_vjp;
        row.attributes = attributes_of_opaque;
        row.owner = custom.forward.owner;
    }
    custom.forward.vjp = forward_vjp;
}

}  // namespace xgrad::detail
