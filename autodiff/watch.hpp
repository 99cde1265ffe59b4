// What a tape in anomaly mode notes beside its graph. Internal.
#pragma once

#include <span>
#include <vector>

#include "xgrad/autodiff/anomaly.hpp"

namespace xgrad::detail {

struct Watch {
    struct Entry {
        std::uint32_t first_frame = 0, end_frame = 0;
        ValueId derived = no_value;  ///< of a gradient: the node that it belongs to
        bool infinite = false;       ///< the value has infinities
    };
    struct Sweep {
        ValueId first;  ///< what the sweep emitted begins here
        ValueId y;      ///< what was differentiated
    };

    bool infinities = true;      ///< an infinity throws, not only a NaN
    std::vector<Entry> entries;  // by node
    std::vector<void*> frames;   // return addresses, in the order of the nodes
    std::vector<Sweep> sweeps;
    ValueId derived = no_value;  ///< whose gradient is being emitted

    void begin_sweep(ValueId first, ValueId y);
    std::span<void* const> stack(ValueId id) const;
};

/// Runs the graph node by node and looks for the first NaN and the first infinity. Where an op throws on the way, what
/// follows is not computed; if nothing was found by then, it throws.
std::optional<Anomaly> examine(Graph graph, std::span<const Array> inputs);

/// "[3, 0]" as a list: where element `flat` of an array is.
Shape place_of(Dims shape, std::int64_t flat);

}  // namespace xgrad::detail
