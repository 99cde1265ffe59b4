// Optimizers and learning rate schedules: a step turns gradients into new values of the parameters.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xgrad/autodiff/transform.hpp"
#include "xgrad/nn/module.hpp"

namespace xgrad::nn {

/// Stochastic gradient descent, with PyTorch's formulas: m = momentum m + g, w = w - rate m; with Nesterov's
/// correction w = w - rate (g + momentum m). weight_decay adds weight_decay w to the gradient.
struct Sgd {
    double rate = 0.01;
    double momentum = 0;
    bool nesterov = false;
    double weight_decay = 0;
};

/// Adam (Kingma & Ba 2015).
struct Adam {
    double rate = 1e-3;
    double beta1 = 0.9, beta2 = 0.999;
    double epsilon = 1e-8;
};

/// The rate is multiplied by gamma after every `every` steps: after k steps it is rate gamma^floor(k /
/// every).
struct ExponentialDecay {
    double gamma = 1;
    std::int64_t every = 1;
};

/// Updates parameters by their gradients and owns the state that this takes.
class Optimizer {
  public:
    /// @throws ValueError for an option out of range, if there is no parameter, or for a buffer (Parameter::buffer);
    ///         DtypeError for a parameter without gradient.
    Optimizer(const Sgd& options, std::vector<Parameter> parameters);
    Optimizer(const Adam& options, std::vector<Parameter> parameters);
    /// Of all parameters of a module (named first, unless it is const).
    template <class Options, module_like M>
    Optimizer(const Options& options, M& net) : Optimizer(options, nn::parameters(net))
    {}
    /// Of all parameters that a graph uses: what collapse_linear() merged in CollapseMode::parameters, say.
    Optimizer(const Sgd& options, const Graph& graph);
    Optimizer(const Adam& options, const Graph& graph);
    Optimizer(Optimizer&&) noexcept;
    Optimizer& operator=(Optimizer&&) noexcept;
    ~Optimizer();

    /// Records the update on the gradients' tape and commits it; the tape is then at its end (see
    /// Tape::commit).
    /// @throws GradientError if a parameter's gradient is not among them. Nothing has changed when it throws.
    void step(const Gradients& gradients);

    /// A number that the update reads and that changes from step to step.
    struct Input {
        Variable variable;
        bool is_step;  ///< the step count, from 1; else the rate
    };
    /// The first half of step(): records the update and declares it (Tape::assign), without a commit.
    std::vector<Input> assign(const Gradients& gradients);
    /// The last: a step was taken.
    void count_step() { ++steps_; }

    /// The parameters, for grad(loss, optimizer.parameters()).
    std::span<const Parameter> parameters() const { return parameters_; }
    /// The moments, in the order of the parameters: state to save beside them.
    std::span<const Parameter> slots() const { return slots_; }
    /// Steps taken.
    std::int64_t steps() const { return steps_; }

    /// The rate of the next step.
    double rate() const;
    /// A schedule starts again from the new rate. @throws ValueError unless it is positive and finite.
    void set_rate(double rate);
    /// Lets the rate decay, counted from here on. @throws ValueError unless 0 < gamma <= 1 and every > 0.
    void schedule(const ExponentialDecay& decay);

  private:
    enum class Kind { sgd, momentum, adam };
    void prepare();
    Variable gradient(const Gradients& gradients, std::size_t index);
    const char* name() const { return kind_ == Kind::adam ? "Adam" : "Sgd"; }

    Kind kind_;
    Sgd sgd_;
    Adam adam_;
    ExponentialDecay decay_;
    double start_rate_;
    std::vector<Parameter> parameters_, slots_;
    std::vector<std::size_t> places_;  // where each gradient was found last
    std::int64_t steps_ = 0, decay_from_ = 0;
};

}  // namespace xgrad::nn
