// The network, the linear modules that guess its gradients, and what a decoupled training step minimises.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

namespace synthetic_gradients {

using namespace xgrad;

inline constexpr std::int64_t pixels = 64, width = 48, digits = 10;
inline constexpr auto float64 = DType::float64;

//! [network]
struct Hidden {  // a hidden layer: products, batch norm, ReLU
    nn::Linear linear;
    nn::BatchNorm1d norm{width, {.dtype = float64}};
    bool normalised = true;
    nn::ModuleScope scope{"Hidden"};
    explicit Hidden(std::int64_t in) : linear(in, width, {.bias = false, .dtype = float64}) {}
    static constexpr auto members()
    {
        return std::tuple{field("linear", &Hidden::linear), field("norm", &Hidden::norm)};
    }
    Variable operator()(Variable x) const
    {
        const auto guard = scope.enter(x);
        const Variable a = linear(x);
        return relu(normalised ? norm(a) : a);
    }
};

struct Network {
    std::vector<Hidden> hidden;
    nn::Linear out;
    explicit Network(std::size_t layers) : out(layers == 0 ? pixels : width, digits, {.dtype = float64})
    {
        for (std::size_t k = 0; k < layers; ++k) hidden.emplace_back(k == 0 ? pixels : width);
    }
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Network::hidden), field("out", &Network::out)};
    }
    Variable operator()(Variable x) const
    {
        for (const Hidden& layer : hidden) x = layer(x);
        return out(x);
    }
};

// One linear map for each hidden layer: what it makes of the layer's outputs h is a guess at the gradient of the loss by h.
struct Guesses {
    bool with_label;
    std::vector<nn::Linear> map;
    static constexpr auto members() { return std::tuple{field("map", &Guesses::map)}; }
    Guesses(std::size_t layers, bool label) : with_label(label)
    {
        const std::int64_t in = label ? width + digits : width;
        for (std::size_t k = 0; k < layers; ++k)
            map.emplace_back(in, width, nn::LinearOptions{.dtype = float64});
        nn::initialise(*this, nn::zeros, /*seed=*/1);  // at first every guess is 0
    }
    Variable operator()(std::size_t layer, Variable h, Variable label) const
    {
        return map[layer](with_label ? concat({h, label}, 1) : h);
    }
};
//! [network]

/// A recorded decoupled step; of each hidden layer its outputs, what the next layer gets of them, and its guess.
struct Step {
    std::vector<Variable> h, sent, guess;
    Variable loss;   ///< of the outputs, summed over the batch: what all of this is for
    Variable total;  ///< what is differentiated
};

/// Whether `detach` stands where it should. The leaky form is there to show that the checks notice.
enum class Cut { detached, leaky };

/// Records a decoupled step of x [n, 64] and labels t int64 [n].
Step decoupled(const Network& net, const Guesses& guesses, Variable x, Variable t, Cut cut = Cut::detached);

/// The loss of ordinary training, summed over the batch.
Variable whole(const Network& net, Variable x, Variable t);

/// The digits with pixels in [0, 1]: three quarters to train, the others held out, by one fixed seed.
nn::Split data();

}  // namespace synthetic_gradients
