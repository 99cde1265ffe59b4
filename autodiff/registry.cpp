// The registry: every row, shape inference for elementwise rows, and facts about nodes.
#include <algorithm>
#include <cassert>
#include <deque>
#include <vector>

#include "autodiff/shape_text.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad {
namespace {

// A deque, so that a row stays where it is; a function, so that it exists before the first row of any file.
std::deque<Op>& rows()
{
    static std::deque<Op> all;
    return all;
}

std::string call_text(const InferCall& call)
{
    std::string shapes;
    for (std::size_t k = 0; k < call.in.size(); ++k)
        shapes += (k ? ", " : "") + to_string(call.shape(k)) + " " + std::string(name_of(call.dtype(k)));
    const std::string path = call.graph.path(call.scope);
    return std::string(call.op.name) + (path.empty() ? "" : " in " + path) +
           (shapes.empty() ? std::string(": ") : ": got " + shapes + ", ") + "expected ";
}

// "float32 or float64": what an elementwise op takes.
std::string types_of(const Op& op)
{
    std::string types;
    for (std::size_t t = 0; t < dtype_count; ++t)
        if (op.blocks[t][0])
            types += (types.empty() ? "" : " or ") + std::string(name_of(static_cast<DType>(t)));
    return types;
}

[[noreturn]] void fail_mixed(const InferCall& call)
{
    const auto takes =
        std::ranges::count_if(call.op.blocks, [](const auto& blocks) { return blocks[0] != nullptr; });
    call.fail_dtype(takes == 1 ? types_of(call.op) : one_type);
}

// Axis `axis` of `rank` has length b in input k, and a in one before.
[[noreturn]] void fail_broadcast(const InferCall& call, std::size_t axis, std::size_t rank, std::size_t k,
                                 std::int64_t a, std::int64_t b)
{
    const auto in = [&](std::size_t input) { return axis - (rank - call.shape(input).size()); };
    std::size_t other = 0;
    while (rank - axis > call.shape(other).size() || call.shape(other)[in(other)] != a) ++other;
    const std::string name =
        "axis " + std::to_string(static_cast<std::int64_t>(axis) - static_cast<std::int64_t>(rank));
    const std::string x = std::to_string(a), y = std::to_string(b);
    call.fail_shape("shapes that broadcast (" + name + " has lengths " + x + " and " + y + ")",
                    {{other, in(other)}, {k, in(k)}}, name + ": " + x + " against " + y);
}

void infer_elementwise(InferCall& call)
{
    const Op& op = call.op;
    const std::size_t arity = call.in.size();
    const DType dtype = call.dtype(arity - 1);
    if (op.infer) {
        op.infer(call);  // checks element types in its own way
    } else {
        for (std::size_t k = 0; k < arity; ++k)
            if (call.dtype(k) != dtype) fail_mixed(call);
    }
    if (op.blocks[static_cast<std::size_t>(dtype)][0] == nullptr) call.fail_dtype(types_of(op));
    ListId shape = call.graph[call.in[0]].shape;
    for (std::size_t k = 1; k < arity; ++k) {
        const ListId other = call.graph[call.in[k]].shape;
        if (other == shape) continue;
        const Dims x = call.graph.list(shape), y = call.graph.list(other);
        const std::size_t rank = std::max(x.size(), y.size());
        std::int64_t joined[most_axes];
        for (std::size_t axis = 0; axis < rank; ++axis) {
            const std::int64_t a = axis < rank - x.size() ? 1 : x[axis - (rank - x.size())];
            const std::int64_t b = axis < rank - y.size() ? 1 : y[axis - (rank - y.size())];
            if (a != b && a != 1 && b != 1) fail_broadcast(call, axis, rank, k, a, b);
            joined[axis] = a == 1 ? b : a;
        }
        shape = call.graph.intern({joined, rank});
    }
    call.out[0] = {op.result.value_or(dtype), shape};
}

}  // namespace

namespace detail {
const Op& row(Op op)
{
    assert(op.outputs >= 1 && static_cast<std::size_t>(op.outputs) <= most_outputs);
    rows().push_back(std::move(op));
    return rows().back();
}

bool composed(std::initializer_list<Op> functions)
{
    for (Op function : functions) {
        function.composed = true;
        row(std::move(function));
    }
    return true;
}
}  // namespace detail

void infer_node(InferCall& call)
{
    if (call.op.traits.elementwise)
        infer_elementwise(call);
    else
        call.op.infer(call);
    for (int k = 0; k < call.op.outputs; ++k) {
        const Dims shape = call.graph.list(call.out[static_cast<std::size_t>(k)].shape);
        if (shape.size() > most_axes || is_too_large(shape))
            call.fail_shape("a result of at most 32 axes and 2^48 elements, not " + to_string(shape));
    }
}

