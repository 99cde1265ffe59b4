// The functions of variables: names and conventions are NumPy's, kinks and ties follow PyTorch.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "xgrad/autodiff/activations.hpp"
#include "xgrad/autodiff/cumulative.hpp"
#include "xgrad/autodiff/indexing.hpp"
#include "xgrad/autodiff/losses.hpp"
#include "xgrad/autodiff/math.hpp"
#include "xgrad/autodiff/rearrange.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- operands

/// A Variable, seen through references and const.
template <class T>
concept variable_like = std::same_as<std::remove_cvref_t<T>, Variable>;

/// What may stand beside a Variable: a C++ number (takes the array's type), a Parameter, an Array or any xtensor
/// expression (recorded as a constant; its element type must be the Variable's).
template <class T>
concept operand = variable_like<T> || std::is_arithmetic_v<std::remove_cvref_t<T>> ||
    std::same_as<std::remove_cvref_t<T>, Parameter> || std::same_as<std::remove_cvref_t<T>, Array> ||
    xt::is_xexpression<std::remove_cvref_t<T>>::value;

template <class A, class B>
concept operands = operand<A> && operand<B> &&(variable_like<A> || variable_like<B>);

namespace detail {
/// The other operand as a Variable on the tape of `like`.
inline Variable lift(Variable, Variable x) { return x; }
Variable lift(Variable like, const Parameter& parameter);
Variable lift(Variable like, const Array& array);
Variable lift_number(Variable like, double number);
[[noreturn]] void refuse_number(const std::string& number);
/// A C++ number as ops take it. @throws ValueError for an integer that a double does not hold, beside int64.
template <class T>
    requires std::is_arithmetic_v<T>
double number_of(Variable like, T number)
{
    if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
        constexpr T most = T{1} << 53;
        if ((number > most || number < T{0} - (std::is_signed_v<T> ? most : T{0})) &&
            like.dtype() == DType::int64)
            refuse_number(std::to_string(number));
    }
    return static_cast<double>(number);
}
template <class T>
    requires std::is_arithmetic_v<T> Variable lift(Variable like, T number)
    {
        return lift_number(like, number_of(like, number));
    }
template <class E>
    requires xt::is_xexpression<E>::value Variable lift(Variable like, const E& expression)
    {
        return lift(like, Array(expression));
    }

using Binary = Variable (*)(Variable, Variable);
template <class A, class B>
Variable apply(Binary f, const A& a, const B& b)
{
    if constexpr (std::same_as<A, Variable>)
        return f(a, lift(a, b));
    else
        return f(lift(b, a), b);
}

Variable add(Variable x, Variable y);
Variable sub(Variable x, Variable y);
Variable mul(Variable x, Variable y);
Variable div(Variable x, Variable y);
Variable pow(Variable x, Variable y);
Variable maximum(Variable x, Variable y);
Variable minimum(Variable x, Variable y);
Variable equal(Variable x, Variable y);
Variable not_equal(Variable x, Variable y);
Variable less(Variable x, Variable y);
Variable less_equal(Variable x, Variable y);
Variable greater(Variable x, Variable y);
Variable greater_equal(Variable x, Variable y);
Variable logical_and(Variable x, Variable y);
Variable logical_or(Variable x, Variable y);
Variable matmul(Variable x, Variable y);
Variable where(Variable condition, Variable x, Variable y);
Variable atan2(Variable y, Variable x);
Variable hypot(Variable x, Variable y);
Variable fmod(Variable x, Variable y);
Variable logaddexp(Variable x, Variable y);
Variable prelu(Variable x, Variable weight);
}  // namespace detail

/// a * x + b with two numbers, as one node.
Variable affine(Variable x, double a, double b);

