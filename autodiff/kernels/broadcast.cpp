// Elementwise kernels over operands of different shapes: rows of equal form are handed to the block kernels.
#include <algorithm>
#include <cstring>

#include "autodiff/kernels/broadcast.hpp"
#include "autodiff/kernels/move.hpp"
#include "autodiff/kernels/threads.hpp"
#include "xgrad/autodiff/buffer.hpp"

namespace xgrad::kernels {
namespace {

constexpr std::size_t most_axes = 32;
constexpr std::size_t short_row =
    64;  // shorter rows are repeated side by side, so that a call is worth its cost
constexpr std::size_t tile = 512;

struct Axis {
    std::int64_t length;
    std::int64_t stride[3];  // in elements; 0 where the operand is repeated
};

// The axes with neighbours merged where every operand allows it.
std::size_t merged_axes(const Broadcast& call, Axis* axes)
{
    const std::size_t rank = call.shape.size();
    std::int64_t step[3] = {1, 1, 1};
    std::size_t count = 0;  // axes found so far, innermost first
    for (std::size_t axis = rank; axis-- > 0;) {
        const std::int64_t length = call.shape[axis];
        if (length == 1) continue;
        Axis next{length, {}};
        for (std::size_t k = 0; k < call.arity; ++k) {
            const auto& shape = call.shapes[k];
            const std::size_t missing = rank - shape.size();
            const std::int64_t own = axis < missing ? 1 : shape[axis - missing];
            next.stride[k] = own == 1 ? 0 : step[k];
            step[k] *= own;
        }
        if (count > 0) {
            Axis& inner = axes[count - 1];
            bool fits = true;
            for (std::size_t k = 0; k < call.arity; ++k)
                fits = fits && next.stride[k] == inner.stride[k] * inner.length;
            if (fits) {
                inner.length *= length;
                continue;
            }
        }
        axes[count++] = next;
    }
    return std::max<std::size_t>(count, 1);
}

std::size_t lanes(const Broadcast& call)
{
    if (!call.padded) return 1;
    std::size_t widest = call.out_bytes;
    for (std::size_t k = 0; k < call.arity; ++k) widest = std::max(widest, call.bytes[k]);
    return alignment / widest;
}

const std::byte* at(const void* data, std::int64_t index, std::size_t bytes)
{
    return static_cast<const std::byte*>(data) + static_cast<std::size_t>(index) * bytes;
}

// Operands that are a single element by `form` stay where they are.
void run_whole(const Broadcast& call, const void* const* in, std::size_t form, std::size_t count)
{
    const std::size_t width = lanes(call);  // whole vectors: operands are padded
    constexpr std::int64_t grain = 1 << 14;
    parallel_for(static_cast<std::int64_t>(count), grain, [&](std::int64_t begin, std::int64_t end) {
        const void* part[3] = {};
        for (std::size_t k = 0; k < call.arity; ++k)
            part[k] = at(in[k], form >> k & 1 ? 0 : begin, call.bytes[k]);
        call.blocks[form](
            static_cast<std::byte*>(call.out) + static_cast<std::size_t>(begin) * call.out_bytes, part[0],
            part[1], part[2], call.attributes,
            (static_cast<std::size_t>(end - begin) + width - 1) / width * width);
    });
}

// Repeats what is smaller than the result, then runs the block once over everything.
void run_repeated(const Broadcast& call, std::size_t count)
{
    Buffer full[3];
    const void* in[3] = {};
    for (std::size_t k = 0; k < call.arity; ++k) {
        in[k] = call.in[k];
        std::size_t own = 1;
        for (const std::int64_t length : call.shapes[k]) own *= static_cast<std::size_t>(length);
        if (own == count) continue;
        full[k] = Buffer(count * call.bytes[k]);
        broadcast_to(call.in[k], full[k].data(), call.bytes[k], call.shapes[k], call.shape);
        in[k] = full[k].data();
    }
    run_whole(call, in, 0, count);
}

// [rows, n] with one operand full and the other one row that repeats: several rows at a time.
void run_short_rows(const Broadcast& call, const Axis& rows, std::size_t n, std::size_t repeated)
{
    const std::size_t group = tile / n;
    alignas(alignment) std::byte copies[tile * 8];
    const std::size_t bytes = call.bytes[repeated];
    for (std::size_t i = 0; i < group; ++i) std::memcpy(copies + i * n * bytes, call.in[repeated], n * bytes);
    for (std::int64_t row = 0; row < rows.length; row += static_cast<std::int64_t>(group)) {
        const std::size_t count =
            std::min<std::size_t>(group, static_cast<std::size_t>(rows.length - row)) * n;
        const std::int64_t start = row * static_cast<std::int64_t>(n);
        const void* in[2] = {at(call.in[0], start, call.bytes[0]), at(call.in[1], start, call.bytes[1])};
        in[repeated] = copies;
        call.blocks[0](static_cast<std::byte*>(call.out) + static_cast<std::size_t>(start) * call.out_bytes,
                       in[0], in[1], nullptr, call.attributes, count);
    }
}

}  // namespace

void broadcast(const Broadcast& call)
{
    std::size_t count = 1;
    for (const std::int64_t length : call.shape) count *= static_cast<std::size_t>(length);
    if (count == 0) return;
    Axis axes[most_axes] = {{1, {1, 1, 1}}};  // the first one stands for a single element
    const std::size_t rank = merged_axes(call, axes);
    const Axis& inner = axes[0];
    const std::size_t n = static_cast<std::size_t>(inner.length);
    std::size_t form = 0;
    if (n > 1)
        for (std::size_t k = 0; k < call.arity; ++k)
            if (inner.stride[k] == 0) form |= std::size_t{1} << k;
    const bool available = call.arity == 2 && form < 3;
    // A function of a single element is computed outside the loop, by the scalar form, whose last bits differ.
    if (rank == 1 && (form == 0 || (available && call.position_free)))
        return run_whole(call, call.in, form, count);
    if (!call.position_free || !available) return run_repeated(call, count);

    if (rank == 2 && form == 0 && n < short_row && axes[1].length > 1)
        for (std::size_t k = 0; k < 2; ++k)
            if (axes[1].stride[k] == 0 && axes[1].stride[1 - k] == inner.length)
                return run_short_rows(call, axes[1], n, k);

    // Row by row; `place` counts the outer axes.
    std::int64_t place[most_axes] = {};
    std::int64_t offset[2] = {0, 0};
    auto* out = static_cast<std::byte*>(call.out);
    for (std::size_t done = 0; done < count; done += n) {
        call.blocks[form](out, at(call.in[0], offset[0], call.bytes[0]),
                          at(call.in[1], offset[1], call.bytes[1]), nullptr, call.attributes, n);
        out += n * call.out_bytes;
        for (std::size_t axis = 1; axis < rank; ++axis) {
            for (std::size_t k = 0; k < 2; ++k) offset[k] += axes[axis].stride[k];
            if (++place[axis] < axes[axis].length) break;
            for (std::size_t k = 0; k < 2; ++k) offset[k] -= axes[axis].stride[k] * axes[axis].length;
            place[axis] = 0;
        }
    }
}

}  // namespace xgrad::kernels
