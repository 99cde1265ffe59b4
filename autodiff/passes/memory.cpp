// Offsets by liveness.
#include "autodiff/passes/memory.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "xgrad/autodiff/buffer.hpp"

namespace xgrad::detail {
namespace {

std::size_t by_size(std::vector<Lifetime>& lifetimes)
{
    std::vector<std::uint32_t> order(lifetimes.size());
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::stable_sort(
        order, [&](std::uint32_t a, std::uint32_t b) { return lifetimes[a].bytes > lifetimes[b].bytes; });
    std::size_t needed = 0;
    std::vector<std::uint32_t> placed;  // by offset
    for (const std::uint32_t index : order) {
        Lifetime& value = lifetimes[index];
        std::size_t offset = 0;
        for (const std::uint32_t other : placed) {
            const Lifetime& there = lifetimes[other];
            if (there.last < value.first || there.first > value.last) continue;
            if (there.offset >= offset + value.bytes) break;
            offset = std::max(offset, there.offset + there.bytes);
        }
        value.offset = offset;
        needed = std::max(needed, offset + value.bytes);
        const auto at = std::ranges::upper_bound(
            placed, offset, {}, [&](std::uint32_t other) { return lifetimes[other].offset; });
        placed.insert(at, index);
    }
    return needed;
}

// Free stretches by offset and by size; a value takes the smallest that holds it.
class FreeList {
  public:
    std::size_t take(std::size_t bytes)
    {
        const auto found = by_size_.lower_bound({bytes, 0});
        if (found == by_size_.end()) {
            const std::size_t offset = end_;
            end_ += bytes;
            return offset;
        }
        const auto [size, offset] = *found;
        remove(offset, size);
        if (size > bytes) add(offset + bytes, size - bytes);
        return offset;
    }
    void give(std::size_t offset, std::size_t bytes)
    {
        auto next = by_offset_.lower_bound(offset);
        if (next != by_offset_.begin()) {
            const auto before = std::prev(next);
            if (before->first + before->second == offset) {
                const std::size_t start = before->first, size = before->second;
                remove(start, size);
                offset = start;
                bytes += size;
                next = by_offset_.lower_bound(offset);
            }
        }
        if (next != by_offset_.end() && offset + bytes == next->first) {
            const std::size_t start = next->first, size = next->second;
            remove(start, size);
            bytes += size;
        }
        add(offset, bytes);
    }
    std::size_t end() const { return end_; }

  private:
    void add(std::size_t offset, std::size_t bytes)
    {
        by_offset_.emplace(offset, bytes);
        by_size_.emplace(bytes, offset);
    }
    void remove(std::size_t offset, std::size_t bytes)
    {
        by_offset_.erase(offset);
        by_size_.erase({bytes, offset});
    }
    std::map<std::size_t, std::size_t> by_offset_;
    std::set<std::pair<std::size_t, std::size_t>> by_size_;
    std::size_t end_ = 0;
};

std::size_t by_time(std::vector<Lifetime>& lifetimes)
{
    std::vector<std::uint32_t> starts(lifetimes.size()), ends(lifetimes.size());
    std::iota(starts.begin(), starts.end(), 0u);
    std::iota(ends.begin(), ends.end(), 0u);
    std::ranges::stable_sort(starts, {}, [&](std::uint32_t index) { return lifetimes[index].first; });
    std::ranges::stable_sort(ends, {}, [&](std::uint32_t index) { return lifetimes[index].last; });
    FreeList free;
    std::size_t ended = 0;
    for (const std::uint32_t index : starts) {
        for (; ended < ends.size() && lifetimes[ends[ended]].last < lifetimes[index].first; ++ended)
            free.give(lifetimes[ends[ended]].offset, lifetimes[ends[ended]].bytes);
        lifetimes[index].offset = free.take(lifetimes[index].bytes);
    }
    return free.end();
}

}  // namespace

std::size_t lay_out(std::vector<Lifetime>& lifetimes)
{
    for (Lifetime& value : lifetimes) value.bytes = padded(std::max<std::size_t>(value.bytes, 1));
    constexpr std::size_t many = 2000;
    return lifetimes.size() <= many ? by_size(lifetimes) : by_time(lifetimes);
}

}  // namespace xgrad::detail
