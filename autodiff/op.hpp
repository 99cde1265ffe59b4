// What one row of the registry says about an op.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xgrad/autodiff/graph.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// How many outputs a row may have.
inline constexpr std::size_t most_outputs = 4;

/// Shape and element type of one output.
struct Inferred {
    DType dtype = DType::float64;
    ListId shape = 0;
};

/// An axis of an input, counted from the front.
struct InputAxis {
    std::size_t input, axis;
};

/// What shape inference sees: the op, its inputs and attributes. It fills `out`.
/// It throws ShapeError or DtypeError through fail_shape() and fail_dtype(), which name the op, the module and the
/// shapes met.
struct InferCall {
    Graph& graph;
    const Op& op;
    std::span<const ValueId> in;
    double a, b;
    ListId list;
    ScopeId scope;
    std::array<Inferred, most_outputs> out;

    Dims shape(std::size_t k) const { return graph.shape(in[k]); }
    DType dtype(std::size_t k) const { return graph.dtype(in[k]); }
    Dims attribute() const { return graph.list(list); }
    /// The element type that a real attribute stands for. @throws DtypeError if there is none
    DType type_named_by(double attribute) const;
    /// With several inputs, their shapes follow one under the other; marked are the axes that do not fit each other, with
    /// `words` or else with their lengths.
    [[noreturn]] void fail_shape(const std::string& expected, std::initializer_list<InputAxis> misfit = {},
                                 const std::string& words = {}) const;
    [[noreturn]] void fail_dtype(const std::string& expected) const;
};

/// What fail_dtype() says where operands must have one type.
inline constexpr const char* one_type =
    "operands of one type (cast() converts); an xt::xarray<T> or nn::read_csv<T> comes in as T";

/// Runs an op's shape inference (NumPy's broadcasting for elementwise rows). @throws ShapeError, DtypeError
void infer_node(InferCall& call);

/// What a kernel sees: memory of the outputs and inputs, and the node with its shapes. Memory is contiguous,
/// row-major, 64-byte aligned and padded.
struct KernelCall {
    const Graph& graph;
    ValueId id;
    std::span<void* const> out;
    std::span<const void* const> in;
    const Node* own = nullptr;  ///< stands for graph[id]: a replay draws from streams of its own

    const Node& node() const { return own ? *own : graph[id]; }
    Dims shape() const { return graph.shape(id); }
    Dims shape(std::size_t k) const { return graph.shape(graph.inputs(id)[k]); }
    DType dtype() const { return graph.dtype(id); }
    DType dtype(std::size_t k) const { return graph.dtype(graph.inputs(id)[k]); }
    Dims attribute() const { return graph.list(graph[id].list); }
};

/// What a row sees whose value's shape is known only once it has been computed (a custom op's): the inputs with their
/// values, and room(shape), which is called once and gives the memory for the value, or null where the shape is all
/// that is asked for.
struct MeasureCall {
    Graph& graph;
    const Op& op;
    std::span<const ValueId> in;
    std::span<const void* const> data;
    ScopeId scope;
    const std::function<void*(Dims shape)>& room;
};

/// What a vjp rule sees: the cotangent `g` of the node's value, the node's inputs and value as Variables, and give()
/// to hand a cotangent to an input. Rules are written in ops, so that they can be differentiated again.
/// The rule of a row with several outputs is called once, when any of them has a cotangent: it asks cotangent(k).
class VjpCall {
  public:
    VjpCall(detail::Recorder& recorder, ValueId id, Variable g, const std::uint8_t* active, void* sink)
        : g(g), recorder_(recorder), id_(id), active_(active), sink_(sink)
    {}
    const Variable g;
    Variable out() const;
    /// Output k of a node with several.
    Variable out(std::size_t k) const;
    /// The cotangent of output k; absent if nothing depends on it.
    std::optional<Variable> cotangent(std::size_t k) const;
    Variable in(std::size_t k) const;
    std::size_t count() const;
    /// True when a cotangent for input k is asked for.
    bool needs(std::size_t k) const;
    /// Adds to the cotangent of input k; a value that was broadcast is summed back to the input's shape.
    void give(std::size_t k, Variable cotangent);

