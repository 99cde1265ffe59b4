// The functions of one variable, by family.
#include <xgrad/nn.hpp>

#include "atlas.hpp"

namespace atlas {
namespace {

Variable prelu_quarter(Variable x)
{
    return prelu(x, cast(x.tape().constant(xt::xarray<double>{0.25}), x.dtype()));
}

}  // namespace

const std::vector<Family>& families()
{
    static const std::vector<Family> all = {
        {"Straight pieces, most of them bounded",
         {
             {"identity", "Identity", "nn::Identity, affine(x, 1, 0)", "x",
              [](Variable x) { return affine(x, 1, 0); }, "affine", 1, 0, -4, 4, -4, 4,
              "The right output for regression; as a hidden layer it adds nothing (claims 15 and 24)."},
             {"affine", "Affine", "affine(x, 0.5, 1)", "a x + b, here x / 2 + 1",
              [](Variable x) { return affine(x, 0.5, 1); }, "affine", 0.5, 1, -4, 4, -4, 4,
              "Adds nothing either: affine of affine is affine."},
             {"step", "Step", "heaviside(x)", "1 for x >= 0, else 0", [](Variable x) { return heaviside(x); },
              "heaviside", 1, 0, -4, 4, -0.35, 1.35,
              "McCulloch & Pitts 1943. Its derivative is 0: nothing below it learns (claim 21)."},
             {"ramp", "Ramp", "ramp(x)", "min(max(x, 0), 1)", &ramp, "ramp", 0, 1, -4, 4, -0.35, 1.35,
              "x clipped to 0..1."},
             {"hardsigmoid", "Hard sigmoid", "hardsigmoid(x)", "min(max(x + 3, 0), 6) / 6", &hardsigmoid,
              "hardsigmoid", 0, 0, -6, 6, -0.35, 1.35,
              "PyTorch's; other libraries clip x / 5 + 1/2 instead (Courbariaux et al. 2015 clip (x + 1) / "
              "2)."},
             {"hardtanh", "Hard tanh", "hardtanh(x)", "min(max(x, -1), 1)",
              [](Variable x) { return hardtanh(x); }, "hardtanh", -1, 1, -4, 4, -1.6, 1.6,
              "Collobert 2004. The cheapest S."},
             {"relu6", "ReLU6", "relu6(x)", "min(max(x, 0), 6)", &relu6, "relu6", 0, 6, -4, 8, -1.6, 7.2,
              "Krizhevsky 2010; bounded, for arithmetic of few bits."},
         }},
        {"Squashers: S-shaped and bounded",
         {
             {"sigmoid", "Sigmoid", "sigmoid(x)", "1 / (1 + e^-x)", &sigmoid, "sigmoid", 0, 0, -6, 6, -0.35,
              1.35, "A probability: the output of logistic regression (claim 1). Its slope is at most 1/4."},
             {"tanh", "tanh", "tanh(x)", "(e^x - e^-x) / (e^x + e^-x)", &xgrad::tanh, "tanh", 0, 0, -4, 4,
              -1.6, 1.6, "2 sigmoid(2x) - 1: the sigmoid with mean 0 (claims 17 and 18)."},
             {"atan", "arctan", "atan(x)", "arctan x", &xgrad::atan, "atan", 0, 0, -4, 4, -1.9, 1.9,
              "Heavier tails than tanh: its slope falls like 1 / x^2."},
             {"softsign", "Softsign", "softsign(x)", "x / (1 + |x|)", &softsign, "softsign", 0, 0, -4, 4,
              -1.6, 1.6,
              "Glorot & Bengio 2010. Looks smooth; its second derivative jumps from 2 to -2 at 0."},
             {"isru", "ISRU", "isru(x)", "x / sqrt(1 + x^2)", [](Variable x) { return isru(x); }, "isru", 1,
              0, -4, 4, -1.6, 1.6, "Carlile et al. 2017: an S without an exponential."},
             {"sqnl", "SQNL", "sqnl(x)", "x - x |x| / 4 for |x| <= 2, else the sign of x", &sqnl, "sqnl", 0,
              0, -4, 4, -1.6, 1.6, "Wuraola & Patel 2018: an S of multiplications alone."},
             {"cosine_squasher", "Cosine squasher", "cosine_squasher(x)",
              "(1 + sin x) / 2 for |x| <= pi/2, 0 below, 1 above", &cosine_squasher, "cosine_squasher", 0, 0,
              -4, 4, -0.35, 1.35, "Gallant & White 1988: with it a network is a Fourier series (claim 32)."},
         }},
        {"Rectifiers",
         {
             {"relu", "ReLU", "relu(x)", "max(x, 0)", &relu, "relu", 0, 0, -4, 4, -1.9, 4.1,
              "Nair & Hinton 2010. Half of the line learns nothing, the other half passes gradients whole."},
             {"leaky_relu", "Leaky ReLU", "leaky_relu(x)", "x for x > 0, else 0.01 x",
              [](Variable x) { return leaky_relu(x); }, "leaky_relu", 0.01, 0, -4, 4, -1.9, 4.1,
              "Maas et al. 2013: no unit dies for ever."},
             {"prelu", "PReLU", "nn::PReLU, prelu(x, weight)", "x for x > 0, else w x, here w = 1/4",
              &prelu_quarter, "prelu", 0, 0, -4, 4, -1.9, 4.1,
              "He et al. 2015: the slope below 0 is learned. Increasing for w > 0, not monotone for w < 0."},
             {"elu", "ELU", "elu(x)", "x for x > 0, else e^x - 1", [](Variable x) { return elu(x); }, "elu",
              1, 0, -4, 4, -1.9, 4.1, "Clevert et al. 2016. With another alpha than 1 it has a kink."},
             {"celu", "CELU", "celu(x)", "x for x > 0, else alpha (e^(x / alpha) - 1), here alpha = 1",
              [](Variable x) { return celu(x); }, "celu", 1, 0, -4, 4, -1.9, 4.1,
              "Barron 2017: ELU whose slope at 0 is 1 for every alpha."},
             {"selu", "SELU", "selu(x)", "1.0507 x for x > 0, else 1.7581 (e^x - 1)", &selu, "selu", 0, 0, -4,
              4, -1.9, 4.1,
              "Klambauer et al. 2017: keeps mean 0 and variance 1 through layers; the price is a kink."},
             {"isrlu", "ISRLU", "isrlu(x)", "x for x >= 0, else x / sqrt(1 + x^2)",
              [](Variable x) { return isrlu(x); }, "isrlu", 1, 0, -4, 4, -1.9, 4.1,
              "Carlile et al. 2017: the rectifier with two continuous derivatives."},
         }},
        {"Rectifiers, smoothed",
         {
             {"softplus", "Softplus", "softplus(x)", "ln(1 + e^x)", &softplus, "softplus", 0, 0, -4, 4, -1.9,
              4.1, "Dugas et al. 2001. Its derivative is the sigmoid."},
             {"silu", "SiLU (swish)", "silu(x)", "x / (1 + e^-x)", &silu, "silu", 0, 0, -4, 4, -1.9, 4.1,
              "Elfwing et al. 2018, Ramachandran et al. 2017."},
             {"gelu", "GELU", "gelu(x)", "x (1 + erf(x / sqrt 2)) / 2", [](Variable x) { return gelu(x); },
              "gelu", 0, 0, -4, 4, -1.9, 4.1, "Hendrycks & Gimpel 2016: x times the normal distribution."},
             {"gelu_tanh", "GELU by tanh", "gelu(x, Approximate::tanh)",
              "x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
              [](Variable x) { return gelu(x, Approximate::tanh); }, "gelu_tanh", 0, 0, -4, 4, -1.9, 4.1,
              "An approximation, at most 0.0005 from GELU: another function, with another minimum."},
             {"mish", "Mish", "mish(x)", "x tanh(ln(1 + e^x))", &mish, "mish", 0, 0, -4, 4, -1.9, 4.1,
              "Misra 2019."},
             {"hardswish", "Hard swish", "hardswish(x)", "x min(max(x + 3, 0), 6) / 6", &hardswish,
              "hardswish", 0, 0, -4, 4, -1.9, 4.1, "Howard et al. 2019: SiLU of straight pieces."},
             {"elish", "ELiSH", "elish(x)", "x sigmoid(x) for x >= 0, else (e^x - 1) sigmoid(x)", &elish,
              "elish", 0, 0, -4, 4, -1.9, 4.1, "Basirat & Roth 2018."},
         }},
        {"Of other kinds",
         {
             {"bent_identity", "Bent identity", "bent_identity(x)", "(sqrt(x^2 + 1) - 1) / 2 + x",
              &bent_identity, "bent_identity", 0, 0, -4, 4, -4, 4, "Its slope goes from 1/2 to 3/2."},
             {"gaussian", "Gaussian", "gaussian(x)", "e^(-x^2)", &gaussian, "gaussian", 0, 0, -4, 4, -1.35,
              1.35, "A bump: the unit of radial basis functions."},
             {"sin", "Sine", "sin(x)", "sin x", &xgrad::sin, "sin", 0, 0, -7, 7, -1.6, 1.6,
              "Sitzmann et al. 2020, for signals and their derivatives."},
             {"sinc", "Sinc", "sinc(x)", "sin(x) / x, 1 at 0", &sinc, "sinc", 0, 0, -12, 12, -0.8, 1.35,
              "The unnormalised one: np.sinc and torch.sinc take pi x."},
             {"square", "Square", "square(x)", "x^2", &xgrad::square, "square", 0, 0, -4, 4, -4, 4,
              "A polynomial: one hidden layer of it is not universal (claim 33)."},
         }},
    };
    return all;
}

//! [evaluate]
// f, or its derivative of some order, at many points at once.
Numbers evaluate(const Entry& entry, const Numbers& x, int order)
{
    Tape tape;
    xt::xarray<double> points = xt::xarray<double>::from_shape({x.size()});
    std::copy(x.begin(), x.end(), points.begin());
    const Variable at = tape.variable(points);
    Variable y = entry.f(at);
    for (int k = 0; k < order; ++k) y = grad(sum(y), at);
    const auto& values = y.value<double>();
    return Numbers(values.begin(), values.end());
}
//! [evaluate]

}  // namespace atlas
