// The five classifiers of the demo: one data set, five answers to "what does the output layer decide?".
#include "heads.hpp"

#include <chrono>
#include <cmath>

using namespace xgrad;

namespace demo {
namespace {

constexpr auto float64 = nn::LinearOptions{.dtype = DType::float64};

struct LinearModel {
    nn::Linear out{30, 1, float64};
    static constexpr auto members() { return std::tuple{field("out", &LinearModel::out)}; }
    Variable operator()(Variable x) const { return out(x); }
};

struct TanhNetwork {
    nn::Linear hidden{30, 16, float64}, out{16, 1, float64};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &TanhNetwork::hidden), field("out", &TanhNetwork::out)};
    }
    Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
};

// Shares of right signs and of t y >= 1 on a part of the data.
struct Shares {
    double right = 0, beyond_margin = 0;
};
template <class Decision>
Shares shares(const Decision& decision, const nn::Dataset& data)
{
    Tape tape;
    const auto y = decision(tape.constant(data.x)).template value<double>();
    const auto t = data.t.value<double>();
    Shares result;
    for (std::int64_t i = 0; i < data.size(); ++i) {
        const double yi = y(i, 0), ti = t(i, 0);
        result.right += (yi > 0 ? 1 : -1) == ti;
        result.beyond_margin += ti * yi >= 1;
    }
    return {result.right / static_cast<double>(data.size()),
            result.beyond_margin / static_cast<double>(data.size())};
}

// Full-batch training with Adam and a rate that decays; the loss is a function of (model, batch on a tape).
template <class Model, class Loss, class Decision>
Result train(std::string name, std::string head, std::string loss_name, Model& model, const nn::Split& data,
             const Training& how, const Loss& loss, const Decision& decision)
{
    const auto start = std::chrono::steady_clock::now();
    nn::Optimizer optimizer(nn::Adam{.rate = 0.05}, model);
    optimizer.schedule({.gamma = std::pow(1e-3, 1.0 / how.steps)});
    nn::Progress progress(name + " " + head, how.steps);
    double last = 0;
    if (how.compiled) {
        auto step = nn::compile([&](std::span<const Variable> in) { return loss(model, in[0], in[1]); },
                                std::move(optimizer));
        for (int i = 0; i < how.steps; ++i) {
            last = step(data.train.x, data.train.t);
            progress.step("loss " + std::to_string(last));
        }
    } else {
        for (int i = 0; i < how.steps; ++i) {
            Tape tape;
            const Variable value = loss(model, tape.constant(data.train.x), tape.constant(data.train.t));
            last = value.item();
            optimizer.step(grad(value, optimizer.parameters()));
            progress.step("loss " + std::to_string(last));
        }
    }
    progress.finish();
    const Shares on_train = shares(decision, data.train), on_test = shares(decision, data.test);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return {std::move(name), std::move(head), std::move(loss_name),   last,
            on_train.right,  on_test.right,   on_train.beyond_margin, seconds.count()};
}

}  // namespace

nn::Split load(const std::string& csv)
{
    const nn::Dataset all = nn::read_csv<double>(csv, {.target = "diagnosis", .positive = "malignant"});
    nn::Split parts = nn::split(all, 0.8, /*seed=*/1, {.stratified = true});
    nn::standardise(parts.train, parts.test);
    return parts;
}

Heads train_heads(const std::string& csv, const Training& how)
{
    const nn::Split data = load(csv);
    Heads heads;
    heads.train_rows = data.train.size();
    heads.test_rows = data.test.size();

    LinearModel a, b, c, d;
    TanhNetwork e;
    for (LinearModel* model : {&a, &b, &c, &d}) nn::initialise(*model, nn::xavier_uniform, /*seed=*/1);
    nn::initialise(e, nn::xavier_uniform, /*seed=*/1);

    heads.results.push_back(train(
        "(a)", "sigmoid", "cross-entropy", a, data, how,
        [](auto& model, Variable x, Variable t) {
            return nn::binary_cross_entropy(sigmoid(model(x)), 0.5 * t + 0.5);
        },
        a));
    heads.results.push_back(train(
        "(b)", "linear", "logistic loss", b, data, how,
        [](auto& model, Variable x, Variable t) { return nn::logistic_loss(model(x), t); }, b));
    heads.results.push_back(train(
        "(c)", "linear", "hinge + L2", c, data, how,
        [](auto& model, Variable x, Variable t) {
            const Variable y = model(x);
            return nn::hinge_loss(y, t) + nn::l2(y, model, /*lambda=*/1e-2);
        },
        c));
    const auto relu_output = [&d](Variable x) { return relu(d(x)); };
    heads.results.push_back(train(
        "(d)", "ReLU", "hinge", d, data, how,
        [](auto& model, Variable x, Variable t) { return nn::hinge_loss(relu(model(x)), t); }, relu_output));
    heads.results.push_back(train(
        "(e)", "tanh network", "logistic loss", e, data, how,
        [](auto& model, Variable x, Variable t) { return nn::logistic_loss(model(x), t); }, e));

    // One step of (e) on 64 rows, recorded for its picture.
    Tape tape;
    const Variable x = tape.variable(data.train.x.rows(0, 64), "x"),
                   t = tape.variable(data.train.t.rows(0, 64), "t");
    const Variable loss = nn::logistic_loss(e(x), t).named("loss");
    const Gradients gradients = grad(loss, nn::parameters(e));
    std::vector<Variable> outputs{loss};
    for (std::size_t i = 0; i < gradients.size(); ++i) outputs.push_back(gradients.gradient(i));
    heads.step = tape.graph(outputs);
    for (const Parameter& parameter : nn::parameters(e)) heads.network.push_back(parameter.array());
    return heads;
}

}  // namespace demo