    double a() const;
    double b() const;
    Dims attribute() const;
    Dims shape() const;
    Dims shape(std::size_t k) const;
    detail::Recorder& recorder() const { return recorder_; }

  private:
    detail::Recorder& recorder_;
    ValueId id_;
    const std::uint8_t* active_;
    void* sink_;
};

/// One step of an affine chain along the last axis, as collapse_linear() sees it:
/// y = (scale * x) * diag(factor) * weight + (bias_scale * bias + shift); absent parts are no_value.
struct AffineStep {
    ValueId weight = no_value;  ///< [n, m], multiplied from the right
    ValueId factor = no_value;  ///< multiplies elementwise; broadcasts along the last axis
    bool divide = false;        ///< factor divides instead
    ValueId bias = no_value;    ///< broadcasts along the last axis
    double scale = 1, bias_scale = 1, shift = 0;
};

/// A block of an elementwise kernel over n elements: out, up to three inputs, the node's a and b.
using BlockKernel = void (*)(void* out, const void* x, const void* y, const void* z, const double* attributes,
                             std::size_t n);

/// An elementwise op's kernels for one element type: every input full, or some of them one element for all.
/// Index: bit k set when input k is a single element. Forms that are not compiled are null.
using BlockKernels = std::array<BlockKernel, 4>;

/// How an operand of a row-wise kernel lies.
enum class RowForm : std::uint8_t {
    full,  ///< [rows, length]
    each,  ///< one element for each row
    fixed  ///< the same for all rows: a weight, or what is summed over all rows
};

/// What a row-wise kernel sees: some of the rows of arrays whose last axis is `length`. Pointers lead to the first of
/// these rows.
struct RowsCall {
    const Node& node;
    std::span<void* const> out;
    std::span<const void* const> in;
    std::int64_t rows, length;
    std::byte* state;  ///< zero before the first rows, then as the kernel left it
    bool last;         ///< these are the final rows: sums over all of them are to be written
};

/// The kernel of an op along the last axis that takes some rows at a time, so that a replay can run it together with
/// elementwise ops. The value, its first output, is of the full form; it may be the memory of a full input.
struct RowsKernel {
    void (*run)(const RowsCall&) = nullptr;
    std::vector<RowForm> in = {RowForm::full};   ///< further inputs are like the last one named
    std::vector<RowForm> out = {RowForm::full};  ///< likewise
    /// Is this node along its last axis? Null: always.
    bool (*fits)(const Graph&, ValueId) = nullptr;
    /// Bytes of state that rows pass on to the next ones. Null: none, and rows may run in any order.
    std::size_t (*state)(const Graph&, ValueId) = nullptr;

    RowForm input(std::size_t k) const { return in[std::min(k, in.size() - 1)]; }
    RowForm output(std::size_t k) const { return out[std::min(k, out.size() - 1)]; }
};

/// How many derivatives a function of one variable has that are continuous everywhere.
enum class Continuity : std::uint8_t { discontinuous, c0, c1, c2, smooth };

/// Which way a function of one variable goes; increasing and decreasing ones are constant nowhere.
enum class Monotonicity : std::uint8_t { neither, non_decreasing, increasing, non_increasing, decreasing };

/// "discontinuous", "C0", "C1", "C2", "smooth"; "neither", "non-decreasing", ...
std::string_view name_of(Continuity continuity);
std::string_view name_of(Monotonicity monotonicity);

