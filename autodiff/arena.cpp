// Bump memory for small values: chunks that are kept from one recording to the next.
#include <algorithm>
#include <cstdlib>

#include "xgrad/autodiff/arena.hpp"

namespace xgrad::detail {

void Arena::enter(std::size_t chunk)
{
    chunk_ = chunk;
    next_ = chunks_[chunk].data;
    end_ = next_ + chunks_[chunk].bytes;
}

void Arena::grow(std::size_t bytes)
{
    if (next_ != nullptr && chunk_ + 1 < chunks_.size()) return enter(chunk_ + 1);
    if (next_ == nullptr && !chunks_.empty()) return enter(0);
    constexpr std::size_t first = std::size_t{1} << 16, most = std::size_t{1} << 22;
    const std::size_t size =
        std::max(bytes, chunks_.empty() ? first : std::min(most, 2 * chunks_.back().bytes));
    void* memory = std::aligned_alloc(alignment, size);
    if (!memory) throw std::bad_alloc();
    chunks_.push_back({static_cast<std::byte*>(memory), size});
    total_ += size;
    enter(chunks_.size() - 1);
}

void Arena::clear()
{
    std::fill(std::begin(free_), std::end(free_), nullptr);
    if (!chunks_.empty()) enter(0);
}

void Arena::rewind(const Position& position)
{
    std::fill(std::begin(free_), std::end(free_), nullptr);  // some of it lies beyond the mark
    if (chunks_.empty() || position.next == nullptr) return clear();
    enter(position.chunk);
    next_ = position.next;
}

Arena::~Arena()
{
    for (const Chunk& chunk : chunks_) std::free(chunk.data);
}

}  // namespace xgrad::detail
