// Pictures of a step: where detach cuts, and where the gradients of a hidden layer begin.
#include <xgrad/draw.hpp>

#include "parts.hpp"

namespace synthetic_gradients {
namespace {

void save(const Graph& graph, DrawOptions options, const std::string& stem)
{
    draw(graph, options).save(stem + ".svg");
    options.theme = Theme::dark;
    draw(graph, options).save(stem + "-dark.svg");
}

}  // namespace

void draw_steps(common::Report& report)
{
    const std::string out = report.options().out;
    const nn::Dataset train = data().train;
    for (const std::size_t layers : {2, 1}) {
        Network net(layers);
        for (Hidden& layer : net.hidden)  // running statistics would be drawn too
            layer.norm = nn::BatchNorm1d(width, {.track_running_stats = false, .dtype = float64});
        nn::initialise(net, nn::kaiming_uniform, /*seed=*/1);
        Guesses guesses(layers, /*label=*/false);
        nn::name_parameters(guesses);
        Tape tape;
        const Step step = decoupled(net, guesses, tape.constant(train.x.rows(0, 64), "x"),
                                    tape.constant(train.t.rows(0, 64), "t"));
        std::vector<Variable> shown{step.loss.named("loss")};
        for (std::size_t k = 0; k < layers; ++k)
            shown.push_back(step.guess[k].named("guess of hidden." + std::to_string(k)));
        DrawOptions options{.depth = 1, .forward_outputs = static_cast<int>(shown.size())};
        if (layers == 2) {
            options.title = "detach sends numbers up and lets no gradient down";
            save(tape.graph(shown), options, out + "/synthetic_cut");
        } else {
            const Parameter& w = net.hidden[0].linear.weight;
            shown.push_back(vjp(step.h[0], w, step.guess[0]).named("∂" + w.name()));
            shown.push_back(grad(step.loss, net.out.weight).named("∂" + net.out.weight.name()));
            options.depth = -1;
            options.title =
                "The gradient of the hidden layer begins at its guess,\nthat of the output layer at the loss";
            save(tape.graph(shown), options, out + "/synthetic_step");
        }
    }
}

}  // namespace synthetic_gradients
