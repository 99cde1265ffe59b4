// The functions of variables: names and conventions are NumPy's, kinks and ties follow PyTorch.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "xgrad/autodiff/activations.hpp"
#include "xgrad/autodiff/arithmetic.hpp"
#include "xgrad/autodiff/convolution.hpp"
#include "xgrad/autodiff/creation.hpp"
#include "xgrad/autodiff/cumulative.hpp"
#include "xgrad/autodiff/indexing.hpp"
#include "xgrad/autodiff/losses.hpp"
#include "xgrad/autodiff/math.hpp"
#include "xgrad/autodiff/operators.hpp"
#include "xgrad/autodiff/pooling.hpp"
#include "xgrad/autodiff/rearrange.hpp"
#include "xgrad/autodiff/reductions.hpp"
#include "xgrad/autodiff/resampling.hpp"
#include "xgrad/autodiff/shapes.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- products

/// Matrix product of the last two axes, as numpy.matmul: 1-D operands are vectors, leading axes are broadcast.
/// @throws ShapeError if the inner lengths differ; DtypeError unless both are float32 or both float64.
template <class A, class B>
    requires operands<A, B> Variable matmul(A&& a, B&& b) { return detail::apply(detail::matmul, a, b); }
namespace detail {
Variable linear(Variable x, Variable weight);
Variable linear(Variable x, Variable weight, Variable bias);
}  // namespace detail
/// x W + b with W [in, out] and b [out] (torch's F.linear has W [out, in]); recorded as matmul and +. Weights are
/// Parameters, Variables or arrays. @throws ShapeError, DtypeError if they do not fit.
template <operand W>
    requires(!std::is_arithmetic_v<W>)
Variable linear(Variable x, const W& weight) { return detail::linear(x, detail::lift(x, weight)); }
template <operand W, operand B>
    requires(!std::is_arithmetic_v<W> && !std::is_arithmetic_v<B>)
Variable linear(Variable x, const W& weight, const B& bias)
{
    const Variable w = detail::lift(x, weight);
    return detail::linear(x, w, detail::lift(x, bias));
}

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

}  // namespace xgrad

#include "xgrad/autodiff/linear_algebra.hpp"
#include "xgrad/autodiff/normalization.hpp"
#include "xgrad/autodiff/recurrent.hpp"