// Both parameters are forwarding references so that these win over xtensor's own unconstrained operators.
/// x + y, elementwise with NumPy's broadcasting. d/dx = 1.
template <class A, class B>
    requires operands<A, B> Variable add(A&& a, B&& b)
    {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<B>>)
            return affine(a, 1, detail::number_of(a, b));
        else if constexpr (std::is_arithmetic_v<std::remove_cvref_t<A>>)
            return affine(b, 1, detail::number_of(b, a));
        else
            return detail::apply(detail::add, a, b);
    }
/// x - y, elementwise.
template <class A, class B>
    requires operands<A, B> Variable sub(A&& a, B&& b)
    {
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<B>>)
            return affine(a, 1, -detail::number_of(a, b));
        else if constexpr (std::is_arithmetic_v<std::remove_cvref_t<A>>)
            return affine(b, -1, detail::number_of(b, a));
        else
            return detail::apply(detail::sub, a, b);
    }
/// x * y, elementwise. d/dx = y.
template <class A, class B>
    requires operands<A, B> Variable mul(A&& a, B&& b)
    {
        // b = -0.0: the sum then keeps the sign of a zero product.
        if constexpr (std::is_arithmetic_v<std::remove_cvref_t<B>>)
            return affine(a, detail::number_of(a, b), -0.0);
        else if constexpr (std::is_arithmetic_v<std::remove_cvref_t<A>>)
            return affine(b, detail::number_of(b, a), -0.0);
        else
            return detail::apply(detail::mul, a, b);
    }
/// x / y, elementwise. d/dx = 1 / y, d/dy = -x / y^2.
template <class A, class B>
    requires operands<A, B> Variable div(A&& a, B&& b) { return detail::apply(detail::div, a, b); }
/// x to the power y, elementwise. d/dx = y x^(y-1), 0 for y = 0; d/dy = x^y ln x, 0 for x = 0 and y >= 0.
template <class A, class B>
    requires operands<A, B> Variable pow(A&& a, B&& b) { return detail::apply(detail::pow, a, b); }
/// The larger one, elementwise; NaN if either is NaN. Equal arguments share the gradient evenly.
template <class A, class B>
    requires operands<A, B> Variable maximum(A&& a, B&& b) { return detail::apply(detail::maximum, a, b); }
/// The smaller one, elementwise; NaN if either is NaN. Equal arguments share the gradient evenly.
template <class A, class B>
    requires operands<A, B> Variable minimum(A&& a, B&& b) { return detail::apply(detail::minimum, a, b); }

/// The angle of the point (x, y) with the x axis, in [-pi, pi]: atan2(y, x). NaN gradient at the origin.
template <class A, class B>
    requires operands<A, B> Variable atan2(A&& y, B&& x) { return detail::apply(detail::atan2, y, x); }
/// sqrt(x^2 + y^2) without overflow. NaN gradient at the origin, as in PyTorch.
template <class A, class B>
    requires operands<A, B> Variable hypot(A&& a, B&& b) { return detail::apply(detail::hypot, a, b); }
/// The rest of x / y with the sign of x (NumPy's and C's fmod; Python's % has the sign of y). d/dy = -trunc(x / y).
template <class A, class B>
    requires operands<A, B> Variable fmod(A&& a, B&& b) { return detail::apply(detail::fmod, a, b); }
/// ln(e^x + e^y) without overflow. d/dx = sigmoid(x - y).
template <class A, class B>
    requires operands<A, B> Variable logaddexp(A&& a, B&& b)
    {
        return detail::apply(detail::logaddexp, a, b);
    }

// Comparisons, elementwise; the value is a mask (bool) and carries no gradient. NaN is unequal to everything.
template <class A, class B>
    requires operands<A, B> Variable equal(A&& a, B&& b) { return detail::apply(detail::equal, a, b); }
template <class A, class B>
    requires operands<A, B> Variable not_equal(A&& a, B&& b)
    {
        return detail::apply(detail::not_equal, a, b);
    }
template <class A, class B>
    requires operands<A, B> Variable less(A&& a, B&& b) { return detail::apply(detail::less, a, b); }
template <class A, class B>
    requires operands<A, B> Variable less_equal(A&& a, B&& b)
    {
        return detail::apply(detail::less_equal, a, b);
    }
