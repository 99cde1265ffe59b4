// Elementwise kernels over operands of different shapes (NumPy's broadcasting).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace xgrad::kernels {

/// A block of an elementwise kernel, as in Op.
using Block = void (*)(void* out, const void* x, const void* y, const void* z, const double* attributes,
                       std::size_t n);

/// One elementwise call: out = f(in[0], in[1], in[2]) with right-aligned shapes. An operand with the shape of `out`
/// may be the memory of `out`.
struct Broadcast {
    const Block* blocks;  ///< forms: 0 all operands full, 1 the first is one element, 2 the second is
    const double* attributes;
    bool position_free;  ///< false: bits depend on the place in a vector, so whole arrays are run at once
    bool padded = true;  ///< false: run no more than the elements (the padding of integers might overflow)
    std::span<const std::int64_t> shape;
    std::size_t arity;
    std::span<const std::int64_t> shapes[3];
    const void* in[3];
    std::size_t bytes[3];  ///< of an element
    void* out;
    std::size_t out_bytes;
};

void broadcast(const Broadcast& call);

}  // namespace xgrad::kernels
