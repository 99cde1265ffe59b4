// Optimizers: options, state slots and the step.
#include "xgrad/nn/optim.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "xgrad/autodiff/text.hpp"
#include "xgrad/autodiff/update.hpp"

namespace xgrad::nn {
namespace {

void check(bool good, const char* who, const char* expected, double got)
{
    if (!good) throw ValueError(std::string(who) + ": " + expected + ", got " + number_text(got));
}

void check_rate(const char* who, double rate)
{
    check(rate > 0 && std::isfinite(rate), who, "the rate must be positive and finite", rate);
}

std::vector<Parameter> parameters_of(const Graph& graph)
{
    std::vector<Parameter> parameters;
    for (const auto& [leaf, parameter] : graph.parameters())
        if (!parameter.is_buffer()) parameters.push_back(parameter);
    return parameters;
}

// A number as an input of the step, in each element type that asks for it, made once.
class Number {
  public:
    Number(double value, const char* name) : value_(value), name_(name) {}
    Variable on(Tape& tape, DType dtype)
    {
        const bool single = dtype == DType::float32;
        Variable& variable = made_[single];
        if (!has_[single]) {
            variable =
                single ? tape.variable(static_cast<float>(value_), name_) : tape.variable(value_, name_);
            has_[single] = true;
        }
        return variable;
    }

    void collect(std::vector<Optimizer::Input>& inputs, bool is_step) const
    {
        for (int single = 0; single < 2; ++single)
            if (has_[single]) inputs.push_back({made_[single], is_step});
    }

  private:
    double value_;
    const char* name_;
    Variable made_[2];
    bool has_[2] = {};
};

}  // namespace

Optimizer::Optimizer(const Sgd& options, std::vector<Parameter> parameters)
    : kind_(options.momentum != 0 ? Kind::momentum : Kind::sgd),
      sgd_(options),
      start_rate_(options.rate),
      parameters_(std::move(parameters))
{
    check_rate("Sgd", options.rate);
    check(options.momentum >= 0 && options.momentum < 1, "Sgd", "the momentum must be in [0, 1)",
          options.momentum);
    check(!options.nesterov || options.momentum > 0, "Sgd", "Nesterov's correction needs a momentum",
          options.momentum);
    check(options.weight_decay >= 0 && std::isfinite(options.weight_decay), "Sgd",
          "the weight decay must be finite and not negative", options.weight_decay);
    prepare();
}

Optimizer::Optimizer(const Adam& options, std::vector<Parameter> parameters)
    : kind_(Kind::adam), adam_(options), start_rate_(options.rate), parameters_(std::move(parameters))
{
    check_rate("Adam", options.rate);
    check(options.beta1 >= 0 && options.beta1 < 1, "Adam", "beta1 must be in [0, 1)", options.beta1);
    check(options.beta2 >= 0 && options.beta2 < 1, "Adam", "beta2 must be in [0, 1)", options.beta2);
    check(options.epsilon > 0 && std::isfinite(options.epsilon), "Adam",
          "epsilon must be positive and finite", options.epsilon);
    prepare();
}

Optimizer::Optimizer(const Sgd& options, const Graph& graph) : Optimizer(options, parameters_of(graph)) {}
Optimizer::Optimizer(const Adam& options, const Graph& graph) : Optimizer(options, parameters_of(graph)) {}
Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;
Optimizer::~Optimizer() = default;

void Optimizer::prepare()
{
    // A shared parameter is updated once.
    std::vector<Parameter> distinct;
    for (const Parameter& parameter : parameters_)
        if (parameter && std::ranges::find(distinct, parameter) == distinct.end())
            distinct.push_back(parameter);
    parameters_ = std::move(distinct);
    if (parameters_.empty()) throw ValueError(std::string(name()) + ": there is no parameter to update");
    for (const Parameter& parameter : parameters_)
        if (parameter.is_buffer())
            throw ValueError(
                std::string(name()) + ": '" + parameter.name() +
                "' is a buffer (running statistics and the like), which is not trained; give the "
                "parameters, as nn::parameters(net) lists them");
    const int moments = kind_ == Kind::adam ? 2 : kind_ == Kind::momentum ? 1 : 0;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Parameter& parameter = parameters_[i];
        if (!is_floating(parameter.dtype()))
            throw DtypeError(std::string(name()) + ": parameter '" + parameter.name() + "' is " +
                             std::string(name_of(parameter.dtype())) + ", which carries no gradient");
        places_.push_back(i);
        const Dims shape = parameter.shape();
        for (int k = 0; k < moments; ++k)
            slots_.emplace_back(parameter.dtype(), Shape(shape.begin(), shape.end()),
                                parameter.name() + (k == 0 ? ".m" : ".v"));
    }
}

