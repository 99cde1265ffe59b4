// The recycling pool: free lists by size class, one set per thread.
#include <bit>
#include <cstdlib>
#include <new>

#include "xgrad/autodiff/buffer.hpp"

namespace xgrad {
namespace detail {
namespace {

// Four size classes per power of two from 64 bytes on: at most 25 % of a block is unused.
constexpr std::uint32_t class_count = 4 * 48;

std::uint32_t class_of(std::size_t bytes)
{
    const std::size_t units = bytes <= alignment ? 0 : (bytes - 1) / alignment;  // bytes <= 64 -> class 0
    if (units < 4) return static_cast<std::uint32_t>(units);
    const int exponent = std::bit_width(units) - 1;
    return static_cast<std::uint32_t>(4 * (exponent - 1) + ((units >> (exponent - 2)) & 3));
}

std::size_t capacity_of(std::uint32_t size_class)
{
    if (size_class < 4) return (size_class + 1) * alignment;
    const std::uint32_t exponent = size_class / 4 + 1, quarter = size_class & 3;
    return ((std::size_t{4} + quarter + 1) << (exponent - 2)) * alignment;
}

struct Pool {
    BlockHeader* free[class_count] = {};
    PoolStatistics statistics;

    void trim() noexcept
    {
        for (BlockHeader*& list : free)
            while (list) {
                BlockHeader* block = list;
                list = block->next;
                std::free(block);
            }
    }
};

// Blocks can outlive the pool of their thread (statics are destroyed after thread locals): then they go straight back.
thread_local bool pool_is_gone = false;
struct PoolOwner {
    Pool pool;
    ~PoolOwner()
    {
        pool.trim();
        pool_is_gone = true;
    }
};
thread_local PoolOwner owner;

}  // namespace

std::byte* take_block(std::size_t bytes)
{
    const std::uint32_t size_class = class_of(bytes);
    BlockHeader* block = nullptr;
    if (!pool_is_gone) {
        Pool& pool = owner.pool;
        ++pool.statistics.requests;
        block = pool.free[size_class];
        if (block)
            pool.free[size_class] = block->next;
        else
            ++pool.statistics.system_allocations;
    }
    if (!block) {
        const std::size_t capacity = capacity_of(size_class);
        void* memory = std::aligned_alloc(alignment, alignment + capacity);
        if (!memory) throw std::bad_alloc();
        block = new (memory) BlockHeader{};
        block->size_class = size_class;
        block->capacity = capacity;
    }
    block->references.store(1, std::memory_order_relaxed);
    if (!pool_is_gone) {
        PoolStatistics& statistics = owner.pool.statistics;
        statistics.bytes_in_use += static_cast<std::int64_t>(block->capacity);
        if (statistics.bytes_in_use > statistics.peak_bytes) statistics.peak_bytes = statistics.bytes_in_use;
    }
    return reinterpret_cast<std::byte*>(block) + alignment;
}

void put_block(std::byte* data) noexcept
{
    BlockHeader* block = header_of(data);
    if (pool_is_gone) {
        std::free(block);
        return;
    }
    owner.pool.statistics.bytes_in_use -= static_cast<std::int64_t>(block->capacity);
    BlockHeader*& list = owner.pool.free[block->size_class];
    block->next = list;
    list = block;
}

}  // namespace detail

PoolStatistics pool_statistics()
{
    return detail::pool_is_gone ? PoolStatistics{} : detail::owner.pool.statistics;
}

void reset_peak_bytes()
{
    if (detail::pool_is_gone) return;
    PoolStatistics& statistics = detail::owner.pool.statistics;
    statistics.peak_bytes = statistics.bytes_in_use;
}

void trim_pool()
{
    if (!detail::pool_is_gone) detail::owner.pool.trim();
}

}  // namespace xgrad