DType InferCall::type_named_by(double attribute) const
{
    if (!(attribute >= 0 && attribute < dtype_count) || attribute != static_cast<int>(attribute))
        fail_dtype("an attribute that names an element type");
    return static_cast<DType>(static_cast<int>(attribute));
}

void InferCall::fail_shape(const std::string& expected, std::initializer_list<InputAxis> misfit,
                           const std::string& words) const
{
    constexpr std::size_t most = 8;  // of more inputs only those that do not fit are shown
    std::vector<std::string> names(in.size());
    std::vector<detail::ShapeRow> rows;
    for (std::size_t k = 0; k < in.size(); ++k) {
        names[k] = input_name(op, k, in.size());
        detail::ShapeRow row{names[k], shape(k)};
        for (const InputAxis& place : misfit)
            if (place.input == k) row.axis = static_cast<int>(place.axis);
        if (in.size() <= most || row.axis != detail::no_axis) rows.push_back(row);
    }
    throw ShapeError(call_text(*this) + expected +
                     (rows.size() < 2 ? "" : detail::aligned_shapes(rows, words)));
}
void InferCall::fail_dtype(const std::string& expected) const
{
    throw DtypeError(call_text(*this) + expected);
}

std::span<const Op* const> registry()
{
    static const std::vector<const Op*> sorted = [] {
        // Naming each family keeps its file in a program that is linked statically.
        using namespace detail;
        for (auto family : {leaf_rows,
                            arithmetic_rows,
                            math_rows,
                            trigonometry_rows,
                            special_rows,
                            rectifier_rows,
                            smooth_activation_rows,
                            scan_rows,
                            statistics_rows,
                            index_rows,
                            reorder_rows,
                            rearrange_rows,
                            matrix_rows,
                            product_rows,
                            creation_rows,
                            picking_rows,
                            cumulative_rows,
                            reduction_rows,
                            gate_rows,
                            replace_rows,
                            division_rows,
                            split_rows,
                            einsum_rows,
                            loss_rows,
                            regression_loss_rows,
                            margin_loss_rows,
                            label_loss_rows,
                            cross_entropy_family,
                            compare_rows,
                            reduce_rows,
                            shape_rows,
                            slice_rows,
                            linalg_rows,
                            solve_rows,
                            determinant_rows,
                            factorise_rows,
                            spectral_rows,
                            softmax_rows,
                            lstm_rows,
                            random_rows,
                            update_rows,
                            require_rows,
                            layer_norm_rows,
                            batch_norm_rows,
                            normalization_rows,
                            recurrent_rows,
                            activation_rows,
                            embedding_rows,
                            attention_rows,
                            conv_rows,
                            conv_transpose_rows,
                            avg_pool_rows,
                            max_pool_rows,
                            adaptive_pool_rows,
                            resampling_rows,
                            unfold_rows,
                            flatten_rows,
                            transform_rows})
            family();
        std::vector<const Op*> all;
        for (const Op& op : rows()) all.push_back(&op);
        std::ranges::sort(all, {}, [](const Op* op) { return op->name; });
        return all;
    }();
    return sorted;
}

const Op* find_op(std::string_view name)
{
    const auto all = registry();
    const auto it = std::ranges::lower_bound(all, name, {}, [](const Op* op) { return op->name; });
    return it != all.end() && (*it)->name == name ? *it : nullptr;
}

std::string_view name_of(Continuity continuity)
{
    constexpr std::string_view names[] = {"discontinuous", "C0", "C1", "C2", "smooth"};
    return names[static_cast<std::size_t>(continuity)];
}

std::string_view name_of(Monotonicity monotonicity)
{
    constexpr std::string_view names[] = {"neither", "non-decreasing", "increasing", "non-increasing",
                                          "decreasing"};
    return names[static_cast<std::size_t>(monotonicity)];
}

Traits traits_of(const Op& op, double a, double b)
{
    Traits traits = op.traits;
    if (op.refine) op.refine(traits, a, b);
    return traits;
}

std::string input_name(const Op& op, std::size_t k, std::size_t count)
{
    if (k < op.inputs.size() && !op.inputs[k].empty()) return std::string(op.inputs[k]);
    constexpr const char* usual[] = {"x", "y", "z"};
    return count <= std::size(usual) ? usual[k] : "input " + std::to_string(k);
}

std::string label_of(const Graph& graph, ValueId id)
{
    const Node& node = graph[id];
    if (node.op->label_is_attributes) return node.op->attributes(graph, node);
    return std::string(node.op->label.empty() ? node.op->name : node.op->label);
}

double flops_of(const Graph& graph, ValueId id)
{
    const Op& op = *graph[id].op;
    if (op.flops) return op.flops(graph, id);
    return op.traits.leaf || op.traits.alias ? 0 : static_cast<double>(graph.count(id));
}

}  // namespace xgrad
