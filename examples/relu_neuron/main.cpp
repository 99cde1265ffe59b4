// The code of docs/tutorials/relu_neuron.md: is a ReLU neuron a support vector machine? (Claims 2, 3, 4, 6, 7, 8, 9.)
#include "examples/common/report.hpp"
#include "heads.hpp"
#include "losses.hpp"

int main(int argc, char** argv)
{
    common::Report report(common::options(
        argc, argv, "relu_neuron", "Is a one-layer network with a ReLU output a support vector machine?"));
    relu_neuron::four_heads(report);
    relu_neuron::hinge_is_a_relu(report);
    relu_neuron::the_stable_loss(report);
    relu_neuron::the_sigmoid_moves(report);
    relu_neuron::the_smooth_hinge(report);
    relu_neuron::side_by_side(report);
    return report.finish();
}
