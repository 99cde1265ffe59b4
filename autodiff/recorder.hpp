// The engine behind a tape: storage of nodes and values, recording, execution on demand and the reverse sweep.
// Internal: users see Tape and Variable.
#pragma once

#include <bit>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "xgrad/autodiff/arena.hpp"
#include "xgrad/autodiff/id_table.hpp"
#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

/// Node::flags: where the value is, and what may happen to it.
enum Flag : std::uint8_t {
    in_arena = 1,  ///< small value in the arena
    in_pool = 2,   ///< a counted reference to a pooled block
    temporary =
        4,     ///< recorded for one consumer, which may take over its memory; computed again if asked for
    kept = 8,  ///< stays until the tape is cleared
    seed =
        16,  ///< the cotangent that grad() starts from, or a multiple of it: nobody else has a handle to it
};

/// What anomaly mode notes beside the graph: watch.hpp.
struct Watch;

class Recorder {
  public:
    static Recorder* acquire();
    static void give_back(Recorder* recorder) noexcept;

    // ---- recording
    Variable record(const Op& op, std::span<const Variable> in, double a = 0, double b = 0, ListId list = 0);
    Variable record(const Op& op, Variable x, double a = 0, double b = 0, ListId list = 0);
    Variable record(const Op& op, Variable x, Variable y, double a = 0, double b = 0, ListId list = 0);
    /// A leaf that takes over one reference to a pooled block.
    Variable leaf(const Op& op, const Array& value, std::string_view name, double a = 0);
    Variable parameter(const Parameter& parameter);

    // ---- what is recorded for a call that may refuse it
    /// The nodes from here on, the last of the graph, were recorded as operands of a call that is still to come.
    void operands_from(std::size_t first);
    /// Where the call that is about to be recorded began: at its operands, if they are the last nodes.
    std::size_t call_start() const { return operands_end_ == graph.size() ? operands_first_ : graph.size(); }
    /// Drops a call that was refused, with its operands.
    void drop_call() { truncate(call_start()); }
    /// All that is recorded stays: a handle or a mark of the user's refers to it.
    void keep_operands() { operands_first_ = operands_end_ = 0; }
    /// Output k > 0 of a node with several.
    Variable output(Variable node, std::size_t k) { return handle(node.id_ + static_cast<ValueId>(k)); }

    /// A scope of its own for this call of a composed op: "swish", "swish_2", ... within the scope that is open.
    ScopeId enter_call(const std::string& name);

    // ---- handles
    Variable handle(ValueId id) { return {this, id, graph.nodes_[id].birth}; }
    /// The recorder behind a handle. @throws StaleError
    static Recorder& of(Variable x)
    {
        if (x.recorder_ == nullptr || !x.recorder_->holds(x)) [[unlikely]]
            fail_stale(x);
        return *x.recorder_;
    }
    /// A default-constructed Variable refers to nothing.
    static bool is_set(Variable x) { return x.recorder_ != nullptr; }
    bool holds(Variable x) const
    {
        return x.id_ < graph.nodes_.size() && graph.nodes_[x.id_].birth == x.birth_;
    }
    /// Checks that a handle belongs here. @throws StaleError, GraphError
    void check(Variable x, const char* who)
    {
        if (x.recorder_ != this || !holds(x)) [[unlikely]]
            fail_handle(x, who);
    }

    // ---- values
    /// Memory of a value, computed first if it is not there.
    std::byte* value(ValueId id)
    {
        if (values_[id] == nullptr) [[unlikely]]
            compute({&id, 1});
        return values_[id];
    }
    bool has_value(ValueId id) const { return values_[id] != nullptr; }
    /// A view's hold on a value.
    Array array(ValueId id);
    std::size_t bytes_of(ValueId id) const
    {
        return static_cast<std::size_t>(element_count(graph.shape(id))) * size_of(graph.dtype(id));
    }

    /// The function at the centre: runs the nodes without a value that `targets` need, in order, and releases what
    /// only they used.
    void compute(std::span<const ValueId> targets);

    // ---- differentiation
    /// Emits the reverse sweep: cotangents of `wrt` given cotangents of `outputs`. no_value where nothing depends.
    std::vector<ValueId> reverse(std::span<const ValueId> outputs, std::span<const ValueId> cotangents,
                                 std::span<const ValueId> wrt);

