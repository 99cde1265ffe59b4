// Anomaly mode: values are looked at as they are computed; the first one that is not finite is reported.
#include "autodiff/watch.hpp"

#include <cmath>

#include "autodiff/call_stack.hpp"
#include "autodiff/evaluation.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

void Watch::begin_sweep(ValueId first, ValueId y)
{
    while (!sweeps.empty() && sweeps.back().first >= first) sweeps.pop_back();  // rewound since
    sweeps.push_back({first, y});
}

std::span<void* const> Watch::stack(ValueId id) const
{
    const Entry& entry = entries[id];
    return std::span(frames).subspan(entry.first_frame, entry.end_frame - entry.first_frame);
}

void Recorder::watch(bool infinities)
{
    watch_ = std::make_shared<Watch>();
    watch_->infinities = infinities;
    mode_ |= watched;
}

bool Recorder::lets_infinity_pass() const { return watch_ && !watch_->infinities; }

// As finish(), with a look at what comes out.
void Recorder::finish_watched(const Op& op, ValueId id)
{
    note(id);
    if ((mode_ & lazy) || op.traits.update) return;
    try {
        evaluate(id);
        inspect(id);
    } catch (...) {
        overwritable_ = no_value;
        truncate(id);
        throw;
    }
}

// Who records this node, and whose gradient it is. What was noted of nodes that are gone since goes too.
void Recorder::note(ValueId id)
{
    Watch& watch = *watch_;
    watch.entries.resize(id);
    watch.frames.resize(id > 0 ? watch.entries[id - 1].end_frame : 0);
    Watch::Entry entry;
    entry.first_frame = static_cast<std::uint32_t>(watch.frames.size());
    capture_stack(watch.frames);
    entry.end_frame = static_cast<std::uint32_t>(watch.frames.size());
    if (graph.nodes_[id].flags & from_derivative) entry.derived = watch.derived;
    watch.entries.resize(graph.size(), entry);  // its further outputs are like it
}

namespace {

struct Found {
    bool nan = false, infinity = false;
};
template <class T>
Found scan(const std::byte* memory, std::int64_t count)
{
    const T* const data = reinterpret_cast<const T*>(memory);
    Found found;
    for (std::int64_t i = 0; i < count; ++i) {
        if (std::isfinite(data[i])) continue;
        (std::isnan(data[i]) ? found.nan : found.infinity) = true;
    }
    return found;
}

}  // namespace

// Looks at the values that a node has made. Leaves are as they were given: what is made of them counts.
void Recorder::inspect(ValueId id)
{
    const ValueId row = row_of(id);
    const Op& op = *graph.nodes_[row].op;
    bool infinite_input = false;
    for (const ValueId in : graph.inputs(row))
        infinite_input = infinite_input || watch_->entries[in].infinite;
    for (int k = 0; k < op.outputs; ++k) {
        const ValueId value = row + static_cast<ValueId>(k);
        const DType dtype = graph.dtype(value);
        if (values_[value] == nullptr || !is_floating(dtype)) continue;
        const std::int64_t count = graph.count(value);
        const Found found = dtype == DType::float32 ? scan<float>(values_[value], count)
                                                    : scan<double>(values_[value], count);
        watch_->entries[value].infinite = found.infinity;
        if (op.arity == 0) continue;
        if (found.nan || (found.infinity && watch_->infinities && !infinite_input)) fail_anomaly(value);
    }
}

// The nodes that this one needs are evaluated again, apart, where every value stays.
void Recorder::fail_anomaly(ValueId id)
{
    const Watch& watch = *watch_;
    std::vector<ValueId> outputs;
    if (!watch.sweeps.empty() && id >= watch.sweeps.back().first) {
        auto sweep = watch.sweeps.rbegin();
        while (sweep != watch.sweeps.rend() && sweep->first > id) ++sweep;
        outputs.push_back(sweep->y);
    }
    outputs.push_back(id);
    const std::size_t shown = outputs.size();
    if (const ValueId of = watch.entries[id].derived; of != no_value) outputs.push_back(of);
    std::vector<ValueId> place;
    Graph part = snapshot(outputs, false, &place);
    std::vector<ValueId> ids(part.outputs().begin(),
                             part.outputs().begin() + static_cast<std::ptrdiff_t>(shown));
    part.set_outputs(std::move(ids));
    std::vector<ValueId> from(part.size(), no_value);
    for (ValueId at = 0; at < place.size(); ++at)
        if (place[at] != no_value) from[place[at]] = at;

    std::optional<Anomaly> anomaly = examine(part, inputs_of(place));
    const auto first_at = [&] { return anomaly->first().node; };
    if (!anomaly || first_at() > place[id]) {  // an op that gives something else each time
        anomaly.emplace();
        anomaly->graph = std::move(part);
        anomaly->values.resize(anomaly->graph.size());
        Anomaly::Birth birth;
        birth.node = place[id];
        const Array value = array(id);
        anomaly->values[birth.node] = statistics_of(values_[id], value.dtype(), value.size());
        (anomaly->values[birth.node].nans > 0 ? anomaly->nan : anomaly->infinity) = birth;
    }
    for (std::optional<Anomaly::Birth>* birth : {&anomaly->nan, &anomaly->infinity}) {
        if (!*birth) continue;
        const ValueId here = from[(*birth)->node];
        (*birth)->recorded = call_sites(watch.stack(here));
        const ValueId of = watch.entries[here].derived;
        if (of == no_value) continue;
        (*birth)->gradient_of = place[of];
        (*birth)->forward_recorded = call_sites(watch.stack(of));
    }
    // Whoever asks for the value again gets the same answer.
    const ValueId row = row_of(id);
    for (int k = 0; k < graph.nodes_[row].op->outputs; ++k)
        if (values_[row + static_cast<ValueId>(k)] != nullptr) drop_memory(row + static_cast<ValueId>(k));
    throw AnomalyError(std::move(*anomaly));
}

}  // namespace xgrad::detail