Variable Optimizer::gradient(const Gradients& gradients, std::size_t index)
{
    const Parameter& parameter = parameters_[index];
    const auto is_at = [&](std::size_t place) {
        return place < gradients.size() && gradients.target(place).parameter() == parameter;
    };
    std::size_t& place = places_[index];
    if (!is_at(place)) {
        place = 0;
        while (place < gradients.size() && !is_at(place)) ++place;
    }
    if (place == gradients.size())
        throw GradientError(std::string(name()) + ": there is no gradient of parameter '" + parameter.name() +
                            "' among the " + std::to_string(gradients.size()) +
                            " given; nothing was updated (ask for grad(loss, optimizer.parameters()))");
    return gradients.gradient(place);
}

void Optimizer::step(const Gradients& gradients)
{
    gradient(gradients, 0);
    Tape tape = gradients.gradient(places_[0]).tape();
    const Tape::Mark mark = tape.mark();
    try {
        assign(gradients);
        tape.commit();
    } catch (...) {
        tape.rewind(mark);
        throw;
    }
    count_step();
}

std::vector<Optimizer::Input> Optimizer::assign(const Gradients& gradients)
{
    for (std::size_t i = 0; i < parameters_.size(); ++i)
        gradient(gradients, i);  // all there, before anything is made
    Tape tape = gradients.gradient(places_[0]).tape();
    const Tape::Mark mark = tape.mark();
    try {
        Number rate(this->rate(), "rate"), count(static_cast<double>(steps_ + 1), "step");
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            const Parameter& parameter = parameters_[i];
            const DType dtype = parameter.dtype();
            const Variable p = tape.parameter(parameter);
            Variable g = gradients.gradient(places_[i]);
            if (kind_ == Kind::adam) {
                const AdamUpdate update = adam_update(
                    p, g, tape.parameter(slots_[2 * i]), tape.parameter(slots_[2 * i + 1]),
                    rate.on(tape, dtype), count.on(tape, dtype), adam_.beta1, adam_.beta2, adam_.epsilon);
                tape.assign(parameter, update.parameter);
                tape.assign(slots_[2 * i], update.first);
                tape.assign(slots_[2 * i + 1], update.second);
                continue;
            }
            if (sgd_.weight_decay != 0) g = g + p * sgd_.weight_decay;
            if (kind_ == Kind::momentum) {
                const MomentumUpdate update = sgd_momentum_update(
                    p, g, tape.parameter(slots_[i]), rate.on(tape, dtype), sgd_.momentum, sgd_.nesterov);
                tape.assign(parameter, update.parameter);
                tape.assign(slots_[i], update.momentum);
            } else {
                tape.assign(parameter, sgd_update(p, g, rate.on(tape, dtype)));
            }
        }
        std::vector<Input> inputs;
        rate.collect(inputs, false);
        count.collect(inputs, true);
        return inputs;
    } catch (...) {
        tape.rewind(mark);
        throw;
    }
}

double Optimizer::rate() const
{
    if (decay_.gamma == 1) return start_rate_;
    const std::int64_t times = (steps_ - decay_from_) / decay_.every;
    return start_rate_ * std::pow(decay_.gamma, static_cast<double>(times));
}

void Optimizer::set_rate(double rate)
{
    check_rate("set_rate", rate);
    start_rate_ = rate;
    decay_from_ = steps_;
}

void Optimizer::schedule(const ExponentialDecay& decay)
{
    check(decay.gamma > 0 && decay.gamma <= 1, "ExponentialDecay", "gamma must be in (0, 1]", decay.gamma);
    check(decay.every > 0, "ExponentialDecay", "every must be positive", static_cast<double>(decay.every));
    start_rate_ = rate();
    decay_ = decay;
    decay_from_ = steps_;
}

}  // namespace xgrad::nn