/// Facts that passes ask for instead of keeping lists of op names.
struct Traits {
    bool elementwise = false;  ///< NumPy broadcasting, one output element from one element of each input
    bool stochastic = false;   ///< draws from the random stream
    bool leaf = false;         ///< has no inputs and no kernel of its own (input, parameter, constant)
    bool alias = false;        ///< the value is its input's memory; a kernel only checks it
    bool fixes_shape = false;  ///< the shape of the value stands in the attributes
    bool repeats = false;      ///< the value is its input, repeated by broadcasting
    bool filled = false;       ///< every element is the attribute a
    bool sums = false;         ///< the sum along the axes in the list
    bool averages = false;     ///< the mean along the axes in the list
    bool takes_over =
        false;               ///< the value may be the memory of the first input, which the kernel reads first
    bool update = false;     ///< an optimizer's step: may write its slots in place at a commit
    bool may_throw = false;  ///< the kernel refuses some values (labels out of range): updates wait for it
    std::uint8_t by_rows =
        0;  ///< bit k: row i of the value, along its first axis, reads row i of input k alone
    bool mixes_examples = false;  ///< by design an example's value depends on the others of its batch
    bool position_free = true;  ///< an element's bits do not depend on its position within a vector
    std::uint8_t linear = 0;    ///< bit k: affine in input k when the others are fixed
    /// Affine in all inputs of `linear` together (x + y is, x * y is not); of an op with any number of inputs, in all.
    bool jointly = false;
    /// Bit k: affine in input k within a piece (with `jointly`: in all these together); Op::switches says which piece.
    std::uint8_t piecewise = 0;
    bool commutes = false;  ///< two inputs that may change places, bit by bit
    bool moves = false;     ///< every element of the value is an element of an input
    /// Filled with this number, input k (0 or 1) leaves the other one as it is, bit by bit. NaN: no such number.
    std::array<double, 2> neutral = {std::numeric_limits<double>::quiet_NaN(),
                                     std::numeric_limits<double>::quiet_NaN()};
    std::string_view kink = {};  ///< the derivative chosen where there is none: "relu'(0) = 0"
    double low = -std::numeric_limits<double>::infinity();  ///< range of the value: its bounds, the
    double high = std::numeric_limits<double>::infinity();  ///< closest, whether they are reached or not
    /// Of a function of one real variable x that is defined for all x (of further inputs only as long as it holds for all
    /// their values, 0 and 1 apart). Absent: not declared. See Op::refine where these, or the range, depend on the attributes.
    std::optional<Continuity> continuity = {};
    std::optional<Monotonicity> monotonicity = {};
};

/// An input for the registry test: a shape and the interval that values are drawn from.
struct SampleInput {
    Shape shape;
    double low = -2, high = 2;
    std::optional<DType> dtype = {};  ///< absent: float32 and float64 in turn
};

/// One way to call an op, for the registry test.
struct Sample {
    std::vector<SampleInput> inputs;
    std::function<Variable(std::span<const Variable>)> call;
};

/// How a value of a backward pass, which is linear in the cotangents of the losses of single examples, depends on them.
enum class Share : std::uint8_t {
    whole,  ///< not at all
    rows,  ///< the first axis goes over the examples in order, equally many rows each, which depend on theirs alone
    summed,  ///< it is the sum of what the examples contribute; that is known for each of them
    unknown  ///< otherwise
};

/// What Op::examples sees: a node of which some input is not whole and none unknown; for summed inputs, the summands
/// [examples] + shape as Variables. It may emit nodes.
struct ExamplesCall {
    detail::Recorder& recorder;
    ValueId id;
    std::int64_t examples;
    std::span<const Share> shares;
    std::span<const Variable> summands;
    Variable result = {};  ///< set by the rule where it returns Share::summed

    Variable in(std::size_t k) const;
    Variable out() const;
    const Node& node() const;
    Dims attribute() const;
    /// Input k with its rows by example: [examples, rows] + the rest of its shape.
    Variable by_example(std::size_t k) const;
    Share summed(Variable summands)
    {
        result = summands;
        return Share::summed;
    }
};

/// What chooses the piece of a piecewise affine op, element by element: the sign of each value (0: on a kink), or which of
/// them is the largest (equal ones: on a kink).
struct Switches {
    std::vector<Variable> values;
    bool among = false;  ///< the largest of the values decides, not their signs
};

/// What an op is called in other libraries, as one writes it there ("np.tanh"); empty: nothing there does the same.
struct Elsewhere {
    std::string_view numpy = {}, torch = {}, jax = {};
};

