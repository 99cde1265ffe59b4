// Training steps that are recorded once and replayed: loss, gradients and the optimizer's update as one Program.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "xgrad/autodiff/anomaly.hpp"
#include "xgrad/autodiff/program.hpp"
#include "xgrad/nn/module.hpp"
#include "xgrad/nn/optim.hpp"

namespace xgrad::nn {

/// The loss of a batch: recorded on the tape of its inputs, one element.
using LossFunction = std::function<Variable(std::span<const Variable>)>;

/// Options of compile().
struct CompileOptions {
    std::optional<Generator> generator =
        {};  ///< where random ops draw from; absent: one that the process shares
    std::int64_t check_every =
        0;  ///< record every n-th step again, beside the 2nd, 4th, 8th, ...; 0: only those
    /// Anomaly mode: every step is recorded, not replayed, on a tape that looks at each value (see TapeOptions). The
    /// first node that makes a NaN or an infinity throws AnomalyError; parameters are then as they were.
    bool detect_anomaly = false;
    bool allow_infinity = false;  ///< in anomaly mode: infinities are let pass, the first NaN throws
};

/// A training step. The first batch of each shape is recorded and planned; it and later ones are replayed.
///
/// What is replayed is the first batch's graph. A loss function that branches on values would make it stale, so this
/// is looked after: a trace in which a value was read (item(), value(), array()) is never replayed, every step of it is
/// recorded; and the 2nd, 4th, 8th, 16th, ... step of each shape is recorded again and compared with the first (see
/// CompileOptions::check_every).
class CompiledStep {
  public:
    CompiledStep(LossFunction loss, Optimizer optimizer, const CompileOptions& options = {});
    CompiledStep(CompiledStep&&) noexcept;
    CompiledStep& operator=(CompiledStep&&) noexcept;
    ~CompiledStep();

    /// One step on a batch; returns its loss (before the update).
    /// @throws StaleError if a step that was recorded again differs from the one that is replayed: the loss function
    ///         depends on something that is no input; what the loss function and its ops throw. Parameters are then
    ///         as they were.
    double operator()(std::span<const Array> batch);
    double operator()(std::initializer_list<Array> batch)
    {
        return (*this)(std::span(batch.begin(), batch.size()));
    }
    double operator()(const Array& x, const Array& t)
    {
        const Array* const batch[] = {&x, &t};
        return take(batch);
    }

    /// For rates, schedules and slots.
    Optimizer& optimizer();
    /// The step as it was recorded last: forward, backward and update. @throws ValueError before the first step.
    const Graph& graph() const;
    /// What was planned for the batch shape met last. @throws ValueError before the first step, or if that shape is
    /// recorded at every step.
    ProgramReport report() const;
    /// Times the steps of the plan on this batch, updates included, without taking a step: parameters, the optimizer
    /// and random streams stay as they are (see Workspace::profile).
    /// @throws ValueError if no step was taken on a batch of this shape, or that shape is recorded at every step, or
    ///         for less than one run.
    Profile profile(std::span<const Array> batch, int runs = 20);
    Profile profile(std::initializer_list<Array> batch, int runs = 20)
    {
        return profile(std::span(batch.begin(), batch.size()), runs);
    }
    Profile profile(const Array& x, const Array& t, int runs = 20)
    {
        const Array* const batch[] = {&x, &t};
        return measure(batch, runs);
    }
    /// Looks for the first NaN and the first infinity that a step on this batch would make, forward, backward or in the
    /// update; with the parameters as they are now, without taking a step. What the step draws at random is what it
    /// drew when it was recorded.
    /// @throws ValueError if no step was taken on a batch of this shape.
    std::optional<Anomaly> find_anomaly(std::span<const Array> batch) const;
    std::optional<Anomaly> find_anomaly(std::initializer_list<Array> batch) const;
    std::optional<Anomaly> find_anomaly(const Array& x, const Array& t) const;
    /// Statistics of every value of a step on this batch, gradients and updates among them, likewise; with
    /// {.gradients = true} also of the loss's gradient by each node of the forward part.
    /// @throws ValueError as above.
    Statistics statistics(std::span<const Array> batch, const StatisticsOptions& options = {}) const;
    Statistics statistics(std::initializer_list<Array> batch, const StatisticsOptions& options = {}) const;
    Statistics statistics(const Array& x, const Array& t, const StatisticsOptions& options = {}) const;
    /// How steps were taken so far.
    struct Counts {
        std::int64_t replayed = 0, recorded = 0;
    };
    Counts counts() const;
    /// Why the shape met last is recorded at every step; empty if it is replayed.
    const std::string& why_recorded() const;

  private:
    double take(std::span<const Array* const> batch);
    Profile measure(std::span<const Array* const> batch, int runs);
    struct State;
    std::unique_ptr<State> state_;
};

/// A step that trains a model: compile(net, logistic_loss, Adam{.rate = 1e-2}), then step(x, t). The model's parameters
/// are shared, not copied.
template <module_like M, class Loss, class Options>
    requires(std::same_as<Options, Sgd> || std::same_as<Options, Adam>)
CompiledStep compile(M& net, Loss loss, const Options& options, const CompileOptions& how = {})
{
    Optimizer optimizer(options, net);
    return CompiledStep(
        [net = std::as_const(net), loss](std::span<const Variable> in) -> Variable {
            if (in.size() != 2)
                throw ShapeError("compile: a step of a model takes x and t, " + std::to_string(in.size()) +
                                 " arrays were given");
            return loss(net(in[0]), in[1]);
        },
        std::move(optimizer), how);
}

/// A step of any loss function of its inputs.
template <class F>
    requires std::is_invocable_r_v<Variable, const F&, std::span<const Variable>> CompiledStep
    compile(F loss, Optimizer optimizer, const CompileOptions& how = {})
    {
        return CompiledStep(LossFunction(std::move(loss)), std::move(optimizer), how);
    }

}  // namespace xgrad::nn
