// What planning knows of every value: who wants it, when, and where it lies. Internal.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "autodiff/passes/fuse.hpp"
#include "autodiff/passes/memory.hpp"
#include "autodiff/plan.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad::detail {

struct PlanValues {
    static constexpr std::uint32_t none = 0xffffffffu;

    Plan& plan;
    Grouping grouping = {};
    std::vector<std::uint8_t> wanted = {};    ///< somebody reads it
    std::vector<std::uint8_t> outside = {};   ///< another step than its own reads it
    std::vector<std::uint32_t> used = {};     ///< how often
    std::vector<std::uint32_t> step_of = {};  ///< the step that makes it
    std::vector<std::uint32_t> last_read = {};
    std::vector<std::uint32_t> storage_of = {};  ///< the lifetime that is its memory
    std::vector<Lifetime> lifetimes = {};
    std::size_t naive_bytes = 0;
    std::unordered_map<std::uint64_t, std::uint32_t> parameter_places = {};
    std::unordered_map<ValueId, Location> numbers = {};

    const Graph& graph() const { return plan.graph; }
    const Node& node(ValueId id) const { return plan.graph[id]; }
    std::size_t bytes_of(ValueId id) const
    {
        return static_cast<std::size_t>(graph().count(id)) * size_of(graph().dtype(id));
    }
    bool is_grouped(ValueId id) const { return grouping.group_of[id] != Grouping::none; }
    // Among the members of a group are totals, which are there at its end, and row-wise ops.
    bool is_row_of_group(ValueId id) const { return is_grouped(id) && node(id).op->rows.run != nullptr; }
    bool is_total_of_group(ValueId id) const
    {
        return is_grouped(id) && !node(id).op->traits.elementwise && !is_row_of_group(id);
    }

    // The value whose memory a value is: itself, but for reshaped ones.
    ValueId root(ValueId id) const
    {
        while (node(id).op->traits.alias) id = graph().inputs(id)[0];
        return id;
    }
    // The node that runs to make it: further outputs come with theirs.
    ValueId maker(ValueId id) const { return node(id).op == &output_op ? node(id).in[0] : id; }

    // What a node reads when it runs.
    template <class F>
    void for_reads(ValueId id, F f) const
    {
        for (const ValueId in : graph().inputs(id))
            f(is_grouped(id) && node(id).op->traits.elementwise ? unrepeated(graph(), in) : in);
    }

    // ------------------------------------------------------------ leaves

    std::uint32_t parameter_index(const Parameter& parameter)
    {
        const auto [at, is_new] =
            parameter_places.try_emplace(parameter.id(), static_cast<std::uint32_t>(plan.parameters.size()));
        if (is_new) plan.parameters.push_back(parameter);
        return at->second;
    }
    Location add_constant(Array array)
    {
        plan.constants.push_back(std::move(array));
        return {Location::constant, static_cast<std::uint32_t>(plan.constants.size() - 1), 0};
    }
    void place_leaves()
    {
        plan.place.assign(graph().size(), Location{});
        storage_of.assign(graph().size(), none);
        plan.inputs = graph().input_ids();
        for (std::uint32_t k = 0; k < plan.inputs.size(); ++k)
            plan.place[plan.inputs[k]] = {Location::input, k, 0};
        for (const auto& [id, parameter] : graph().parameters())
            plan.place[id] = {Location::parameter, parameter_index(parameter), 0};
        for (ValueId id = 0; id < graph().size(); ++id) {
            if (node(id).op == &constant_op) plan.place[id] = add_constant(graph().constant(id));
            if (node(id).op->traits.stochastic) plan.random.push_back(id);
        }
    }
    static Array filled(DType dtype, Shape shape, double value)
    {
        Array array(dtype, std::move(shape));
        const std::size_t count =
            padded(static_cast<std::size_t>(array.size()) * size_of(dtype)) / size_of(dtype);
        switch (dtype) {
        case DType::float32:
            std::fill_n(static_cast<float*>(array.mutable_data()), count, static_cast<float>(value));
            break;
        case DType::float64: std::fill_n(static_cast<double*>(array.mutable_data()), count, value); break;
        case DType::int64:
            std::fill_n(static_cast<std::int64_t*>(array.mutable_data()), count,
                        static_cast<std::int64_t>(value));
            break;
        case DType::boolean: std::fill_n(static_cast<bool*>(array.mutable_data()), count, value != 0); break;
        }
        return array;
    }
    // Where a value lies that somebody reads as a whole array.
    Location whole(ValueId id)
    {
        const ValueId from = root(id);
        if (node(from).op->traits.filled && plan.place[from].kind == Location::none) {
            const Dims shape = graph().shape(from);
            plan.place[from] =
                add_constant(filled(graph().dtype(from), Shape(shape.begin(), shape.end()), node(from).a));
        }
        return plan.place[from];
    }
    // A vector of a filled array: what a group needs of it.
    Location number(ValueId id)
    {
        const auto [at, is_new] = numbers.try_emplace(id, Location{});
        if (is_new)
            at->second = add_constant(
                filled(graph().dtype(id), {static_cast<std::int64_t>(alignment / size_of(graph().dtype(id)))},
                       node(id).a));
        return at->second;
    }

    // ------------------------------------------------------------ memory

    // Gives a value memory from one step to another (what comes after the last one counts as one step).
    Location take_memory(ValueId id, std::uint32_t first, std::uint32_t last)
    {
        storage_of[id] = static_cast<std::uint32_t>(lifetimes.size());
        lifetimes.push_back({bytes_of(id), first, last});
        naive_bytes += padded(bytes_of(id));
        return plan.place[id] = {Location::memory, storage_of[id], 0};
    }
    std::uint32_t last_of(ValueId id, std::uint32_t step) const
    {
        return last_read[id] == none ? step : std::max(step, last_read[id]);
    }
    void make_sure_of_place(ValueId id, std::uint32_t step)
    {
        if (plan.place[id].kind == Location::none) take_memory(id, step, last_of(id, step));
    }
    std::uint32_t add_pointer(Location at, std::uint32_t step = 0, bool own = false)
    {
        plan.pointers.push_back({at, step, own});
        return static_cast<std::uint32_t>(plan.pointers.size() - 1);
    }
};

}  // namespace xgrad::detail
