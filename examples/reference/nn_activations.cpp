// Activations as layers: what stands between two others in an nn::Sequential.
#include <cmath>
#include <xgrad/nn.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void layers(Tape& tape)
{
    {
        //! [nn::ReLU]
        show(nn::ReLU{}(tape.variable(xt::xarray<double>{-1., 2.})));  // [0, 2]
        //! [nn::ReLU]
    }
    {
        //! [nn::Tanh]
        show(nn::Tanh{}(tape.variable(xt::xarray<double>{0., 1.})));  // [0, 0.7616]
        //! [nn::Tanh]
    }
    {
        //! [nn::Sigmoid]
        show(nn::Sigmoid{}(tape.variable(0.)));  // 0.5
        //! [nn::Sigmoid]
    }
    {
        //! [nn::Softplus]
        show(nn::Softplus{}(tape.variable(0.)));  // 0.6931
        //! [nn::Softplus]
    }
    {
        //! [nn::GELU]
        show(nn::GELU{}(tape.variable(1.)));                   // 0.8413
        show(nn::GELU{Approximate::tanh}(tape.variable(1.)));  // 0.8412
        //! [nn::GELU]
    }
    {
        //! [nn::Softmax]
        show(nn::Softmax{}(tape.variable(xt::xarray<double>{0., 0., std::log(2.)})));  // [0.25, 0.25, 0.5]
        //! [nn::Softmax]
    }
    {
        //! [nn::LogSoftmax]
        show(nn::LogSoftmax{.axis = -1}(tape.variable(xt::xarray<double>{0., 0.})));  // [-0.6931, -0.6931]
        //! [nn::LogSoftmax]
    }
    {
        //! [nn::LeakyReLU]
        show(nn::LeakyReLU{0.1}(tape.variable(xt::xarray<double>{-2., 3.})));  // [-0.2, 3]
        //! [nn::LeakyReLU]
    }
    {
        //! [nn::ReLU6]
        show(nn::ReLU6{}(tape.variable(xt::xarray<double>{-1., 3., 9.})));  // [0, 3, 6]
        //! [nn::ReLU6]
    }
    {
        //! [nn::Hardtanh]
        show(nn::Hardtanh{}(tape.variable(xt::xarray<double>{-9., 0.5, 9.})));  // [-1, 0.5, 1]
        show(nn::Hardtanh{.low = 0, .high = 2}(tape.variable(9.)));             // 2
        //! [nn::Hardtanh]
    }
    {
        //! [nn::Hardsigmoid]
        show(nn::Hardsigmoid{}(tape.variable(xt::xarray<double>{-3., 0., 3.})));  // [0, 0.5, 1]
        //! [nn::Hardsigmoid]
    }
    {
        //! [nn::Hardswish]
        show(nn::Hardswish{}(tape.variable(xt::xarray<double>{-3., 0., 3.})));  // [0, 0, 3]
        //! [nn::Hardswish]
    }
    {
        //! [nn::Hardshrink]
        show(nn::Hardshrink{}(tape.variable(xt::xarray<double>{0.3, 2.})));  // [0, 2]
        //! [nn::Hardshrink]
    }
    {
        //! [nn::Softshrink]
        show(nn::Softshrink{}(tape.variable(xt::xarray<double>{0.3, 2.})));  // [0, 1.5]
        //! [nn::Softshrink]
    }
    {
        //! [nn::Threshold]
        show(nn::Threshold{.bound = 1, .value = -5}(tape.variable(xt::xarray<double>{0.3, 2.})));  // [-5, 2]
        //! [nn::Threshold]
    }
    {
        //! [nn::ELU]
        show(nn::ELU{}(tape.variable(xt::xarray<double>{-std::log(2.), 2.})));  // [-0.5, 2]
        //! [nn::ELU]
    }
    {
        //! [nn::CELU]
        show(nn::CELU{2}(tape.variable(xt::xarray<double>{-2 * std::log(2.), 2.})));  // [-1, 2]
        //! [nn::CELU]
    }
    {
        //! [nn::SELU]
        show(nn::SELU{}(tape.variable(1.)));  // 1.051
        //! [nn::SELU]
    }
    {
        //! [nn::SiLU]
        show(nn::SiLU{}(tape.variable(std::log(3.))));  // 0.824  (ln 3 times 3/4)
        //! [nn::SiLU]
    }
    {
        //! [nn::Mish]
        show(nn::Mish{}(tape.variable(xt::xarray<double>{0., 20.})));  // [0, 20]
        //! [nn::Mish]
    }
    {
        //! [nn::LogSigmoid]
        show(nn::LogSigmoid{}(tape.variable(0.)));  // -0.6931
        //! [nn::LogSigmoid]
    }
    {
        //! [nn::Softsign]
        show(nn::Softsign{}(tape.variable(3.)));  // 0.75
        //! [nn::Softsign]
    }
    {
        //! [nn::Tanhshrink]
        show(nn::Tanhshrink{}(tape.variable(std::log(2.))));  // 0.09315  (ln 2 - 3/5)
        //! [nn::Tanhshrink]
    }
    {
        //! [nn::GLU]
        show(nn::GLU{}(tape.variable(xt::xarray<double>{1., 2., 0., 1000.})));  // [0.5, 2]
        //! [nn::GLU]
    }
    {
        //! [nn::PReLU]
        const nn::PReLU layer(1, 0.25, DType::float64);  // one trainable weight that begins as 1/4
        const Variable y = layer(tape.variable(xt::xarray<double>{-2., 3.}));
        show(y);                           // [-0.5, 3]
        show(grad(sum(y), layer.weight));  // [-2]
        //! [nn::PReLU]
    }
}

const shown::Page page("Activations as layers", {layers});

}  // namespace
