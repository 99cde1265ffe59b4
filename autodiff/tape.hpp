// Tapes and variables: a scope that records arithmetic while it computes it, and the handles into it.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xgrad/autodiff/array.hpp"
#include "xgrad/autodiff/graph.hpp"
#include "xgrad/autodiff/parameter.hpp"

namespace xgrad {

class Tape;
namespace detail {
class Recorder;
}

/// A handle to a recorded value: 16 bytes, trivially copyable, usable like a number. Using a handle whose tape was
/// cleared, rewound past it or destroyed throws StaleError.
class Variable {
  public:
    /// Refers to nothing; using it throws StaleError.
    Variable() = default;

    /// The value as a read-only xtensor view that keeps its memory alive, however long the tape lives. A value that
    /// was released is computed again.
    /// @throws DtypeError if T is not the value's element type; StaleError.
    template <element T>
    View<T> value() const;
    /// The value as an Array.
    Array array() const;
    /// The only element of a value of size 1, as a double.
    /// @throws ShapeError if it has more or fewer.
    double item() const;

    /// Lengths of the axes; valid until the tape is cleared.
    Dims shape() const;
    DType dtype() const;
    std::int64_t size() const { return element_count(shape()); }
    /// The tape that recorded it (a borrowed handle).
    Tape tape() const;
    /// Names the value for messages, dumps and pictures, and returns it.
    Variable named(std::string name) const;
    /// Its place in the graph.
    ValueId id() const { return id_; }
    // Misuse gets a sentence instead of a page of template errors.
    /// "if (x)" has no meaning while recording; this says what to write instead.
    template <std::same_as<bool> B>
    explicit operator B() const
    {
        static_assert(
            !std::same_as<B, bool>,
            "xgrad: a Variable is not a condition: use x.item() for its number, where(c, a, b) to choose "
            "elementwise, and logical_and, logical_or, logical_not for &&, ||, !");
        return false;
    }
    /// Neither do indices.
    template <std::integral I>
    void operator[](I) const
    {
        static_assert(!std::integral<I>,
                      "xgrad: x[i] does not index a Variable: use slice(x, {{i, i + 1}}) to record a part of "
                      "it, or x.value<T>()(i) for a number");
    }
    template <std::integral I, class... J>
    void operator()(I, J...) const
    {
        static_assert(!std::integral<I>,
                      "xgrad: x(i, j) does not index a Variable: use slice(x, {{i, i + 1}, {j, j + 1}}) to "
                      "record a part of it, or x.value<T>()(i, j) for a number");
    }

  private:
    friend class detail::Recorder;
    Variable(detail::Recorder* recorder, ValueId id, std::uint32_t birth)
        : recorder_(recorder), id_(id), birth_(birth)
    {}
    detail::Recorder* recorder_ = nullptr;
    ValueId id_ = no_value;
    std::uint32_t birth_ = 0;
};

/// Prints the value.
std::ostream& operator<<(std::ostream& out, Variable x);

/// A source of random streams: what random ops draw is a function of (seed, stream, element), so that the same seed
/// gives the same numbers whatever the number of threads. Copying shares.
class Generator {
  public:
    explicit Generator(std::uint64_t seed)
        : seed_(seed), next_(std::make_shared<std::atomic<std::uint64_t>>(0))
    {}
    std::uint64_t seed() const { return seed_; }
    /// The next unused stream.
    std::uint64_t next_stream() const { return next_->fetch_add(1, std::memory_order_relaxed); }

