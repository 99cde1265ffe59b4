// Scaled dot-product attention of several heads over packed projections, with its gradient. T is float or double.
#pragma once

#include <cstdint>

namespace xgrad::kernels {

/// Sizes of an attention: `steps` rows of [q, k, v] a sequence, each of them heads * width long. Head h of q starts at
/// column h * width. A causal one lets row i see the rows 0 .. i.
struct AttentionSizes {
    std::int64_t steps, heads, width;
    bool causal;
};

/// qkv [sequences, steps, 3 heads width]; y [sequences, steps, heads width]; p [sequences, heads, steps, steps] keeps
/// softmax(q k.T / sqrt(width)). The products read and write the packed arrays where they stand. For the sequences and
/// heads begin .. end - 1, counted as sequence * heads + head.
template <class T>
void attention(const T* qkv, T* y, T* p, std::int64_t begin, std::int64_t end, const AttentionSizes& sizes);

/// The gradient, given g = d/dy and the p that attention kept: dqkv, every element of these heads written.
template <class T>
void attention_vjp(const T* g, const T* qkv, const T* p, T* dqkv, std::int64_t begin, std::int64_t end,
                   const AttentionSizes& sizes);

}  // namespace xgrad::kernels
