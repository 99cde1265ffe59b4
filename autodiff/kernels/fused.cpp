// Operands repeated block by block, and sums of blocks.
#include "autodiff/kernels/fused.hpp"

#include <algorithm>
#include <cstring>

#include "autodiff/kernels/reduce_axis.hpp"

namespace xgrad::kernels {
namespace {

template <class T>
void fill(const void* from, void* to, std::int64_t count)
{
    T value;
    std::memcpy(&value, from, sizeof value);
    std::fill_n(static_cast<T*>(to), count, value);
}

}  // namespace

// As lanes::row, which sees the whole array at once.
template <class T>
XGRAD_CLONES void add_block(RunningSum& sum, const void* from, std::int64_t n)
{
    using W = lanes::Wide<Reduction::sum, T>;
    const T* const x = static_cast<const T*>(from);
    T* const part = reinterpret_cast<T*>(sum.part);
    W* const total = reinterpret_cast<W*>(sum.total);
    const bool first = sum.count == 0;
    sum.count += n;
    if (first && n < lanes::width) {
        total[0] = lanes::row<Reduction::sum>(x, n);
        return;
    }
    const auto to_total = [&]() XGRAD_INLINE_LAMBDA {
        for (int j = 0; j < lanes::width; ++j)
            total[j] = sum.chunks == 0 ? W(part[j]) : total[j] + W(part[j]);
        ++sum.chunks;
        sum.rows = 0;
    };
    std::int64_t i = 0;
    for (; i + lanes::width <= n; i += lanes::width) {
        if (sum.rows == 0)
            for (int j = 0; j < lanes::width; ++j) part[j] = x[i + j];
        else
            for (int j = 0; j < lanes::width; ++j) part[j] += x[i + j];
        if (++sum.rows == lanes::chunk) to_total();
    }
    if (i == n) return;
    if (sum.chunks > 0 && sum.rows > 0) to_total();
    for (int j = 0; i + j < n; ++j) {
        if (sum.chunks > 0)
            total[j] += W(x[i + j]);
        else
            part[j] += x[i + j];
    }
}

template <class T>
void merge_sum(RunningSum& sum, const RunningSum& chunk)
{
    using W = lanes::Wide<Reduction::sum, T>;
    static_assert(sum_chunk == lanes::width * lanes::chunk);
    W* const total = reinterpret_cast<W*>(sum.total);
    const W* const more = reinterpret_cast<const W*>(chunk.total);
    for (int j = 0; j < lanes::width; ++j) total[j] = sum.chunks == 0 ? more[j] : total[j] + more[j];
    ++sum.chunks;
    sum.count += sum_chunk;
}

template <class T>
XGRAD_CLONES void finish_sum(RunningSum& sum, void* out, double divisor)
{
    using W = lanes::Wide<Reduction::sum, T>;
    T* const part = reinterpret_cast<T*>(sum.part);
    W* const total = reinterpret_cast<W*>(sum.total);
    if (sum.chunks > 0) {
        if (sum.rows > 0)
            for (int j = 0; j < lanes::width; ++j) total[j] += W(part[j]);
        lanes::fold<Reduction::sum, lanes::width>(total);
    } else if (sum.count >= lanes::width) {
        lanes::fold<Reduction::sum, lanes::width>(part);
        total[0] = W(part[0]);
    }
    *static_cast<T*>(out) = lanes::finish<T>(total[0], divisor);
    sum.count = sum.rows = sum.chunks = 0;
}
template void add_block<float>(RunningSum&, const void*, std::int64_t);
template void add_block<double>(RunningSum&, const void*, std::int64_t);
template void merge_sum<float>(RunningSum&, const RunningSum&);
template void merge_sum<double>(RunningSum&, const RunningSum&);
template void finish_sum<float>(RunningSum&, void*, double);
template void finish_sum<double>(RunningSum&, void*, double);

void repeat_element(const void* from, void* to, std::size_t bytes, std::int64_t count)
{
    switch (bytes) {
    case 1: return fill<std::uint8_t>(from, to, count);
    case 4: return fill<std::uint32_t>(from, to, count);
    default: return fill<std::uint64_t>(from, to, count);
    }
}

void repeat_elements(const void* from, std::int64_t period, void* to, std::size_t bytes, std::int64_t count)
{
    auto* out = static_cast<std::byte*>(to);
    const auto size = [bytes](std::int64_t elements) { return static_cast<std::size_t>(elements) * bytes; };
    std::int64_t done = std::min(period, count);
    std::memcpy(out, from, size(done));
    while (done < count) {  // twice as much each time
        const std::int64_t next = std::min(done, count - done);
        std::memcpy(out + size(done), out, size(next));
        done += next;
    }
}

void repeat_block(const void* from, Dims own, Dims whole, std::int64_t start, std::int64_t count, void* to,
                  std::size_t bytes)
{
    constexpr std::size_t most_axes = 32;
    std::int64_t place[most_axes], stride[most_axes];
    const std::size_t rank = whole.size(), missing = rank - own.size();
    std::int64_t step = 1, rest = start, offset = 0;
    for (std::size_t axis = rank; axis-- > 0;) {
        const std::int64_t length = axis < missing ? 1 : own[axis - missing];
        stride[axis] = length == 1 ? 0 : step;
        step *= length;
        place[axis] = rest % whole[axis];
        rest /= whole[axis];
        offset += place[axis] * stride[axis];
    }
    auto* out = static_cast<std::byte*>(to);
    const auto* in = static_cast<const std::byte*>(from);
    const std::size_t last = rank - 1;
    while (count > 0) {  // a stretch of the last axis at a time
        const std::int64_t n = std::min(count, whole[last] - place[last]);
        const std::byte* at = in + static_cast<std::size_t>(offset) * bytes;
        if (stride[last] == 0)
            repeat_element(at, out, bytes, n);
        else
            std::memcpy(out, at, static_cast<std::size_t>(n) * bytes);
        out += static_cast<std::size_t>(n) * bytes;
        count -= n;
        offset += n * stride[last];
        place[last] += n;
        for (std::size_t axis = last; place[axis] == whole[axis] && axis > 0; --axis) {
            offset -= stride[axis] * whole[axis];
            place[axis] = 0;
            ++place[axis - 1];
            offset += stride[axis - 1];
        }
    }
}

}  // namespace xgrad::kernels
