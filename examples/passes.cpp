// The code of docs/passes.md: one graph on its way through every pass, with a picture of each.
#include <fstream>
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

#include "common/report.hpp"

using namespace xgrad;

//! [net]
struct Net {
    nn::Linear hidden{3, 4, {.dtype = DType::float64}}, out{4, 1, {.dtype = DType::float64}};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
};
//! [net]

int main(int argc, char** argv)
{
    const auto options = common::options(argc, argv, "passes", "One graph on its way through every pass");
    const std::string folder = options.out + "/";
    Net net;
    nn::initialise(net, nn::xavier_uniform, /*seed=*/1);
    xt::xarray<double> rows0 = {{0.5, -1., 2.}, {1., 0., -0.5}}, labels = {1., 0.};
    labels.reshape({2, 1});
    const Array x0(rows0), t0(labels);

    //! [record]
    Tape tape;
    const Variable x = tape.variable(x0, "x"), t = tape.variable(t0, "t");
    const Variable p = sigmoid(net(x));
    const Variable yes = t * log(p), no = (1.0 - t) * log(1.0 - p);
    const Variable loss = (-mean(yes + no)).named("loss");  // cross-entropy as textbooks write it
    const Graph recorded = tape.graph({loss});
    draw(recorded, {.title = "Recorded: a node for each op"}).save(folder + "record.svg");
    //! [record]

    //! [differentiate]
    const Gradients g = grad(loss, {net.hidden.weight, net.out.weight});
    const Graph both = tape.graph({loss, g[net.hidden.weight], g[net.out.weight]});
    draw(both, {.title = "Differentiated: gradients are nodes too"}).save(folder + "differentiate.svg");
    //! [differentiate]

    //! [simplify]
    const auto [simple, log] = simplify(recorded);
    std::cout << log;
    draw(simple, {.title = "Simplified: one loss that cannot overflow"}).save(folder + "simplify.svg");
    //! [simplify]

    //! [collapse]
    nn::Sequential linear(nn::Linear(30, 16), nn::Affine{0.5, 0.1}, nn::Linear(16, 8), nn::Linear(8, 1));
    const Array rows(xt::xarray<float>(xt::ones<float>({5, 30})));
    const auto [small, certificate] = collapse_linear(record(linear, rows));
    draw(certificate).save(folder + "collapse.svg");
    //! [collapse]

    //! [plan]
    const Program program(both);
    std::cout << program.report();
    draw(program.graph(), {.title = "Planned: what a run computes"}).save(folder + "plan.svg");
    //! [plan]

    //! [replay]
    Workspace workspace(program);
    const auto outputs = workspace.run({x0, t0});  // no recording, no allocation
    std::cout << "loss " << outputs[0].item<double>() << " replayed, " << loss.item() << " on the tape\n";
    draw(workspace.profile({x0, t0}), {.title = "Replayed: ops with one letter run as one"})
        .save(folder + "replay.svg");
    //! [replay]

    //! [stable]
    Tape other;
    const Variable z = other.variable(x0, "x"), u = other.variable(t0, "t");
    const Variable stable = simple(std::vector{z, u})[0];  // a graph is called like a function
    const Gradients h = grad(stable, {net.hidden.weight, net.out.weight});
    //! [stable]

    //! [export]
    std::cout << simple.text();
    draw(simple, {.depth = 1, .title = "Exported: modules closed"}).save(folder + "export.svg");
    std::ofstream(folder + "simple.dot") << draw(simple).dot();
    //! [export]

    // What the page says of these graphs.
    const bool same = outputs[0].item<double>() == loss.item();
    const bool close = std::abs(stable.item() - loss.item()) < 1e-14 &&
                       max(abs(h[net.out.weight] - g[net.out.weight].array())).item() < 1e-14;
    const bool smaller = simple.size() < recorded.size() && recorded.size() < both.size();
    if (!same || !close || !smaller || !certificate.holds()) {
        std::cerr << "a pass changed what the graph computes\n";
        return 1;
    }
}
