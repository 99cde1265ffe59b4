// Data movement without arithmetic: permute, slice, concatenate, split, broadcast.
#pragma once

#include <cstddef>

#include "autodiff/kernels/dims.hpp"

namespace xgrad::kernels {

// Elements are raw bytes of size 1, 4 or 8; arrays are contiguous, rank <= 32, and input and output do not overlap.

/// out has shape[perm[0]], shape[perm[1]], ...; out[i_perm[0], i_perm[1], ...] = in[i_0, i_1, ...] (numpy.transpose).
void permute(const void* in, void* out, std::size_t element_size, Dims shape, Dims perm);

/// out[i, j, ...] = in[start[0] + i * step[0], start[1] + j * step[1], ...]; steps may be negative, not 0.
void slice(const void* in, void* out, std::size_t element_size, Dims in_shape, Dims start, Dims step,
           Dims out_shape);

/// The adjoint of slice: `dx` (in_shape) is zero but for g (out_shape) at the places slice reads. float, double.
template <class T>
void unslice(const T* g, T* dx, Dims in_shape, Dims start, Dims step, Dims out_shape);

/// One input of concat: [outer, axis, inner].
struct Piece {
    const void* data;
    std::int64_t axis;
};

/// Joins the pieces along the middle axis; out is [outer, sum of axis, inner].
void concat(std::span<const Piece> pieces, void* out, std::size_t element_size, std::int64_t outer,
            std::int64_t inner);

/// The inverse of concat for one piece: out [outer, length, inner] = in [outer, axis, inner] from `begin` on.
void split_piece(const void* in, void* out, std::size_t element_size, std::int64_t outer, std::int64_t axis,
                 std::int64_t inner, std::int64_t begin, std::int64_t length);

/// Repeats `in` along new axes and axes of length 1 until it has out_shape (ranks aligned on the right).
void broadcast_to(const void* in, void* out, std::size_t element_size, Dims in_shape, Dims out_shape);

}  // namespace xgrad::kernels