    /// Makes a region of the nodes from `first` on: a backward pass computes their values again. They are let go of
    /// now, but for those of `outputs`, leaves, what is kept and what was assigned to state.
    void close_region(ValueId first, std::span<const Variable> outputs);

    /// While one of these lives, nodes are appended without being computed.
    struct Lazily {
        explicit Lazily(Recorder& recorder) : recorder(recorder), before(recorder.mode_)
        {
            recorder.mode_ |= lazy;
        }
        ~Lazily() { recorder.mode_ = before; }
        Lazily(const Lazily&) = delete;
        Recorder& recorder;
        std::uint8_t before;
    };

    bool is_lazy() const { return mode_ & lazy; }
    bool is_watched() const { return mode_ & watched; }
    bool lets_infinity_pass() const;

    // ---- anomaly mode (watch.cpp)
    /// From now on, until the tape is given back, nodes that make a NaN (or an infinity) throw AnomalyError.
    void watch(bool infinities);

    // ---- traces
    /// From now on (or no longer) it is noted which values are read.
    void watch_reads(bool on)
    {
        watching_ = on;
        read_.clear();
    }
    void note_read(ValueId id)
    {
        if (watching_) [[unlikely]]
            read_.push_back(id);
    }
    /// The first value read that depends on inputs, parameters or random numbers, in words; or an empty text.
    std::string what_was_read() const;

    // ---- state
    void assign(const Parameter& slot, Variable value);
    /// What the slot will be after a commit: the value assigned last, or else its leaf.
    Variable next_value(const Parameter& slot);
    /// assign() for what is written once more each time that a layer runs: takes the place of an assigned value.
    void assign_again(const Parameter& slot, Variable value);
    void commit();
    /// @throws StaleError if a parameter that this tape used has changed.
    void check_parameters();
    /// @throws StaleError if the node is a parameter's leaf whose values are no longer those that were recorded.
    void check_current(ValueId id);

    // ---- life
    void clear();
    /// Drops the nodes from `size` on with the updates that need them, and all updates from the given one on.
    void truncate(std::size_t size, std::size_t updates = static_cast<std::size_t>(-1));
    std::size_t update_count() const { return pending_.size(); }
    std::uint32_t epoch() const { return epoch_; }
    /// Counts the recordings that were begun here: one more after each clear().
    std::uint64_t recording() const { return recording_; }
    std::size_t bytes() const;
    /// What these outputs need, and what was assigned if `updates`. With `place`: where each node went, or no_value.
    Graph snapshot(std::span<const ValueId> outputs, bool updates = true,
                   std::vector<ValueId>* place = nullptr) const;
    /// The values of the inputs that went into a snapshot, in their order.
    std::vector<Array> inputs_of(std::span<const ValueId> place) const;

    Graph graph;
    ScopeId scope = 0;
    bool training = true;
    std::optional<Generator> generator;
    std::pair<std::uint64_t, std::uint64_t> next_stream() { return detail::next_stream(generator); }

    Recorder* next_free = nullptr;  ///< in the list of recorders that wait for a tape

    /// Marks a node's value as one that its only user may overwrite.
    void mark_temporary(Variable x) { graph.nodes_[x.id_].flags |= temporary; }
    /// Flags of a node that is recorded again from a graph.
    void mark_lasting(Variable x, std::uint8_t flags) { graph.nodes_[x.id_].flags |= flags & lasting_flags; }
    void mark_kept(Variable x) { graph.nodes_[x.id_].flags |= kept; }
    void mark_seed(Variable x, bool is = true)
    {
        std::uint8_t& flags = graph.nodes_[x.id_].flags;
        flags = static_cast<std::uint8_t>(is ? flags | seed : flags & ~seed);
    }

  private:
    friend class xgrad::VjpCall;
    struct Leaf {
        Parameter parameter;
        ValueId id;
        std::uint64_t version;
    };
    // What a reverse sweep knows of the nodes from `low` on: whether they depend on what is differentiated, and their
    // cotangents. Its memory is kept for the next one.
    struct Sweep {
        ValueId low = 0;
        std::vector<std::uint8_t> active;
        std::vector<ValueId> cotangents;

