// Graphs rewritten by rules, and read as matrices.
#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

#include <cmath>
#include <cstdlib>
#include <iostream>

using namespace xgrad;

int main()
{
    //! [simplify]
    Tape tape;
    const Variable z = tape.variable(xt::xarray<double>{-800., 2.}, "z"),
                   t = tape.variable(xt::xarray<double>{1., 0.}, "t");
    const Variable s = sigmoid(z);
    const Graph plain = tape.graph({-mean(t * log(s) + (1 - t) * log(1 - s))});

    const auto [stable, log] = simplify(plain);  // mean(binary_cross_entropy_with_logits(z, t))
    std::cout << log;                            // each step: what was there, what is there now, how exact
    const Variable loss = stable(std::vector{z, t})[0];  // 401.06; the plain form says inf
    //! [simplify]
    if (!(std::abs(loss.item() - (800 + std::log1p(std::exp(2.))) / 2) < 1e-12)) return EXIT_FAILURE;

    //! [rule]
    const Rule rule{.name = "tanh of a small number",
                    .pattern = "tanh(a: affine(x))",
                    .rewrite = [](const Match& m) { return affine(m["x"], m.node("a").a, m.node("a").b); },
                    .conditions = {[](const Match& m) {
                        const Range x = m.range("a");  // by what the ops say of their values
                        return x.low > -1e-8 && x.high < 1e-8 ? "" : m.describe("a") + " may be large";
                    }},
                    .exactness = Exactness::bounded,
                    .bound = "1e-24"};
    const Graph small = rewrite(tape.graph({tanh(sigmoid(z) * 1e-9)}), {rule}).graph;
    const Rewritten refused = rewrite(tape.graph({tanh(z * 1e-9)}), {rule});  // refused.log says why
    //! [rule]
    std::cout << small.text() << refused.log;
    if (refused.log.refused.size() != 1) return EXIT_FAILURE;

    //! [map]
    struct Net {
        nn::Linear first{2, 8, {.dtype = DType::float64}}, second{8, 1, {.dtype = DType::float64}};
        static constexpr auto members()
        {
            return std::tuple{field("first", &Net::first), field("second", &Net::second)};
        }
        Variable operator()(Variable x) const { return second(relu(first(x))); }
    };
    Net net;
    nn::initialise(net, nn::kaiming_uniform, 2);
    const Array origin(xt::xarray<double>{{0., 0.}}), u(xt::xarray<double>{{1., 0.}}),
        v(xt::xarray<double>{{0., 1.}});
    const Graph graph = record(net, origin);

    std::cout << affine_map(graph) << "\n";  // relu (%5) is not affine: relu'(0) = 0
    const LocalAffineMap here = local_affine_map(graph, xt::xarray<double>{{0.5, 0.25}});
    std::cout << here << "\n";  // y = x W + b, as long as here.pattern stays
    const LinearRegions regions = linear_regions(graph, origin, u, v);
    draw(regions, {.title = "Where a 2-8-1 ReLU network is affine"}).save("regions.svg");
    //! [map]
    if (regions.regions.empty() || here.on_kink()) return EXIT_FAILURE;

    //! [collapse]
    const Parameter w(xt::xarray<double>{{0.5, 0.}, {0.25, 1.}}, "w");
    const auto block = [&](Variable x) { return x + matmul(x, w) * 0.5; };
    Tape other({.training = false});
    const Graph deep =
        other.graph({block(block(other.variable(xt::xarray<double>{{1., 2.}, {3., 4.}}, "x")))});
    const AffineCollapsed one = collapse_affine(deep);  // 6 nodes become 1: y = x W'
    std::cout << one;
    //! [collapse]
    return one.holds() && one.merged.size() == 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
