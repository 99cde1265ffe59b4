// The five classifiers of the demo, trained on the breast cancer data.
#pragma once

#include <string>
#include <vector>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

namespace demo {

/// What one training run ended with. Shares are of all rows of the part named.
struct Result {
    std::string name, head, loss_name;
    double loss = 0;            ///< mean training loss (with the penalty, where there is one)
    double train_accuracy = 0;  ///< share with the right sign of the output
    double test_accuracy = 0;
    double margin_share = 0;  ///< share of training rows with t y >= 1
    double seconds = 0;
};

/// Everything that the five runs gave.
struct Heads {
    std::vector<Result> results;
    xgrad::Graph step;                  ///< one training step of the tanh network, as recorded
    std::vector<xgrad::Array> network;  ///< the trained parameters of the tanh network
    std::int64_t train_rows = 0, test_rows = 0;
};

/// How they are trained: recorded once and replayed, or on a fresh tape at each step, which gives the same bits.
struct Training {
    int steps = 1500;
    bool compiled = true;
};

/// Trains (a) sigmoid + cross-entropy, (b) linear + logistic loss, (c) linear + hinge + L2, (d) ReLU output + hinge and
/// (e) a tanh network + logistic loss, with a progress bar each. @throws xgrad::DataError if the file is not there.
Heads train_heads(const std::string& csv, const Training& how = {});

/// The standardised training data (malignant = +1), in float64.
xgrad::nn::Split load(const std::string& csv);

}  // namespace demo