/// One row of the registry: everything there is to say about an op.
struct Op {
    std::string_view name;
    std::string_view label = {};       ///< in pictures; the name if empty
    bool label_is_attributes = false;  ///< the attributes say it better than a fixed label ("0.5·x + 0.1")
    std::string_view formula = {};
    /// What the cotangent g becomes, input by input ("g (1 - y^2)"; y is the value). Empty: what follows from the ops that a
    /// composed row records.
    std::string_view gradient = {};
    Elsewhere elsewhere = {};
    /// Names of the fused derivatives of an elementwise row, where it has them ("tanh_vjp").
    std::array<std::string_view, 2> vjp_names = {};
    std::string_view derived_from = {};  ///< of a fused derivative: the op that it belongs to
    /// A function that records other ops and is itself never a node: a row of documentation and of samples, with which
    /// tests try it as they try any op.
    bool composed = false;
    bool internal = false;  ///< the library emits it; there is no function to call it by
    int arity = 1;                       ///< number of inputs; -1 for any
    int outputs = 1;
    /// What messages call the inputs, where x, y, z is not it ("x", "weight", "bias").
    std::array<std::string_view, 6> inputs = {};
    Traits traits = {};
    /// What more is true of it with attributes a and b: range, continuity and monotonicity, where they depend on them (the row
    /// itself declares what holds for all attributes). Null: nothing more. See traits_of().
    void (*refine)(Traits& traits, double a, double b) = nullptr;
    /// The attributes that the function takes unless it is told others, so that listings can show what `refine` says.
    std::optional<std::array<double, 2>> defaults = {};
    /// Shape inference. Elementwise rows leave it out.
    void (*infer)(InferCall&) = nullptr;
    /// The kernel of an elementwise row, by the type of its last input.
    std::array<BlockKernels, dtype_count> blocks = {};
    /// The type of an elementwise row's value by the type of its last input, where it differs (comparisons).
    std::optional<DType> result = {};
    /// The kernel of any other row.
    void (*kernel)(const KernelCall&) = nullptr;
    /// The same kernel by rows, if it can be had so.
    RowsKernel rows = {};
    /// The gradient: emits nodes. Null without an expansion: not differentiable.
    void (*vjp)(VjpCall&) = nullptr;
    /// The op written in simpler ones; its gradient is then derived from theirs.
    Variable (*expand)(std::span<const Variable> in, const Node& node) = nullptr;
    /// The same for a row with several outputs, in their order.
    std::vector<Variable> (*expand_all)(std::span<const Variable> in, const Node& node) = nullptr;
    /// The row that computes first input + this op of the further inputs, in one pass over them.
    const Op& (*plus)() = nullptr;
    /// What becomes of the examples of a batch in a value of a backward pass (see per_example_grad()). Null: what follows
    /// from elementwise, sums, averages, RowsKernel and Traits::by_rows.
    Share (*examples)(ExamplesCall&) = nullptr;
    /// Which of (inputs..., value) the gradient reads: bit k for input k, bit 7 for the value.
    std::uint8_t saves = 0xff;
    /// The op as a step of an affine chain through input `which`, if it is one.
    std::optional<AffineStep> (*affine)(const Graph&, ValueId, std::size_t which) = nullptr;
    /// Emits what chooses the piece of a piecewise affine op (see Traits::piecewise); null: nothing chooses, what is not
    /// affine is an input of whole numbers or masks.
    Switches (*switches)(std::span<const Variable> in, const Node& node) = nullptr;
    /// Floating point operations of a node; null: one an element of the value.
    double (*flops)(const Graph&, ValueId) = nullptr;
    /// Attributes in dumps and pictures; null: none.
    std::string (*attributes)(const Graph&, const Node&) = nullptr;
    std::vector<Sample> samples = {};
    /// Of a row that graphs own (a custom op's): what keeps it alive. Null for rows of the registry, which stay.
    std::shared_ptr<const void> (*owner)(const Op&) = nullptr;
    /// Computes the value of a row that infers its shape from that; `infer` then finds the shape in the list.
    void (*measure)(MeasureCall&) = nullptr;
};

/// Every op of the library, sorted by name. Fixed at start-up.
std::span<const Op* const> registry();

/// The op of that name, or null.
const Op* find_op(std::string_view name);

/// The traits of the op with these attributes: those of its row, refined.
Traits traits_of(const Op& op, double a, double b);

/// What messages call input k: what the row says, or "x", "y", "z"; "input 3" (counted from 0) of more.
std::string input_name(const Op& op, std::size_t k, std::size_t count);

/// Label of a node in pictures: the row's label, or the attributes where they say more ("0.5·x + 0.1").
std::string label_of(const Graph& graph, ValueId id);

/// Floating point operations of a node (a multiply-add is two).
double flops_of(const Graph& graph, ValueId id);

}  // namespace xgrad
