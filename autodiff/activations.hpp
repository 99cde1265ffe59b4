// Activation functions, elementwise but for glu and maxout. Names, defaults and derivatives at kinks are PyTorch's where
// PyTorch has the function. sigmoid, tanh, softplus, relu and gelu are in math.hpp, softmax
// is in reductions.hpp. Included by ops.hpp.
#pragma once

#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

// ---------------------------------------------------------------- piecewise linear

/// x for x > 0, else slope x; the derivative at 0 is `slope`.
Variable leaky_relu(Variable x, double slope = 0.01);
/// x for x > 0, else weight x. The weight has one element, or one for each channel: axis 1 of x [N, C, ...], axis 0 of
/// x [C]. d/dweight = x for x <= 0. @throws ShapeError for another weight.
Variable prelu(Variable x, Variable weight);
Variable prelu(Variable x, const Parameter& weight);
/// min(max(x, 0), 6); the derivative is 0 at 0 and 6.
Variable relu6(Variable x);
/// x limited to [low, high]; the derivative is 0 at both bounds (clamp's is 1). @throws ValueError unless low < high.
Variable hardtanh(Variable x, double low = -1, double high = 1);
/// x limited to [0, 1]: hardtanh(x, 0, 1).
Variable ramp(Variable x);
/// relu6(x + 3) / 6; the derivative is 0 at -3 and 3.
Variable hardsigmoid(Variable x);
/// x relu6(x + 3) / 6; the derivative is x / 3 + 1/2 from -3 to 3, both included.
Variable hardswish(Variable x);
/// x where |x| > bound, else 0; the derivative is 0 at the bounds.
Variable hardshrink(Variable x, double bound = 0.5);
/// x - bound above bound, x + bound below -bound, else 0; the derivative is 0 at the bounds.
/// @throws ValueError if bound < 0.
Variable softshrink(Variable x, double bound = 0.5);
/// x where x > bound, else `value`; the derivative at the bound is 0.
Variable threshold(Variable x, double bound, double value);
/// 1 for x > 0, 0 for x < 0, `at_zero` at 0: the step. The derivative is 0 everywhere: nothing below it learns.
Variable heaviside(Variable x, double at_zero = 1);

// ---------------------------------------------------------------- smooth for x > 0 and x < 0

/// x for x > 0, else alpha (e^x - 1); the derivative at 0 is alpha. Clevert et al. 2016.
Variable elu(Variable x, double alpha = 1);
/// x for x > 0, else alpha (e^(x / alpha) - 1); differentiable. Barron 2017. @throws ValueError if alpha is 0.
Variable celu(Variable x, double alpha = 1);
/// 1.0507 elu(x, 1.67326): keeps mean 0 and variance 1. Klambauer et al. 2017.
Variable selu(Variable x);
/// x for x >= 0, else x / sqrt(1 + alpha x^2). Carlile et al. 2017. @throws ValueError unless alpha > 0.
Variable isrlu(Variable x, double alpha = 1);
/// x sigmoid(x) for x >= 0, else (e^x - 1) sigmoid(x). Basirat & Roth 2018.
Variable elish(Variable x);

// ---------------------------------------------------------------- smooth

/// x sigmoid(x), also called swish. d/dx = s + x s (1 - s), s = sigmoid(x).
Variable silu(Variable x);
/// x tanh(softplus(x)). Misra 2019.
Variable mish(Variable x);
/// ln sigmoid(x) = -softplus(-x); does not overflow. d/dx = sigmoid(-x).
Variable logsigmoid(Variable x);
/// x / (1 + |x|); d/dx = 1 / (1 + |x|)^2.
Variable softsign(Variable x);
/// x - tanh(x); d/dx = tanh(x)^2.
Variable tanhshrink(Variable x);
/// x / sqrt(1 + alpha x^2), inverse square root unit. Carlile et al. 2017. @throws ValueError unless alpha > 0.
Variable isru(Variable x, double alpha = 1);
/// Square nonlinearity: x - x |x| / 4 for |x| <= 2, else the sign of x. Wuraola & Patel 2018. d/dx = max(1 - |x| / 2, 0).
Variable sqnl(Variable x);
/// Cosine squasher of Gallant & White 1988: (1 + sin x) / 2 for |x| <= pi/2, 0 below, 1 above.
Variable cosine_squasher(Variable x);
/// (sqrt(x^2 + 1) - 1) / 2 + x; d/dx = x / (2 sqrt(x^2 + 1)) + 1.
Variable bent_identity(Variable x);
/// e^(-x^2); d/dx = -2 x e^(-x^2).
Variable gaussian(Variable x);
/// sin(x) / x, 1 at 0; the unnormalised one (np.sinc and torch.sinc take pi x).
Variable sinc(Variable x);

// ---------------------------------------------------------------- over several inputs

/// a sigmoid(b) for the two halves a, b of x along an axis: gated linear unit.
/// @throws ShapeError if there is no such axis or its length is odd.
Variable glu(Variable x, std::int64_t axis = -1);
/// The largest of each `pieces` neighbours along an axis, whose length becomes n / pieces; the first of equal ones gets the
/// gradient. Goodfellow et al. 2013. @throws ShapeError unless the length is a multiple; ValueError if pieces < 1.
Variable maxout(Variable x, std::int64_t pieces, std::int64_t axis = -1);

}  // namespace xgrad
