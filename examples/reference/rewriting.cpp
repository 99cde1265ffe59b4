// Graphs rewritten by rules, merged, and read as matrices.
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void rules(Tape& tape)
{
    {
        //! [simplify, Rewritten]
        const Variable x = tape.variable(xt::xarray<double>{0., -1000.}, "x");
        const Rewritten simple = simplify(tape.graph({log(sigmoid(x))}));  // by the library's own rules
        show(simple.graph(x));                                             // [-0.6931, -1000]
        show(log(sigmoid(x)));                                             // [-0.6931, -inf]
        show(simple.log.applied[0].rule);                                  // log of sigmoid
        //! [simplify, Rewritten]
    }
    {
        //! [rewrite, Rule]
        const Rule rule{.name = "exp of log",
                        .pattern = "exp(log(x))",
                        .rewrite = [](const Match& m) { return m["x"]; },
                        .exactness = Exactness::bounded,
                        .bound = "2 ulp, x > 0"};
        const Variable x = tape.variable(2.);
        const Rewritten shorter = rewrite(tape.graph({exp(log(x)) + 1}), {rule});
        show(shorter.graph.size());  // 2  (x and the sum)
        show(shorter.graph(x));      // 3
        //! [rewrite, Rule]
    }
    {
        //! [Match, Range]
        const Rule rule{.name = "relu of what is not negative",
                        .pattern = "relu(x)",
                        .rewrite = [](const Match& m) { return m["x"]; },
                        .conditions = {[](const Match& m) {
                            const Range range = m.range("x");  // by what the ops say of their values
                            return std::string(range.low >= 0 ? "" : "it may be negative");
                        }}};
        const Variable x = tape.variable(2.);
        show(rewrite(tape.graph({relu(exp(x))}), {rule}).graph.size());  // 2
        show(rewrite(tape.graph({relu(sin(x))}), {rule}).graph.size());  // 3  (sin may be negative)
        //! [Match, Range]
    }
    {
        //! [not_negative, NotApplied]
        const Rule rule{.name = "abs of what is not negative",
                        .pattern = "abs(x)",
                        .rewrite = [](const Match& m) { return m["x"]; },
                        .conditions = {not_negative("x")}};
        const Rewritten result = rewrite(tape.graph({abs(tape.variable(2.))}), {rule});
        const NotApplied& refused = result.log.refused[0];
        show(refused.reason);  // input (%0) may be negative: nothing is known of its range
        //! [not_negative, NotApplied]
    }
    {
        //! [RewriteLog, Application, Exactness]
        const RewriteLog log = simplify(tape.graph({log1p(exp(tape.variable(2., "x")))})).log;
        show(log.nodes_before);  // 3
        show(log.nodes_after);   // 2
        const Application& step = log.applied[0];
        show(step.from + " becomes " + step.to);     // log1p(exp(x)) becomes softplus(x)
        show(step.exactness == Exactness::bounded);  // true  (not the same bits; step.bound says how far)
        //! [RewriteLog, Application, Exactness]
    }
    {
        //! [RewriteOptions]
        const Variable x = tape.variable(2.);
        const Graph twice = tape.graph({exp(x) + exp(x)});
        show(rewrite(twice, std::span<const Rule>{}).graph.size());  // 3  (equal nodes become one)
        show(rewrite(twice, std::span<const Rule>{}, {.share = false}).graph.size());  // 4
        //! [RewriteOptions]
    }
    {
        //! [simplification_rules]
        show(simplification_rules().size() > 10);  // true
        show(simplification_rules()[0].name);      // log of softmax
        //! [simplification_rules]
    }
}

