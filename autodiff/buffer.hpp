// Reference-counted, 64-byte aligned memory from a recycling pool.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace xgrad {

/// Every value starts at a multiple of this many bytes and is padded to one, so that kernels run whole vectors.
inline constexpr std::size_t alignment = 64;

/// Bytes rounded up to whole vectors.
constexpr std::size_t padded(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

namespace detail {

/// Stands in the 64 bytes before a pooled block's data.
struct BlockHeader {
    std::atomic<std::uint32_t> references;
    std::uint32_t size_class;
    std::size_t capacity;
    BlockHeader* next;
};
static_assert(sizeof(BlockHeader) <= alignment);

inline BlockHeader* header_of(std::byte* data) { return reinterpret_cast<BlockHeader*>(data - alignment); }

/// Takes a block of at least `bytes` from this thread's free list, or from the system; one reference is the caller's.
std::byte* take_block(std::size_t bytes);
/// Puts a block without references back into this thread's free list.
void put_block(std::byte* data) noexcept;

inline void retain(std::byte* data) noexcept
{
    header_of(data)->references.fetch_add(1, std::memory_order_relaxed);
}
inline void release(std::byte* data) noexcept
{
    // A block with a single owner, which is the common case, needs no atomic read-modify-write.
    auto& references = header_of(data)->references;
    if (references.load(std::memory_order_acquire) == 1 ||
        references.fetch_sub(1, std::memory_order_acq_rel) == 1)
        put_block(data);
}

}  // namespace detail

/// A shared handle to one block of memory. Copying shares; the last handle gives the block back to the pool.
class Buffer {
  public:
    Buffer() = default;
    /// A block of at least `bytes` (0 is allowed), its contents indeterminate.
    explicit Buffer(std::size_t bytes) : data_(detail::take_block(bytes)) {}
    /// Adds a reference to a pooled block that somebody else holds.
    static Buffer share(std::byte* data) noexcept
    {
        detail::retain(data);
        Buffer buffer;
        buffer.data_ = data;
        return buffer;
    }
    Buffer(const Buffer& other) noexcept : data_(other.data_)
    {
        if (data_) detail::retain(data_);
    }
    Buffer(Buffer&& other) noexcept : data_(std::exchange(other.data_, nullptr)) {}
    Buffer& operator=(Buffer other) noexcept
    {
        std::swap(data_, other.data_);
        return *this;
    }
    ~Buffer()
    {
        if (data_) detail::release(data_);
    }

    std::byte* data() const { return data_; }
    explicit operator bool() const { return data_ != nullptr; }
    /// Gives up ownership of the reference without releasing it.
    std::byte* detach() noexcept { return std::exchange(data_, nullptr); }

  private:
    std::byte* data_ = nullptr;
};

/// What the pool has taken from the system so far, in this thread.
struct PoolStatistics {
    std::uint64_t system_allocations = 0;  ///< blocks taken from the system allocator
    std::uint64_t requests = 0;            ///< blocks asked for
    /// Bytes in blocks that are in use: taken in this thread, less what was given back in it.
    std::int64_t bytes_in_use = 0;
    std::int64_t peak_bytes = 0;  ///< the most that were in use since the start, or reset_peak_bytes()
};

/// Counts for this thread (a steady training loop takes no new block from the system).
PoolStatistics pool_statistics();

/// From now on peak_bytes is the peak from now on.
void reset_peak_bytes();

/// Gives the free blocks of this thread back to the system.
void trim_pool();

}  // namespace xgrad
