// From an id to a place in a list: open addressing, cleared and filled again at every step. Internal.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace xgrad::detail {

/// Ids are positive.
class IdTable {
  public:
    static constexpr std::uint32_t none = 0xffffffffu;

    /// The place of an id, or none.
    std::uint32_t find(std::uint64_t id) const
    {
        if (count_ == 0) return none;
        for (std::size_t at = start(id);; at = (at + 1) & (entries_.size() - 1)) {
            if (entries_[at].first == id) return entries_[at].second;
            if (entries_[at].first == 0) return none;
        }
    }
    /// Adds an id that is not there.
    void insert(std::uint64_t id, std::uint32_t place)
    {
        if (entries_.size() < 2 * (count_ + 1)) grow();
        put(id, place);
        ++count_;
    }
    /// Gives an id this place, whether or not it has one.
    void set(std::uint64_t id, std::uint32_t place)
    {
        if (find(id) == none) return insert(id, place);
        std::size_t at = start(id);
        while (entries_[at].first != id) at = (at + 1) & (entries_.size() - 1);
        entries_[at].second = place;
    }
    void clear()
    {
        if (count_ == 0) return;
        std::fill(entries_.begin(), entries_.end(), Entry{});
        count_ = 0;
    }

  private:
    using Entry = std::pair<std::uint64_t, std::uint32_t>;
    std::size_t start(std::uint64_t id) const
    {
        return static_cast<std::size_t>(id * 0x9e3779b97f4a7c15u >> 20) & (entries_.size() - 1);
    }
    void put(std::uint64_t id, std::uint32_t place)
    {
        std::size_t at = start(id);
        while (entries_[at].first) at = (at + 1) & (entries_.size() - 1);
        entries_[at] = {id, place};
    }
    void grow()
    {
        std::vector<Entry> before(std::max<std::size_t>(16, 2 * entries_.size()));
        before.swap(entries_);
        for (const Entry& entry : before)
            if (entry.first) put(entry.first, entry.second);
    }

    std::vector<Entry> entries_;  // as many as a power of two
    std::size_t count_ = 0;
};

}  // namespace xgrad::detail
