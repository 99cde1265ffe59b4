// What a decoupled step minimises.
#include "network.hpp"

#include "examples/common/data.hpp"

namespace synthetic_gradients {

//! [decoupled]
Step decoupled(const Network& net, const Guesses& guesses, Variable x, Variable t, Cut cut)
{
    Step step;
    const Variable label = one_hot(t, digits, float64);
    for (std::size_t k = 0; k < net.hidden.size(); ++k) {
        const Variable h = net.hidden[k](k == 0 ? x : step.sent.back());
        // The numbers go up, no gradient comes down. (Leaky: a test that has to fail.)
        const Variable sent = cut == Cut::detached ? detach(h) : h;
        step.h.push_back(h);
        step.sent.push_back(sent);
        step.guess.push_back(guesses(k, sent, label));
    }
    step.loss = nn::cross_entropy(net.out(step.sent.back()), t, nn::Reduction::sum);

    // Each layer is taught by its guess: the gradient of sum(h * guess) by h is the guess.
    Variable total = step.loss;
    for (std::size_t k = 0; k < step.h.size(); ++k) total += sum(step.h[k] * detach(step.guess[k]));

    // Each guess is taught by what the layer above sends down, and that began at a guess too; the top one by the loss.
    const Gradients wanted = grad(total, std::vector<Target>(step.sent.begin(), step.sent.end()));
    for (std::size_t k = 0; k < step.h.size(); ++k)
        total += sum(square(step.guess[k] - detach(wanted[step.sent[k]])));
    step.total = total;
    return step;
}
//! [decoupled]

Variable whole(const Network& net, Variable x, Variable t)
{
    return nn::cross_entropy(net(x), t, nn::Reduction::sum);
}

nn::Split data()
{
    nn::Dataset all =
        nn::read_csv<double>(common::data_file("digits.csv"), {.target = "digit", .labels = true});
    Tape tape;
    all.x = (tape.constant(all.x) / 16.0).array();
    return nn::split(all, 0.75, /*seed=*/30, {.stratified = true});
}

}  // namespace synthetic_gradients
