// Derivatives by a module's parameters, and modules that compute again instead of keeping.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/checkpoint.hpp"
#include "xgrad/autodiff/per_example.hpp"
#include "xgrad/autodiff/transform.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad {
namespace nn {
namespace detail {

// loss(net(x), t...) as a function of x and t. The copy shares the parameters.
template <class M, class Loss>
auto loss_of(const M& net, Loss loss)
{
    return [net, loss = std::move(loss)](const auto& x, const auto&... rest) -> Variable {
        return loss(net(x), rest...);
    };
}

// Not what else may stand behind a function.
template <class L>
inline constexpr bool is_choice = std::is_convertible_v<L, std::vector<Parameter>>;
template <std::size_t... I>
inline constexpr bool is_choice<Argnums<I...>> = true;

}  // namespace detail

/// A loss of what a module returned, beside a module.
template <class L>
concept loss_like = transformable<L> && !detail::is_choice<L>;

/// A module whose values within are computed again by the backward pass instead of being kept: see checkpoint(). Names
/// of parameters stay what they are without it. nn::Sequential(nn::Checkpoint(a), nn::Checkpoint(b)).
template <module_like M>
struct Checkpoint {
    M module;

    explicit Checkpoint(M module) : module(std::move(module)) {}
    template <class... X>
    auto operator()(const X&... x) const
    {
        return checkpoint(module, x...);
    }
    void walk(detail::Reader& reader) const { detail::walk(module, reader); }
    void walk(detail::Editor& editor) { detail::walk(module, editor); }
};

}  // namespace nn

/// The gradients of loss(net(x), t) by the net's parameters, as a function: auto g = grad(net, loss)(x, t), then
/// g[net.hidden.weight]. The module is shared, not copied: the parameters are those of the call.
/// With what the function is given beyond x, loss is called: loss(net(x), rest...).
/// @throws as grad() on a tape, when it is called.
template <nn::module_like M, nn::loss_like Loss>
auto grad(M& net, Loss loss)
{
    return grad(nn::detail::loss_of(net, std::move(loss)), nn::parameters(net));
}
/// The value of the loss too: auto [value, g] = value_and_grad(net, loss)(x, t).
template <nn::module_like M, nn::loss_like Loss>
auto value_and_grad(M& net, Loss loss)
{
    return value_and_grad(nn::detail::loss_of(net, std::move(loss)), nn::parameters(net));
}
/// Second derivatives of the loss by the parameters: h(a, b), h.matrix().
template <nn::module_like M, nn::loss_like Loss>
auto hessian(M& net, Loss loss)
{
    return hessian(nn::detail::loss_of(net, std::move(loss)), nn::parameters(net));
}
/// The gradient of each example's loss(net(x), t) by the parameters: g[net.hidden.weight] is [n] + its shape.
template <nn::module_like M, nn::loss_like Loss>
auto per_example_grad(M& net, Loss loss, PerExample how = PerExample::automatic)
{
    return per_example_grad(nn::detail::loss_of(net, std::move(loss)), nn::parameters(net), how);
}

namespace nn {
using xgrad::grad, xgrad::value_and_grad, xgrad::hessian, xgrad::per_example_grad;
}

}  // namespace xgrad
