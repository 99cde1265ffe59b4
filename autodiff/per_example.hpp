// Gradients of single examples: what a batch's gradient is the sum of.
#pragma once

#include <initializer_list>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/transform_functions.hpp"

namespace xgrad {

/// How gradients of single examples are computed. They are the same either way, up to rounding.
enum class PerExample {
    /// `batch` where it can be done, else `single`.
    automatic,
    /// One backward pass over the batch, in which sums over the examples are not summed: x.T g becomes one outer product
    /// an example, and so on. About as much work as the batch's gradient; memory for the results.
    batch,
    /// One example at a time. On a tape by one sweep each; of a function by one Program that is planned for one example
    /// and replayed, so that much less is recorded.
    single
};

/// For losses [n] of n examples, the gradient of each: [n] + shape of x. The same as jacobian(losses, x).
///
/// The batch's route is taken if every op of the backward pass keeps the examples apart or sums over them (Op::examples
/// says): elementwise ones, products, sums, softmax and layer_norm along the last axis, convolutions, pooling, attention
/// and embeddings do; not, for example, lstm.
/// @throws ShapeError unless losses have one axis; GradientError with PerExample::batch if that cannot be done, which
///         names the op in the way, and with batch_norm while training, which lets examples depend on each other; and as
///         jacobian().
Variable per_example_grad(Variable losses, const Target& x, PerExample how = PerExample::automatic);
Gradients per_example_grad(Variable losses, std::initializer_list<Target> wrt,
                           PerExample how = PerExample::automatic);
Gradients per_example_grad(Variable losses, std::span<const Parameter> wrt,
                           PerExample how = PerExample::automatic);
Gradients per_example_grad(Variable losses, std::vector<Target> wrt, PerExample how = PerExample::automatic);

namespace detail {
// A loss of a batch: f(x...) on the tape of the arguments.
class BatchLoss {
  public:
    virtual Variable operator()(std::span<const Variable> x) const = 0;

  protected:
    ~BatchLoss() = default;
};
template <class F, std::size_t N>
class BatchLossOf final : public BatchLoss {
  public:
    explicit BatchLossOf(const F& f) : f_(f) {}
    Variable operator()(std::span<const Variable> x) const override
    {
        return [&]<std::size_t... K>(std::index_sequence<K...>)->Variable { return f_(x[K]...); }
        (std::make_index_sequence<N>{});
    }

  private:
    const F& f_;
};
Gradients per_example(const BatchLoss& f, std::span<const Variable> x, std::span<const Parameter> parameters,
                      PerExample how);
}  // namespace detail

/// The gradients of each example's loss by parameters, as a function: g = per_example_grad(f, {w, b})(x, t), g[w] is
/// [n] + shape of w. The first axis of every argument goes over the n examples. f returns the losses [n], or their mean or
/// sum; example i's loss must be what f gives for that example alone (x[i : i + 1], t[i : i + 1]).
///
/// It must not depend on the others in any way, through data or detach() neither: that is not noticed.
/// One at a time is a Program for one example, replayed (where f reads a value, f itself for each); the result cannot be differentiated again (which is an error
/// then), and f must read no Variables but its arguments.
/// @throws ShapeError if arguments disagree about n; GradientError with PerExample::batch if that cannot be done.
template <transformable F>
auto per_example_grad(F f, std::vector<Parameter> parameters, PerExample how = PerExample::automatic)
{
    return [f = std::move(f), parameters = std::move(parameters), how](const auto&... x) -> Gradients {
        static_assert(
            (variable_like<decltype(x)> && ...) && sizeof...(x) > 0,
            "xgrad: per_example_grad gives the function Variables whose first axis goes over the examples");
        const Variable arguments[] = {x...};
        return detail::per_example(detail::BatchLossOf<F, sizeof...(x)>(f), arguments, parameters, how);
    };
}

}  // namespace xgrad
