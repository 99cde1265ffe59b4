// Affine or not: one loop over the nodes, by traits.
#include "autodiff/passes/affine_facts.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "autodiff/passes/affine_chain.hpp"
#include "autodiff/passes/graph_copy.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

extern "C" void dgesdd_(const char* job, const int* m, const int* n, double* a, const int* lda, double* s,
                        double* u, const int* ldu, double* vt, const int* ldvt, double* work,
                        const int* lwork, int* iwork, int* info);

namespace xgrad::detail {
namespace {

std::vector<std::uint8_t> needed_by_first_output(const Graph& graph)
{
    if (graph.outputs().empty()) throw GraphError("affine_map: the graph has no output");
    std::vector<std::uint8_t> needed(graph.size(), 0);
    needed[graph.outputs()[0]] = 1;
    for (ValueId id = static_cast<ValueId>(graph.size()); id-- > 0;) {
        if (!needed[id]) continue;
        for (const ValueId in : graph.inputs(id)) needed[in] = 1;
    }
    return needed;
}

AffineBarrier barrier_at(const Question& question, ValueId id, const std::string& why)
{
    const Graph& graph = question.graph;
    return {question.asked[id], std::string(graph[id].op->name), graph.path(graph[id].scope),
            words_for(question, id) + why};
}

std::string reason(const Op& op, bool piecewise)
{
    const Traits& traits = op.traits;
    const std::string not_affine = piecewise ? " is not piecewise affine" : " is not affine";
    if (op.name == "detach") return not_affine + ": " + std::string(op.formula);
    if (!piecewise && !traits.kink.empty()) return not_affine + ": " + std::string(traits.kink);
    if (std::isfinite(traits.low) && std::isfinite(traits.high))
        return not_affine + ": its values stay within " + number_text(traits.low) + " and " +
               number_text(traits.high);
    if (std::isfinite(traits.low) && !(piecewise && traits.piecewise))
        return not_affine + ": its values are never under " + number_text(traits.low);
    return not_affine + (op.formula.empty() ? "" : ": " + std::string(op.formula));
}

}  // namespace

std::string words_for(const Question& question, ValueId id)
{
    const Graph& graph = question.graph;
    const std::string path = graph.path(graph[id].scope), name(graph.name(id));
    const std::string where = !path.empty()   ? path
                              : !name.empty() ? "'" + name + "'"
                                              : "%" + std::to_string(question.asked[id]);
    return std::string(graph[id].op->name) + " (" + where + ")";
}

AffineFacts affine_facts(const Question& question, bool piecewise)
{
    const Graph& graph = question.graph;
    const ValueId x = question.x;
    enum : std::uint8_t { fixed, locally_constant, affine };
    const std::vector<std::uint8_t> needed = needed_by_first_output(graph);
    std::vector<std::uint8_t> state(graph.size(), fixed);
    AffineFacts facts;
    facts.varies.assign(graph.size(), 0);
    state[x] = affine;
    facts.varies[x] = needed[x];
    for (ValueId id = 0; id < graph.size(); ++id) {
        if (!needed[id] || id == x) continue;
        const Node& node = graph[id];
        const Op& op = *node.op;
        if (op.traits.stochastic) {
            facts.barrier = barrier_at(question, id, " is stochastic: it is drawn anew at each run");
            return facts;
        }
        const auto inputs = graph.inputs(id);
        std::size_t count = 0;
        bool by_pieces = false, fits = true, each = true;
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            state[id] = std::max(state[id], std::min<std::uint8_t>(state[inputs[k]], locally_constant));
            facts.varies[id] |= facts.varies[inputs[k]];
            if (state[inputs[k]] != affine) continue;
            ++count;
            const bool any_number = op.arity < 0 && op.traits.jointly;
            const bool linear =
                is_floating(node.dtype) && (any_number || (k < 8 && (op.traits.linear >> k & 1)));
            const bool pieces = piecewise && k < 8 && (op.traits.piecewise >> k & 1);
            by_pieces = by_pieces || (pieces && !linear);
            each = each && (linear || pieces);
        }
        if (count == 0) continue;  // whatever it is: a function of what does not change has none
        fits = each && (count == 1 || op.traits.jointly);
        if (!fits) {
            const bool together = each && count > 1;
            facts.barrier =
                barrier_at(question, id,
                           together ? std::string(piecewise ? " is not piecewise affine" : " is not affine") +
                                          ": several of its inputs depend on x, and it is affine in each of "
                                          "them by itself only"
                                    : reason(op, piecewise));
            return facts;
        }
        // A mask or a whole number stays the same within a piece.
        state[id] = is_floating(node.dtype) ? affine : locally_constant;
        if (by_pieces) facts.pieces.push_back(id);
    }
    const ValueId y = graph.outputs()[0];
    if (!is_floating(graph.dtype(y)) || !is_floating(graph.dtype(x)))
        throw DtypeError("affine_map: from " + std::string(name_of(graph.dtype(x))) + " to " +
                         std::string(name_of(graph.dtype(y))) + "; x and y must be float32 or float64");
    return facts;
}