  private:
    std::uint64_t seed_;
    std::shared_ptr<std::atomic<std::uint64_t>> next_;
};

namespace detail {
/// Seed and stream of the next random op: from the generator, or from the one that the process shares.
std::pair<std::uint64_t, std::uint64_t> next_stream(const std::optional<Generator>& generator);
}  // namespace detail

/// How a tape records.
struct TapeOptions {
    bool training = true;  ///< dropout and the like are active
    std::optional<Generator> generator =
        {};  ///< where random ops draw from; absent: one that the process shares
    /// Anomaly mode: every value is looked at as soon as it is computed, and the first node that makes a NaN or an
    /// infinity of finite numbers throws AnomalyError (anomaly.hpp), forward or backward. Slow: to find an error, not
    /// to train.
    bool detect_anomaly = false;
    bool allow_infinity = false;  ///< in anomaly mode: the first NaN throws, infinities are let pass
};

/// A recording scope. Values are computed as they are recorded. Cheap to make afresh for every step: storage is
/// recycled. Move-only; not to be used by two threads at once (two tapes in two threads never meet).
class Tape {
  public:
    Tape() : Tape(TapeOptions{}) {}
    explicit Tape(const TapeOptions& options);
    Tape(Tape&& other) noexcept;
    Tape& operator=(Tape&& other) noexcept;
    ~Tape();

    /// A leaf to differentiate with respect to: a copy of the values (an Array's memory is shared, not copied).
    Variable variable(const Array& value, std::string_view name = {});
    template <element T>
    Variable variable(T scalar, std::string_view name = {})
    {
        return variable(Array::scalar(scalar), name);
    }
    /// A leaf that is data. The same as variable() but for its role in pictures and dumps.
    Variable constant(const Array& value, std::string_view name = {});
    template <element T>
    Variable constant(T scalar, std::string_view name = {})
    {
        return constant(Array::scalar(scalar), name);
    }
    /// The leaf of a parameter on this tape: the same one whenever it is asked for. Reads the parameter's memory.
    /// @throws StaleError if the parameter has changed since this tape first used it.
    Variable parameter(const Parameter& parameter);

    /// Declares that `slot` gets the value of `value` at the next commit().
    /// @throws ShapeError, DtypeError if they differ; ValueError if the slot already has an update.
    void assign(const Parameter& slot, Variable value);
    /// Writes what assign() declared, all or nothing. Values that this tape has computed stay readable; recording
    /// on throws StaleError once a parameter that it used has changed.
    void commit();

    /// The current end of the recording.
    struct Mark {
        std::size_t size = 0;
        std::uint32_t birth = 0;
        const detail::Recorder* recorder = nullptr;
        std::size_t updates = 0;
    };
    Mark mark() const;
    /// Drops what was recorded and assigned since. Handles to it become stale.
    /// @throws StaleError if the mark is no longer part of this recording; GraphError if it is another tape's.
    void rewind(const Mark& mark);
    /// Drops everything; memory is kept for reuse.
    void clear();

    /// A module's scope: what is recorded until the guard ends belongs to it.
    class ScopeGuard {
      public:
        ScopeGuard(detail::Recorder* recorder, ScopeId outer);
        ScopeGuard(const ScopeGuard&) = delete;
        ScopeGuard& operator=(const ScopeGuard&) = delete;
        ~ScopeGuard();

      private:
        detail::Recorder* recorder_;
        ScopeId outer_;
        std::uint64_t recording_;  // which one it belongs to: that may have been cleared since
    };
    /// Opens a scope: `path` is its name ("hidden"), or a dotted path from the root ("encoder.layer2.linear").
    [[nodiscard]] ScopeGuard scope(std::string_view path, std::string_view type = {});

    /// What was recorded that these outputs need, as a graph of its own with parameters and constants.
    Graph graph(std::span<const Variable> outputs) const;
    Graph graph(std::initializer_list<Variable> outputs) const { return graph(std::span(outputs)); }
    /// Number of nodes recorded.
    std::size_t size() const;
    bool training() const;
    /// Bytes held for nodes and small values (large ones are in the pool).
    std::size_t bytes() const;

    /// @throws StaleError for a tape that was moved from.
    detail::Recorder& recorder() const;

  private:
    friend class Variable;
    Tape(detail::Recorder* recorder, bool owner) : recorder_(recorder), owner_(owner) {}
    detail::Recorder* recorder_ = nullptr;
    bool owner_ = true;
};

/// Keeps a value through the release of intermediate results that follows a gradient.
Variable keep(Variable x);

}  // namespace xgrad