template <class A, class B>
    requires operands<A, B> Variable greater(A&& a, B&& b) { return detail::apply(detail::greater, a, b); }
template <class A, class B>
    requires operands<A, B> Variable greater_equal(A&& a, B&& b)
    {
        return detail::apply(detail::greater_equal, a, b);
    }
/// Both masks, either mask. @throws DtypeError unless both are bool.
template <class A, class B>
    requires operands<A, B> Variable logical_and(A&& a, B&& b)
    {
        return detail::apply(detail::logical_and, a, b);
    }
template <class A, class B>
    requires operands<A, B> Variable logical_or(A&& a, B&& b)
    {
        return detail::apply(detail::logical_or, a, b);
    }
/// The opposite mask. @throws DtypeError unless it is bool.
Variable logical_not(Variable x);

/// x where the mask is true, y elsewhere, with broadcasting. The gradient goes to the side that was chosen.
/// @throws DtypeError unless `condition` is bool and x and y have one type.
template <class A, class B>
    requires operands<A, B> Variable where(Variable condition, A&& x, B&& y)
    {
        if constexpr (variable_like<A>)
            return detail::where(condition, x, detail::lift(x, y));
        else
            return detail::where(condition, detail::lift(y, x), y);
    }
/// One number where the mask is true, another elsewhere: float32 for two floats, int64 for two integers, else float64.
template <class A, class B>
    requires(std::is_arithmetic_v<A>&& std::is_arithmetic_v<B>)
Variable where(Variable condition, A x, B y)
{
    using T = std::conditional_t<
        std::is_same_v<std::common_type_t<A, B>, float>, float,
        std::conditional_t<std::is_integral_v<std::common_type_t<A, B>>, std::int64_t, double>>;
    Tape tape = condition.tape();
    return detail::where(condition, tape.constant(Array::scalar(static_cast<T>(x))),
                         tape.constant(Array::scalar(static_cast<T>(y))));
}

// ---------------------------------------------------------------- elementwise functions of one variable

Variable neg(Variable x);       ///< -x
Variable exp(Variable x);       ///< e^x
Variable log(Variable x);       ///< natural logarithm; d/dx = 1 / x
Variable log1p(Variable x);     ///< ln(1 + x), exact near 0
Variable expm1(Variable x);     ///< e^x - 1, exact near 0
Variable sqrt(Variable x);      ///< square root; d/dx = 1 / (2 sqrt x)
Variable square(Variable x);    ///< x^2
Variable abs(Variable x);       ///< |x|; abs'(0) = 0
Variable sign(Variable x);      ///< -1, 0 or 1; derivative 0
Variable sin(Variable x);       ///< sine, x in radians; d/dx = cos x
Variable cos(Variable x);       ///< cosine, x in radians; d/dx = -sin x
Variable tanh(Variable x);      ///< hyperbolic tangent; d/dx = 1 - tanh(x)^2
Variable sigmoid(Variable x);   ///< 1 / (1 + e^-x); d/dx = s (1 - s)
Variable softplus(Variable x);  ///< ln(1 + e^x); d/dx = sigmoid(x)
Variable relu(Variable x);      ///< max(x, 0); relu'(0) = 0
Variable erf(Variable x);       ///< 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x
/// How gelu() is computed: by erf, or by tanh (PyTorch's `approximate`).
enum class Approximate { none, tanh };
/// x Phi(x) = x (1 + erf(x / sqrt 2)) / 2, or x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 (Hendrycks &
/// Gimpel 2016).
Variable gelu(Variable x, Approximate approximate = Approximate::none);
/// x limited to [low, high]; the gradient passes at the bounds. @throws ValueError if low > high.
Variable clamp(Variable x, double low, double high);
/// The values in another element type. The gradient is cast back; to int64 or bool there is none.
Variable cast(Variable x, DType dtype);
/// The same value, cut off from what it was computed from: its gradient is zero.
Variable detach(Variable x);