Question question_of(const Graph& given, ValueId x, std::span<const Array> others, const char* who)
{
    Graph graph = given;
    const std::vector<std::uint8_t> needed = needed_by_first_output(graph);
    graph.set_outputs({graph.outputs()[0]});
    const std::vector<ValueId> inputs = graph.input_ids();
    const std::size_t rest = inputs.size() - (std::ranges::find(inputs, x) != inputs.end());
    if (!others.empty() && others.size() != rest)
        throw ValueError(std::string(who) + ": " + counted(others.size(), "value") +
                         " for the other inputs, of which "
                         "there are " +
                         std::to_string(rest));
    GraphCopy copy(graph);
    Question question;
    std::size_t next = 0;
    for (ValueId id = 0; id < graph.size(); ++id) {
        const Op& op = *graph[id].op;
        if (id == x) {
            question.x = copy.copy_as_input(id);
        } else if (op.traits.alias && op.kernel != nullptr) {  // a check
            copy.place[id] = copy.place[graph.inputs(id)[0]];
            continue;
        } else if (&op == &input_op) {
            const std::string name = describe(graph, id);
            const bool there = !others.empty();
            if (there && (others[next].dtype() != graph.dtype(id) ||
                          !std::ranges::equal(others[next].shape(), graph.shape(id))))
                throw ShapeError(std::string(who) + ": " + name + " is " + to_string(graph.shape(id)) + " " +
                                 std::string(name_of(graph.dtype(id))) + ", its value is " +
                                 to_string(others[next].shape()) + " " +
                                 std::string(name_of(others[next].dtype())));
            if (there)
                copy.place[id] = copy.emit_constant(others[next++], std::string(graph.name(id)), 0);
            else if (needed[id])
                throw ValueError(std::string(who) + ": the output depends on " + name +
                                 " too: its value is needed (argument `others`)");
            else
                continue;
        } else if (needed[id] || &op == &output_op) {
            bool complete = true;
            for (const ValueId in : graph.inputs(id)) complete = complete && copy.place[in] != no_value;
            if (!complete) continue;
            copy.copy(id);
        } else {
            bool row = op.outputs > 1;  // one of its further outputs may be needed
            for (const ValueId in : graph.inputs(id)) row = row && copy.place[in] != no_value;
            if (!row) continue;
            copy.copy(id);
        }
        question.asked.resize(copy.graph.size(), no_value);
        question.asked[copy.place[id]] = id;
    }
    copy.graph.set_outputs({copy.place[graph.outputs()[0]]});
    question.graph = std::move(copy.graph);
    return question;
}

std::vector<Variable> record_all(const Graph& graph, Variable x)
{
    Graph all = graph;
    std::vector<ValueId> ids(graph.size());
    for (ValueId id = 0; id < graph.size(); ++id) ids[id] = id;
    all.set_outputs(std::move(ids));
    return all(std::span<const Variable>(&x, 1));
}