void collapse(Tape& tape)
{
    {
        //! [collapse_linear, Collapsed]
        // two layers without an activation are one
        const nn::Sequential net(nn::Linear(4, 3), nn::Linear(3, 2));
        const Collapsed small = collapse_linear(record(net, xt::xarray<float>(xt::ones<float>({1, 4}))));
        show(small.graph.size() < 6);              // true
        show(small.certificate.merged[0].weight);  // [4, 2]
        show(small.certificate.holds());           // true  (every difference is within its rounding bound)
        //! [collapse_linear, Collapsed]
    }
    {
        //! [CollapseOptions, CollapseMode]
        const nn::Sequential net(nn::Linear(4, 3), nn::Linear(3, 2));
        const Graph graph = record(net, xt::xarray<float>(xt::ones<float>({1, 4})));
        show(collapse_linear(graph, {.mode = CollapseMode::constants}).graph.parameters().size());
        // 0  (for inference)
        show(collapse_linear(graph, {.mode = CollapseMode::parameters}).graph.parameters().size());
        // 2  (to be trained on)
        show(collapse_linear(graph, {.mode = CollapseMode::symbolic}).graph.parameters().size());
        // 4  (the old ones)
        //! [CollapseOptions, CollapseMode]
    }
    {
        //! [Certificate, Merged, Check]
        const nn::Sequential net(nn::Linear(4, 3), nn::Linear(3, 2));
        const Certificate certificate =
            collapse_linear(record(net, xt::xarray<float>(xt::ones<float>({1, 4})))).certificate;
        show(certificate.parameters_before);  // 23  (4 x 3 + 3 + 3 x 2 + 2)
        show(certificate.parameters_after);   // 10  (4 x 2 + 2)
        const Merged& stretch = certificate.merged[0];
        show(stretch.widths);  // [4, 3, 2]
        const Check& value = stretch.value;
        show(value.error <= value.bound);  // true  (a measured difference beside its bound)
        //! [Certificate, Merged, Check]
    }
    {
        //! [Refusal, RefusalReason]
        const nn::Sequential net(nn::Linear(4, 3), nn::ReLU(), nn::Linear(3, 2));
        const Certificate certificate =
            collapse_linear(record(net, xt::xarray<float>(xt::ones<float>({1, 4})))).certificate;
        show(certificate.merged.size());  // 0
        const Refusal& refusal = certificate.refusals[0];
        show(refusal.reason == RefusalReason::not_affine);  // true
        show(refusal.text);                                 // relu (%5) is not affine: relu'(0) = 0
        //! [Refusal, RefusalReason]
    }
    {
        //! [certify]
        const nn::Sequential net(nn::Linear(4, 3), nn::Linear(3, 2));
        const Collapsed small = collapse_linear(record(net, xt::xarray<float>(xt::ones<float>({1, 4}))));
        const Certificate again =
            certify(small.certificate.before, small.graph, small.certificate.merged, {.seed = 7});
        show(again.holds());  // true  (measured anew, on other random inputs)
        //! [certify]
    }
    {
        //! [collapse_affine, AffineCollapsed, AffineStretch]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}}, "x");
        const Variable w = tape.constant(xt::xarray<double>{{0., 1.}, {1., 0.}});
        const AffineCollapsed one = collapse_affine(tape.graph({x + matmul(x, w)}));  // branches too
        const AffineStretch& stretch = one.merged[0];
        show(stretch.weight);  // [2, 2]
        show(one.graph(x));    // [[3, 3], [7, 7]]
        show(one.holds());     // true
        //! [collapse_affine, AffineCollapsed, AffineStretch]
    }
}

void maps(Tape& tape)
{
    {
        //! [affine_map, AffineMap]
        const AffineMap map =
            affine_map([](Variable x) { return sum(2 * x) + 1; }, xt::xarray<double>{0., 0., 0.});
        show(map.weight);  // [[2], [2], [2]]  (y = x W + b)
        show(map.bias);    // [1]
        show(map.rank);    // 1
        //! [affine_map, AffineMap]
    }
    {
        //! [AffineBarrier]
        const AffineMap map = affine_map([](Variable x) { return relu(2 * x); }, xt::xarray<double>{1., 2.});
        const AffineBarrier& barrier = *map.barrier;  // what is in the way
        show(barrier.op);                             // relu
        show(static_cast<bool>(map));                 // false
        //! [AffineBarrier]
    }
    {
        //! [InputOf]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        const Variable t = tape.variable(xt::xarray<double>{5., 5.}, "t");
        const Graph graph = tape.graph({x - t});
        const InputOf by_name = "x", by_place = 0;
        show(graph.name(by_name.in(graph)) == graph.name(by_place.in(graph)));  // true
        const Array held[] = {t.array()};
        show(affine_map(graph, "x", held).bias);  // [-5, -5]  (t is held)
        //! [InputOf]
    }
    {
        //! [local_affine_map, LocalAffineMap, Activation]
        const auto f = [](Variable x) { return relu(x) * 3; };
        // of the region around that point
        const LocalAffineMap here = local_affine_map(f, xt::xarray<double>{-1., 2.});
        show(here.weight);  // [[0, 0], [0, 3]]
        const Activation& relu_node = here.pattern[0];
        show(relu_node.op);         // relu
        show(relu_node.pieces[0]);  // -1  (below its kink; the other one above)
        show(local_affine_map(f, xt::xarray<double>{0., 2.}).on_kink());  // true
        //! [local_affine_map, LocalAffineMap, Activation]
    }
    {
        //! [linear_regions, LinearRegions, LinearRegion, RegionOptions]
        const Graph graph = tape.graph({sum(relu(tape.variable(xt::xarray<double>{0., 0.})))});
        const Array origin(xt::xarray<double>{0., 0.});
        const Array u(xt::xarray<double>{1., 0.});
        const Array v(xt::xarray<double>{0., 1.});
        const LinearRegions regions = linear_regions(graph, origin, u, v, {.low_s = -2, .high_s = 2});
        show(regions.regions.size());  // 4  (the quadrants)
        const LinearRegion& first_quadrant = regions.at(1, 0.5);
        show(first_quadrant.value(1, 0.5));  // 1.5  (s + t)
        show(first_quadrant.area());         // 2  (of the box from -2 to 2 and from -1 to 1)
        //! [linear_regions, LinearRegions, LinearRegion, RegionOptions]
    }
}

const shown::Page page("Rewriting and reading graphs", {rules, collapse, maps});

}  // namespace