        void grow(std::size_t size)
        {
            active.resize(size - low, 0);
            cotangents.resize(size - low, no_value);
        }
        // What is differentiated with respect to, rather than what depends on it.
        static constexpr std::uint8_t source = 2;
        bool is_source(ValueId id) const { return id >= low && active[id - low] == source; }
        bool is_active(ValueId id) const { return id >= low && id - low < active.size() && active[id - low]; }
        ValueId cotangent(ValueId id) const
        {
            return id >= low && id - low < cotangents.size() ? cotangents[id - low] : no_value;
        }
        void spread(const Graph& graph, ValueId first, ValueId last);
    };

    // A stretch of nodes that a backward pass computes again. Regions are nested or apart, ordered by where they end.
    struct Region {
        static constexpr std::uint32_t none = 0xffffffffu;
        ValueId first, end;
        std::uint32_t parent;  // the region around it
    };

    [[noreturn]] static void fail_stale(Variable x);
    [[noreturn]] void fail_handle(Variable x, const char* who);
    // How nodes are recorded that are not simply computed.
    enum Mode : std::uint8_t { lazy = 1, watched = 2 };

    Node& begin_node(const Op& op);
    void finish_watched(const Op& op, ValueId id);
    void note(ValueId id);
    void inspect(ValueId id);
    [[noreturn]] void fail_anomaly(ValueId id);
    Variable finish(const Op& op, ValueId id);
    Variable finish_measured(const Op& op, ValueId id);
    void take_memory(ValueId id);
    void drop_memory(ValueId id);
    void evaluate(ValueId id);
    void evaluate_or_drop(ValueId id);
    void run(ValueId id);
    void run_kernel(ValueId id, void* const* out);
    void run_broadcast(ValueId id);
    bool steal(ValueId id, ValueId from);
    void make_room(ValueId id, ValueId first);
    void check_order();
    void declare(const Parameter& slot, Variable value, bool again);
    /// Has another value been assigned to the same slot since?
    bool superseded(std::size_t update) const
    {
        return pending_table_.find(pending_[update].first.id()) != update;
    }
    ValueId row_of(ValueId id) const;
    std::size_t only_update_of(ValueId value) const;
    bool runs_in_place(ValueId row) const;
    void check_writes()
    {
        if (detail::slot_writes.load(std::memory_order_acquire) != seen_writes_) [[unlikely]]
            check_parameters();
    }
    void descend(Sweep& sweep, ValueId first, ValueId end, bool by_regions = true);
    void pull_region(Sweep& sweep, std::uint32_t region, ValueId end);
    void copy_regions(std::uint32_t region, ValueId end, std::span<const ValueId> starts);
    std::uint32_t region_below(ValueId end) const;
    void drop_regions(std::size_t size);
    bool is_leaf(ValueId id) const;
    ValueId copy_node(ValueId id, std::span<const ValueId> inputs);
    void pull(Sweep& sweep, ValueId id);
    void pull_expanded(Sweep& sweep, ValueId id);
    void add_cotangent(Sweep& sweep, ValueId id, ValueId cotangent);

    Column<std::byte*> values_;
    Column<ValueId> pooled_;  // nodes that were given a pooled block, for clear()
    Arena arena_;
    std::vector<Leaf> leaves_;
    // Where the calls of each composed op began, by parent and name.
    std::unordered_map<std::string, std::vector<std::size_t>> calls_;
    IdTable leaf_table_, pending_table_;                  // parameter id -> place in leaves_, in pending_
    std::vector<std::pair<Parameter, ValueId>> pending_;  // of entries for one slot the last counts
    std::vector<Region> regions_;
    std::uint64_t seen_writes_ = 0;
    std::size_t operands_first_ = 0, operands_end_ = 0;
    std::uint32_t epoch_ = 1;
    std::uint64_t recording_ = 0;
    std::uint8_t mode_ = 0;
    std::shared_ptr<Watch> watch_;
    bool computing_ = false;       // within compute(), which custom code must not enter again
    std::uint8_t derivative_ = 0;  // from_derivative while the reverse sweep records
    bool watching_ = false;
    std::vector<ValueId> read_;
    ValueId overwritable_ = no_value;  // an input of the node that runs, which nobody reads afterwards
    // scratch, kept for reuse
    Sweep sweep_;
    struct ByValue {
        ValueId value;
        std::uint32_t update;
    };
    std::vector<ValueId> targets_, written_, sorted_, rows_;
    std::vector<ByValue> by_value_;  // the updates by the value that they write
    std::vector<std::uint8_t> in_place_;
    Column<std::uint32_t> uses_;
    Column<ValueId> order_;
};

}  // namespace xgrad::detail