Array jacobian_of(Variable y, Variable x)
{
    const std::int64_t n = x.size(), m = y.size();
    if (static_cast<double>(n) * static_cast<double>(m) > 1e8)
        throw GraphError("affine_map: W would be " + std::to_string(n) + " x " + std::to_string(m) +
                         ", more than 10^8 numbers");
    Array result(DType::float64, {n, m});
    auto* const out = static_cast<double*>(result.mutable_data());
    Tape tape = x.tape();
    const bool by_output = m <= 2 * n;  // a jvp is a vjp of a vjp
    const Variable from = by_output ? y : x;
    for (std::int64_t k = 0; k < (by_output ? m : n); ++k) {
        const Tape::Mark mark = tape.mark();
        Array one(from.dtype(), Shape(from.shape().begin(), from.shape().end()));
        std::memset(one.mutable_data(), 0, static_cast<std::size_t>(from.size()) * size_of(from.dtype()));
        if (from.dtype() == DType::float32)
            static_cast<float*>(one.mutable_data())[k] = 1;
        else
            static_cast<double*>(one.mutable_data())[k] = 1;
        const Variable unit = tape.constant(one);
        const Array row = (by_output ? vjp(y, x, unit) : jvp(y, x, unit)).array().cast(DType::float64);
        const auto* const data = static_cast<const double*>(row.data());
        for (std::int64_t i = 0; i < row.size(); ++i) (by_output ? out[i * m + k] : out[k * m + i]) = data[i];
        tape.rewind(mark);
    }
    return result;
}

std::vector<double> numbers_of(const Array& array)
{
    const Array wide = array.cast(DType::float64);
    const auto* const data = static_cast<const double*>(wide.data());
    return {data, data + wide.size()};
}
Array array_of(const std::vector<double>& values, Shape shape, DType dtype)
{
    Array wide(DType::float64, std::move(shape));
    std::ranges::copy(values, static_cast<double*>(wide.mutable_data()));
    return dtype == DType::float64 ? wide : wide.cast(dtype);
}

std::vector<double> singular_values(const Array& matrix)
{
    const Array copy = matrix.cast(DType::float64);
    const auto* const data = static_cast<const double*>(copy.data());
    std::vector<double> a(data, data + copy.size());
    const int m = static_cast<int>(matrix.shape()[1]), n = static_cast<int>(matrix.shape()[0]);
    std::vector<double> s(static_cast<std::size_t>(std::min(m, n)));
    if (s.empty()) return s;
    if (!std::ranges::all_of(a, [](double x) { return std::isfinite(x); }))
        return std::vector<double>(s.size(), std::numeric_limits<double>::quiet_NaN());
    std::vector<int> whole(8 * s.size());
    int info = 0, size = -1;
    const int one = 1;
    double best = 0, none = 0;
    dgesdd_("N", &m, &n, a.data(), &m, s.data(), &none, &one, &none, &one, &best, &size, whole.data(), &info);
    size = static_cast<int>(best);
    std::vector<double> work(static_cast<std::size_t>(std::max(size, 1)));
    dgesdd_("N", &m, &n, a.data(), &m, s.data(), &none, &one, &none, &one, work.data(), &size, whole.data(),
            &info);
    if (info != 0) throw GraphError("affine_map: the singular values of W did not converge");
    return s;
}

std::int64_t rank_of(const std::vector<double>& values, const Array& matrix)
{
    if (values.empty()) return 0;
    const double eps = matrix.dtype() == DType::float32 ? 1.1920929e-7 : 2.220446049250313e-16;
    const double least =
        values[0] * eps * static_cast<double>(std::max(matrix.shape()[0], matrix.shape()[1]));
    return std::ranges::count_if(values, [&](double s) { return s > least; });
}

}  // namespace xgrad::detail
