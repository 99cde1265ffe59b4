// Bump memory for a tape's small values. Internal.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include "xgrad/autodiff/buffer.hpp"

namespace xgrad::detail {

/// Bump memory for small values; what is released comes back through free lists by size.
class Arena {
  public:
    static constexpr std::size_t largest = 1024;  ///< bytes; larger values go to the pool

    std::byte* take(std::size_t bytes)  // bytes: a multiple of 64, at most `largest`
    {
        Free*& list = free_[bytes / alignment];
        if (list) {
            std::byte* data = reinterpret_cast<std::byte*>(list);
            list = list->next;
            return data;
        }
        if (next_ + bytes > end_) grow(bytes);
        std::byte* data = next_;
        next_ += bytes;
        return data;
    }
    void put(std::byte* data, std::size_t bytes)
    {
        Free*& list = free_[bytes / alignment];
        list = new (data) Free{list};
    }
    void clear();
    std::size_t bytes() const { return total_; }
    struct Position {
        std::size_t chunk;
        std::byte* next;
    };
    Position position() const { return {chunk_, next_}; }
    void rewind(const Position& position);
    ~Arena();

  private:
    struct Free {
        Free* next;
    };
    struct Chunk {
        std::byte* data;
        std::size_t bytes;
    };
    void grow(std::size_t bytes);
    void enter(std::size_t chunk);

    std::byte *next_ = nullptr, *end_ = nullptr;
    Free* free_[largest / alignment + 1] = {};
    std::vector<Chunk> chunks_;
    std::size_t chunk_ = 0, total_ = 0;
};

}  // namespace xgrad::detail