// ---------------------------------------------------------------- making arrays

/// An array of one value on the tape of `like`, in its element type.
Variable full(Variable like, const Shape& shape, double value);
Variable zeros_like(Variable x);
Variable ones_like(Variable x);
/// 0, 1, ..., n - 1 on the tape of `like`.
Variable arange(Variable like, std::int64_t n, DType dtype = DType::int64);
/// The n x n identity on the tape of `like`, in its element type.
Variable eye(Variable like, std::int64_t n);

// ---------------------------------------------------------------- products

/// Matrix product of the last two axes, as numpy.matmul: 1-D operands are vectors, leading axes are broadcast.
/// @throws ShapeError if the inner lengths differ; DtypeError unless both are float32 or both float64.
template <class A, class B>
    requires operands<A, B> Variable matmul(A&& a, B&& b) { return detail::apply(detail::matmul, a, b); }
/// x W + b with W [in, out] and b [out]; recorded as matmul and +.
Variable linear(Variable x, const Parameter& weight, const Parameter& bias);
Variable linear(Variable x, const Parameter& weight);

// ---------------------------------------------------------------- reductions
// Axes count from the end when negative. Without axes: over all elements.

Variable sum(Variable x);
Variable sum(Variable x, const Axes& axes, bool keepdims = false);
Variable mean(Variable x);
Variable mean(Variable x, const Axes& axes, bool keepdims = false);
/// The largest element; equal ones share the gradient. @throws ShapeError if there is none.
Variable max(Variable x);
Variable min(Variable x);
/// Along one axis; the first of equal elements gets the gradient.
Variable max(Variable x, std::int64_t axis, bool keepdims = false);
Variable min(Variable x, std::int64_t axis, bool keepdims = false);
/// Over several axes; equal elements share the gradient.
Variable amax(Variable x, const Axes& axes, bool keepdims = false);
Variable amin(Variable x, const Axes& axes, bool keepdims = false);
/// Over one axis, given as a number. (Templates, so that {0} and {} stay Axes.)
template <detail::axis I>
Variable sum(Variable x, I axis, bool keepdims = false)
{
    return sum(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
template <detail::axis I>
Variable mean(Variable x, I axis, bool keepdims = false)
{
    return mean(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
template <detail::axis I>
Variable amax(Variable x, I axis, bool keepdims = false)
{
    return amax(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
template <detail::axis I>
Variable amin(Variable x, I axis, bool keepdims = false)
{
    return amin(x, Axes{static_cast<std::int64_t>(axis)}, keepdims);
}
/// Where the largest element is (int64), the first of equal ones; without an axis its place in the flattened array.
Variable argmax(Variable x);
Variable argmax(Variable x, std::int64_t axis);
/// Place of the first smallest element.
Variable argmin(Variable x);
Variable argmin(Variable x, std::int64_t axis);

// ---------------------------------------------------------------- softmax family, along one axis

Variable softmax(Variable x, std::int64_t axis = -1);      ///< e^x / sum e^x
Variable log_softmax(Variable x, std::int64_t axis = -1);  ///< x - ln sum e^x
Variable logsumexp(Variable x);                            ///< ln sum e^x over all elements
Variable logsumexp(Variable x, std::int64_t axis, bool keepdims = false);

// ---------------------------------------------------------------- normalisation, embedding, attention

namespace detail {
Variable layer_norm_of(std::span<const Variable> in, double epsilon);
Variable embedding(Variable indices, Variable weight);
template <class T>
concept array_operand = operand<T> && !std::is_arithmetic_v<std::remove_cvref_t<T>>;
}  // namespace detail
/// (x - m) / sqrt(v + epsilon) over the last axis, with its mean m and its variance v (divided by the length), as in
/// PyTorch; then times weight [n] plus bias [n], where they are given.
/// @throws ShapeError, DtypeError if they do not fit; ValueError for a negative epsilon.
Variable layer_norm(Variable x, double epsilon = 1e-5);
template <detail::array_operand W>
Variable layer_norm(Variable x, const W& weight, double epsilon = 1e-5)
{
    const Variable in[] = {x, detail::lift(x, weight)};
    return detail::layer_norm_of(in, epsilon);
}
template <detail::array_operand W, detail::array_operand B>
Variable layer_norm(Variable x, const W& weight, const B& bias, double epsilon = 1e-5)
{
    const Variable in[] = {x, detail::lift(x, weight), detail::lift(x, bias)};
    return detail::layer_norm_of(in, epsilon);
}

/// weight[indices]: for indices int64 [...] and a weight [rows, width] an array [..., width].
/// @throws ValueError for an index outside 0 .. rows - 1; ShapeError, DtypeError.
template <detail::array_operand W>
Variable embedding(Variable indices, const W& weight)
{
    return detail::embedding(indices, detail::lift(indices, weight));
}

/// What scaled_dot_product_attention() may be given.
struct AttentionOptions {
    std::optional<Variable> mask = {};  ///< bool (true: may be seen) or added to the scores; broadcasts
    bool causal = false;                ///< step i sees the steps 0 .. i
    double dropout = 0;                 ///< of the weights, while training
    std::optional<double> scale = {};   ///< absent: 1 / sqrt(width)
};
/// softmax(scale q k.T + mask) v for q [..., steps, width], k [..., others, width], v [..., others, any], as
/// PyTorch's. @throws ShapeError, DtypeError if they do not fit.
Variable scaled_dot_product_attention(Variable q, Variable k, Variable v,
                                      const AttentionOptions& options = {});
/// Attention of all heads over x = [q, k, v], packed as a fused projection makes them: x [..., steps, 3 d], where head
/// h has the columns h d/heads .. of q, k and v; the result is [..., steps, d], the heads side by side.
/// @throws ShapeError, DtypeError if x does not fit.
Variable self_attention(Variable x, std::int64_t heads, bool causal = false);

// ---------------------------------------------------------------- shapes

/// The same elements in another shape; one length may be -1 (what is left).
Variable reshape(Variable x, const Shape& shape);
/// The axes first ... last as one, whatever their lengths: [N, C, H, W] to [N, C H W]. @throws ShapeError
Variable flatten(Variable x, std::int64_t first = 1, std::int64_t last = -1);
/// The axes in reverse order.
Variable transpose(Variable x);
/// Two axes exchanged.
Variable transpose(Variable x, std::int64_t axis1, std::int64_t axis2);
/// Axis k of the result is axis order[k] of x.
Variable permute(Variable x, const Axes& order);
/// Repeats x to a larger shape, as numpy.broadcast_to.
Variable broadcast_to(Variable x, const Shape& shape);
/// Sums x over what broadcast_to(y, x.shape) would have repeated: the gradient of broadcast_to.
Variable sum_to(Variable x, const Shape& shape);

/// One axis of a slice, as Python's start:stop:step. Absent ends are the array's.
struct Slice {
    std::optional<std::int64_t> start = {}, stop = {};
    std::int64_t step = 1;
};
/// One Slice an axis, from the first on; missing ones take everything. @throws ShapeError, ValueError (step 0).
Variable slice(Variable x, const std::vector<Slice>& slices);
/// Joins arrays along an axis. @throws ShapeError unless their other lengths agree.
Variable concat(std::span<const Variable> parts, std::int64_t axis = 0);
inline Variable concat(std::initializer_list<Variable> parts, std::int64_t axis = 0)
{
    return concat(std::span(parts.begin(), parts.size()), axis);
}
/// Cuts an axis into equal parts (numpy.split). @throws ShapeError unless they are equal.
std::vector<Variable> split(Variable x, std::int64_t sections, std::int64_t axis = 0);
/// Cuts an axis at these places (numpy.split with a list): x[: i], x[i : j], ..., x[last :].
std::vector<Variable> split(Variable x, const std::vector<std::int64_t>& places, std::int64_t axis = 0);
/// Joins arrays of one shape along a new axis. @throws ShapeError
Variable stack(std::span<const Variable> parts, std::int64_t axis = 0);
inline Variable stack(std::initializer_list<Variable> parts, std::int64_t axis = 0)
{
    return stack(std::span(parts.begin(), parts.size()), axis);
}

// ---------------------------------------------------------------- recurrence

/// What lstm() returns: h and c after every step, [steps, batch, hidden].
struct LstmStates {
    Variable hidden, cells;
};
/// A long short-term memory over the sequences x [steps, batch, inputs], from the states h0 and c0 [batch, hidden]:
/// with (i, f, g, o) = x_t w_ih + h w_hh + bias, c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c').
/// w_ih [inputs, 4 hidden], w_hh [hidden, 4 hidden] and bias [4 hidden] hold the gates side by side in PyTorch's order;
/// all in one type, float32 or float64. @throws ShapeError (also for 0 steps), DtypeError
LstmStates lstm(Variable x, Variable w_ih, Variable w_hh, Variable bias, Variable h0, Variable c0);
/// From states of 0.
LstmStates lstm(Variable x, Variable w_ih, Variable w_hh, Variable bias);

// ---------------------------------------------------------------- images: convolution and pooling, as in PyTorch

/// Two numbers, for rows and for columns; a single one stands for both.
struct Pair2d {
    std::int64_t h, w;
    constexpr Pair2d(std::int64_t both) : h(both), w(both) {}
    constexpr Pair2d(std::int64_t h, std::int64_t w) : h(h), w(w) {}
};

struct Conv2dOptions {
    Pair2d stride = 1;        ///< steps of the kernel
    Pair2d padding = 0;       ///< zeros around the image, on each side
    Pair2d dilation = 1;      ///< distance of neighbouring taps
    std::int64_t groups = 1;  ///< channels in so many parts, each with its own part of the outputs
};
/// y(n, o, r, q) = b(o) + sum over c, i, j of w(o, c, i, j) x(n, c, r stride + i dilation - padding, q ...), for
/// x [N, C, H, W], weight [O, C / groups, kh, kw], bias [O] and y [N, O, (H + 2 padding - dilation (kh - 1) - 1) / stride
/// + 1, ...], rounded down. float32 or float64.
/// @throws ShapeError if they do not fit or the kernel is larger than the padded image; DtypeError unless of one type;
/// ValueError for an option that is out of range.
Variable conv2d(Variable x, Variable weight, const Conv2dOptions& options = {});
Variable conv2d(Variable x, Variable weight, Variable bias, const Conv2dOptions& options = {});
Variable conv2d(Variable x, const Parameter& weight, const Conv2dOptions& options = {});
Variable conv2d(Variable x, const Parameter& weight, const Parameter& bias,
                const Conv2dOptions& options = {});

struct AvgPool2dOptions {
    Pair2d kernel;
    std::optional<Pair2d> stride = {};  ///< the kernel unless given
    Pair2d padding = 0;                 ///< at most half the kernel
    bool count_include_pad = true;      ///< the padding counts in the mean, as zeros
};
/// The mean of each window of x [N, C, H, W]: [N, C, (H + 2 padding - kernel) / stride + 1, ...], rounded down.
/// @throws ShapeError, DtypeError, ValueError as conv2d.
Variable avg_pool2d(Variable x, const AvgPool2dOptions& options);
inline Variable avg_pool2d(Variable x, std::int64_t kernel) { return avg_pool2d(x, {.kernel = kernel}); }

struct MaxPool2dOptions {
    Pair2d kernel;
    std::optional<Pair2d> stride = {};  ///< the kernel unless given
    Pair2d padding = 0;                 ///< at most half the kernel; never the largest
    Pair2d dilation = 1;
};
/// The largest element of each window of x [N, C, H, W], NaN if one is NaN. The first of equal ones gets the gradient.
/// @throws ShapeError, DtypeError, ValueError as conv2d.
Variable max_pool2d(Variable x, const MaxPool2dOptions& options);
inline Variable max_pool2d(Variable x, std::int64_t kernel) { return max_pool2d(x, {.kernel = kernel}); }

// ---------------------------------------------------------------- random numbers
// On the tape of `like`, in its element type, from the tape's generator. A value depends on seed, stream and element
// alone, so that the backward pass and a recomputation see the numbers that were drawn.

Variable random_uniform(Variable like, const Shape& shape, double low = 0, double high = 1);
Variable random_normal(Variable like, const Shape& shape, double mean = 0, double deviation = 1);
/// While training: each element is 0 with probability p, else scaled by 1 / (1 - p). Else x itself.
/// @throws ValueError unless 0 <= p < 1.
Variable dropout(Variable x, double p);

// ---------------------------------------------------------------- operators

template <class A, class B>
requires operands<A, B> Variable operator+(A&& a, B&& b) { return add(a, b); }
template <class A, class B>
requires operands<A, B> Variable operator-(A&& a, B&& b) { return sub(a, b); }
template <class A, class B>
requires operands<A, B> Variable operator*(A&& a, B&& b) { return mul(a, b); }
template <class A, class B>
requires operands<A, B> Variable operator/(A&& a, B&& b) { return div(a, b); }
template <class A, class B>
requires operands<A, B> Variable operator<(A&& a, B&& b) { return less(a, b); }
template <class A, class B>
requires operands<A, B> Variable operator<=(A&& a, B&& b) { return less_equal(a, b); }
template <class A, class B>
requires operands<A, B> Variable operator>(A&& a, B&& b) { return greater(a, b); }
template <class A, class B>
requires operands<A, B> Variable operator>=(A&& a, B&& b) { return greater_equal(a, b); }
template <variable_like V>
Variable operator-(V&& x)
{
    return neg(x);
}
template <variable_like V>
Variable operator+(V&& x)
{
    return x;
}

// x += y names the sum x from now on; the old value stays in the graph.
template <operand B>
Variable& operator+=(Variable& x, B&& y)
{
    return x = x + y;
}
template <operand B>
Variable& operator-=(Variable& x, B&& y)
{
    return x = x - y;
}
template <operand B>
Variable& operator*=(Variable& x, B&& y)
{
    return x = x * y;
}
template <operand B>
Variable& operator/=(Variable& x, B&& y)
{
    return x = x / y;
}

// Misuse gets a sentence instead of a page of template errors.
namespace detail {
template <class...>
inline constexpr bool never = false;
template <class T>
concept array_like = xt::is_xexpression<std::remove_cvref_t<T>>::value;
template <class A, class V>
void refuse_in_place()
{
    static_assert(never<A, V>,
                  "xgrad: an array cannot take up a Variable in place: write variable = array + "
                  "variable, or use variable.value<T>()");
}
}  // namespace detail
template <class A, class B>
    requires operands<A, B>
bool operator==(A&&, B&&)
{
    static_assert(detail::never<A, B>, "xgrad: == does not compare Variables: use equal(a, b) for a mask");
    return false;
}
template <class A, class B>
    requires operands<A, B>
bool operator!=(A&&, B&&)
{
    static_assert(detail::never<A, B>,
                  "xgrad: != does not compare Variables: use not_equal(a, b) for a mask");
    return false;
}
template <detail::array_like A, variable_like V>
A& operator+=(A& array, V&&)
{
    detail::refuse_in_place<A, V>();
    return array;
}
template <detail::array_like A, variable_like V>
A& operator-=(A& array, V&&)
{
    detail::refuse_in_place<A, V>();
    return array;
}
template <detail::array_like A, variable_like V>
A& operator*=(A& array, V&&)
{
    detail::refuse_in_place<A, V>();
    return array;
}
template <detail::array_like A, variable_like V>
A& operator/=(A& array, V&&)
{
    detail::refuse_in_place<A, V>();
    return array;
}

}  // namespace xgrad
