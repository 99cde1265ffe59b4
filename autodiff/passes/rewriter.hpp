// The driver behind rewrite(): one pass records the graph anew, node by node, with what rules make of it. Internal.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "autodiff/passes/pattern.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rewrite.hpp"

namespace xgrad::detail {

class Rewriter;

/// What a Match shows.
struct Matched {
    Rewriter& rewriter;
    const Pattern& pattern;
    Bindings bindings;
    ValueId root;

    ValueId at(std::string_view name) const;
};

class Rewriter {
  public:
    Rewriter(const Graph& graph, std::span<const Rule> rules, const RewriteOptions& options);
    Rewritten run();

    Recorder& recorder() { return *recorder_; }
    Range range(ValueId id) const { return ranges_[id]; }
    double uniform(ValueId id) const { return uniform_[id]; }
    /// "sigmoid (net.2)"
    std::string describe(ValueId id) const;

  private:
    struct Compiled {
        const Rule* rule;
        Pattern pattern;
    };

    bool pass(const Graph& old, std::vector<ValueId>& origins, Graph& result);
    ValueId copy(const Graph& old, ValueId id);
    ValueId shared(const Graph& old, ValueId id, std::size_t& hash) const;
    void took_in(bool emitted);
    std::optional<ValueId> computed(ValueId id, ValueId old_id);
    std::optional<ValueId> apply_one(ValueId id, ValueId old_id);
    bool takes_name(ValueId old_id, ValueId by, const std::string& rule, ValueId node);
    const std::vector<std::uint32_t>& rules_for(const Op& op);
    Graph finish(const Graph& old, std::vector<ValueId>& origins);

    std::string label(ValueId id, int depth) const;
    std::string expression(ValueId id, std::span<const ValueId> known, ValueId below, int depth) const;
    void log(Application application, std::span<const ValueId> matched, ValueId first_new, ValueId by);
    void refuse(const std::string& rule, std::vector<ValueId> nodes, std::string reason);

    const Graph& graph_;
    RewriteOptions options_;
    std::vector<Compiled> rules_;
    std::unordered_map<const Op*, std::vector<std::uint32_t>> by_op_;
    RewriteLog log_;
    std::size_t limit_;
    std::vector<std::uint32_t> old_makers_;

    // ---- of one pass
    Recorder* recorder_ = nullptr;
    const Graph* old_ = nullptr;
    std::vector<ValueId> place_;              // of the old graph: where each value is now
    std::vector<std::uint8_t> replaced_;      // likewise: a rule put something else in its place
    std::vector<std::uint8_t> named_output_;  // likewise
    std::vector<std::uint32_t> uses_;         // likewise
    std::vector<ValueId> origin_;             // of the new one: the node of the very first graph
    std::vector<std::uint32_t> maker_;        // or the application that made it
    std::vector<std::uint32_t> readers_;
    std::vector<double> uniform_;  // the number that fills a value, or NaN
    std::vector<Range> ranges_;
    std::vector<std::uint8_t> derivative_;
    std::uint8_t root_derivative_ = 0;
    std::unordered_multimap<std::size_t, std::pair<ValueId, ValueId>>
        seen_;  // key node, what stands for it now
    std::vector<NotApplied> refused_;
    std::size_t applied_ = 0;
};

}  // namespace xgrad::detail
