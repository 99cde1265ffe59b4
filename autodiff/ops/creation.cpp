// New arrays made of full, arange and constants.
#include <cmath>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
using detail::as_shape, detail::compose, detail::composed, detail::Recorder;

Variable full_like(Variable x, double value)
{
    return compose("full_like", x, [&] { return full(x, as_shape(x.shape()), value); });
}
Variable zeros_like(Variable x) { return detail::filled(x, Recorder::of(x).graph[x.id()].shape, 0); }
Variable ones_like(Variable x) { return detail::filled(x, Recorder::of(x).graph[x.id()].shape, 1); }
Variable zeros(Variable like, const Shape& shape)
{
    return compose("zeros", like, [&] { return full(like, shape, 0); });
}
Variable ones(Variable like, const Shape& shape)
{
    return compose("ones", like, [&] { return full(like, shape, 1); });
}

Variable arange(Variable like, double start, double stop, double step)
{
    const double count = std::ceil((stop - start) / step);
    if (step == 0 || !std::isfinite(count) || !std::isfinite(start))
        throw ValueError("arange: from " + number_text(start) + " to " + number_text(stop) + " in steps of " +
                         number_text(step) + ", expected finite numbers and a step other than 0");
    const auto n = static_cast<std::int64_t>(std::max(count, 0.0));
    return compose("arange", like, [&] {
        const Variable steps = arange(like, n, like.dtype());
        return step == 1 && start == 0 ? steps : affine(steps, step, start);
    });
}

Variable linspace(Variable like, double first, double last, std::int64_t n)
{
    detail::need_floats("linspace", {like});
    if (n < 0) throw ValueError("linspace: " + std::to_string(n) + " numbers, expected 0 or more");
    xt::xarray<double> values = xt::zeros<double>({static_cast<std::size_t>(n)});
    const double step = n > 1 ? (last - first) / static_cast<double>(n - 1) : 0;
    for (std::int64_t k = 0; k < n; ++k)
        values(k) = k == n - 1 && n > 1 ? last : first + step * static_cast<double>(k);
    return like.tape().constant(Array(values).cast(like.dtype()));
}

Variable eye(Variable like, std::int64_t n, std::int64_t m, std::int64_t k)
{
    if (n < 0 || m < 0)
        throw ShapeError("eye: " + std::to_string(n) + " rows and " + std::to_string(m) +
                         " columns, expected 0 or more");
    return compose("eye", like, [&] {
        return cast(equal(reshape(arange(like, n), {n, 1}) + k, arange(like, m)), like.dtype());
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described =
    composed({{.name = "full_like",
               .formula = "c in the shape of x",
               .gradient = "0",
               .elsewhere = {"np.full_like", "torch.full_like", "jnp.full_like"},
               .samples = {{{{{2, 3}}}, [](Inputs in) { return full_like(in[0], 1); }},
                           {{{{}}}, [](Inputs in) { return full_like(in[0], -2.5); }},
                           {{{{0, 2}}}, [](Inputs in) { return full_like(in[0], 7); }}}},
              {.name = "zeros_like",
               .formula = "0 in the shape of x",
               .gradient = "0",
               .elsewhere = {"np.zeros_like", "torch.zeros_like", "jnp.zeros_like"},
               .traits = {.low = 0, .high = 0},
               .samples = {{{{{2, 3}}}, [](Inputs in) { return zeros_like(in[0]); }},
                           {{{{}}}, [](Inputs in) { return zeros_like(in[0]); }}}},
              {.name = "ones_like",
               .formula = "1 in the shape of x",
               .gradient = "0",
               .elsewhere = {"np.ones_like", "torch.ones_like", "jnp.ones_like"},
               .traits = {.low = 1, .high = 1},
               .samples = {{{{{2, 3}}}, [](Inputs in) { return ones_like(in[0]); }},
                           {{{{0}}}, [](Inputs in) { return ones_like(in[0]); }}}},
              {.name = "zeros",
               .formula = "0",
               .gradient = "0",
               .elsewhere = {"np.zeros", "torch.zeros", "jnp.zeros"},
               .traits = {.low = 0, .high = 0},
               .samples = {{{{{2}}},
                            [](Inputs in) {
                                return zeros(in[0], {2, 3});
                            }},
                           {{{{2}}}, [](Inputs in) { return zeros(in[0], {}); }}}},
              {.name = "ones",
               .formula = "1",
               .gradient = "0",
               .elsewhere = {"np.ones", "torch.ones", "jnp.ones"},
               .traits = {.low = 1, .high = 1},
               .samples = {{{{{2}}},
                            [](Inputs in) {
                                return ones(in[0], {3, 1});
                            }},
                           {{{{2}}}, [](Inputs in) { return ones(in[0], {0}); }}}},
              {.name = "linspace",
               .formula = "n numbers from a to b, both included",
               .gradient = "0",
               .elsewhere = {"np.linspace", "torch.linspace", "jnp.linspace"},
               .samples = {{{{{2}}}, [](Inputs in) { return linspace(in[0], -1, 2, 4); }},
                           {{{{2}}}, [](Inputs in) { return linspace(in[0], 3, 5, 1); }},
                           {{{{2}}}, [](Inputs in) { return linspace(in[0], 3, 5, 0); }}}}});
}  // namespace

void detail::creation_rows() {}

}  // namespace xgrad
