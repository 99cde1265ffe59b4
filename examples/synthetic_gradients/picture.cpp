// Pictures of a step: where detach cuts.
#include <xgrad/draw.hpp>

#include "parts.hpp"

namespace synthetic_gradients {

void draw_steps(common::Report& report)
{
    const std::string out = report.options().out;
    Network net(2);
    nn::initialise(net, nn::kaiming_uniform, /*seed=*/1);
    Guesses guesses(2, false);
    nn::name_parameters(guesses);
    const nn::Dataset rows = data().train;
    Tape tape;
    const Variable x = tape.constant(rows.x.rows(0, 64), "x"), t = tape.constant(rows.t.rows(0, 64), "t");
    const Step step = decoupled(net, guesses, x, t);
    for (int depth : {1, 2, -1})
        draw(tape.graph({step.loss}), {.depth = depth}).save(out + "/loss" + std::to_string(depth) + ".svg");
    for (int depth : {1, 2, -1})
        draw(tape.graph({step.total}), {.depth = depth}).save(out + "/total" + std::to_string(depth) + ".svg");
    const Gradients g = grad(step.total, {net.hidden[0].linear.weight, net.hidden[1].linear.weight, net.out.weight});
    for (int depth : {1, 2, -1})
        draw(tape.graph({step.loss, g[net.hidden[0].linear.weight], g[net.hidden[1].linear.weight], g[net.out.weight]}), {.depth = depth}).save(out + "/step" + std::to_string(depth) + ".svg");
}

}  // namespace synthetic_gradients
