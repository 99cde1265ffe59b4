// Reductions: collapse the shape to [outer, axis, inner], then run one lane kernel for rows or for columns.

#include "autodiff/kernels/reduce.hpp"

#include <cstring>
#include <limits>
#include <vector>

#include "autodiff/kernels/lanes.hpp"

namespace xgrad::kernels {

namespace {

using lanes::Wide;

/// The total as a result: divided (for a mean) before it is rounded to T.
template <class T, class W>
XGRAD_INLINE T finish(W total, double divisor)
{
    if constexpr (std::is_floating_point_v<W>)
        return T(divisor == 1 ? total : W(total / W(divisor)));
    else
        return divisor == 1 ? total : total / T(divisor);
}

/// out[o] = reduction of in[o, :]
template <Reduction kind, class T>
XGRAD_CLONES void reduce_rows(const T* in, T* out, std::int64_t outer, std::int64_t axis, double divisor)
{
    for (std::int64_t o = 0; o < outer; ++o)
        out[o] = finish<T>(lanes::row<kind>(in + o * axis, axis), divisor);
}

/// out[o, j] = reduction of in[o, :, j]
template <Reduction kind, class T>
XGRAD_CLONES void reduce_columns(const T* in, T* out, std::int64_t outer, std::int64_t axis,
                                 std::int64_t inner, double divisor)
{
    constexpr int width = lanes::width;
    alignas(64) Wide<kind, T> total[width];
    // Few columns: take several rows as one long row, so that the lanes are full, and fold at the end.
    const std::int64_t rows_at_once = inner <= width / 2 ? width / inner : 1;
    const bool narrow = rows_at_once > 1 && axis >= 2 * rows_at_once;
    for (std::int64_t o = 0; o < outer; ++o, in += axis * inner, out += inner) {
        if (narrow) {
            const std::int64_t long_rows = axis / rows_at_once, w = rows_at_once * inner;
            lanes::block<kind, false>(in, long_rows, w, int(w), total);
            for (std::int64_t i = inner; i < w; ++i)
                total[i % inner] = lanes::combine<kind>(total[i % inner], total[i]);
            for (std::int64_t r = long_rows * rows_at_once; r < axis; ++r)
                for (std::int64_t j = 0; j < inner; ++j)
                    total[j] = lanes::combine<kind>(total[j], Wide<kind, T>(in[r * inner + j]));
            for (std::int64_t j = 0; j < inner; ++j) out[j] = finish<T>(total[j], divisor);
            continue;
        }
        std::int64_t j = 0;
        for (; j + width <= inner; j += width) {
            lanes::block<kind, true>(in + j, axis, inner, width, total);
            for (int i = 0; i < width; ++i) out[j + i] = finish<T>(total[i], divisor);
        }
        if (const int w = int(inner - j); w > 0) {
            lanes::block<kind, false>(in + j, axis, inner, w, total);
            for (int i = 0; i < w; ++i) out[j + i] = finish<T>(total[i], divisor);
        }
    }
}

template <Reduction kind, class T>
void reduce_one(const T* in, T* out, std::int64_t outer, std::int64_t axis, std::int64_t inner,
                double divisor)
{
    if (inner == 1)
        reduce_rows<kind>(in, out, outer, axis, divisor);
    else
        reduce_columns<kind>(in, out, outer, axis, inner, divisor);
}

template <class T>
void reduce_one(Reduction kind, const T* in, T* out, std::int64_t outer, std::int64_t axis,
                std::int64_t inner, double divisor)
{
    switch (kind) {
    case Reduction::sum:
    case Reduction::mean: return reduce_one<Reduction::sum>(in, out, outer, axis, inner, divisor);
    case Reduction::max: return reduce_one<Reduction::max>(in, out, outer, axis, inner, 1);
    case Reduction::min: return reduce_one<Reduction::min>(in, out, outer, axis, inner, 1);
    }
}

/// A run of neighbouring axes that are all kept or all reduced.
struct Run {
    std::int64_t size;
    bool reduced;
};

/// Room for intermediate results: the stack, then memory that the thread keeps unless it is large.
template <class T>
class Scratch {
  public:
    T* get(std::int64_t n, int level)
    {
        if (n <= small) return stack_[level];
        auto& kept = heap(level);
        if (kept.size() < std::size_t(n)) kept.resize(std::size_t(n));
        return kept.data();
    }
    ~Scratch()
    {
        for (int level = 0; level < 2; ++level)
            if (auto& kept = heap(level); kept.size() > most_kept) std::vector<T>().swap(kept);
    }

  private:
    static constexpr std::int64_t small = 512;
    static constexpr std::size_t most_kept = std::size_t(1) << 20;
    static std::vector<T>& heap(int level)
    {
        static thread_local std::vector<T> kept[2];
        return kept[level];
    }
    alignas(64) T stack_[2][small];
};

}  // namespace

template <class T>
void reduce(Reduction kind, const T* in, T* out, Dims shape, std::uint32_t axes_mask)
{
    Run runs[32];
    int n_runs = 0, n_reduced = 0;
    std::int64_t kept = 1, reduced = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const bool r = axes_mask >> i & 1;
        (r ? reduced : kept) *= shape[i];
        if (shape[i] == 1) continue;
        if (n_runs > 0 && runs[n_runs - 1].reduced == r) {
            runs[n_runs - 1].size *= shape[i];
        } else {
            runs[n_runs++] = {shape[i], r};
            n_reduced += r;
        }
    }
    if (kept == 0) return;
    if (reduced == 0) {
        T value = 0;
        if constexpr (std::is_floating_point_v<T>)
            value = kind == Reduction::sum ? T(0) : std::numeric_limits<T>::quiet_NaN();
        for (std::int64_t i = 0; i < kept; ++i) out[i] = value;
        return;
    }
    if (n_reduced == 0) {
        std::memcpy(out, in, std::size_t(kept) * sizeof(T));
        return;
    }
    const double divisor = kind == Reduction::mean ? double(reduced) : 1;
    // Several reduced runs: take the last one first, which makes the intermediate result smallest soonest.
    auto last_reduced = [&](std::int64_t& outer, std::int64_t& inner) {
        int last = n_runs - 1;
        inner = outer = 1;
        while (!runs[last].reduced) inner *= runs[last--].size;
        for (int i = 0; i < last; ++i) outer *= runs[i].size;
        return last;
    };
    std::int64_t outer, inner;
    if (n_reduced == 1) {
        const int last = last_reduced(outer, inner);
        return reduce_one(kind, in, out, outer, runs[last].size, inner, divisor);
    }
    Scratch<T> scratch;
    for (int level = 0; n_reduced > 1; level ^= 1, --n_reduced) {
        const int last = last_reduced(outer, inner);
        T* to = scratch.get(outer * inner, level);
        reduce_one(kind == Reduction::mean ? Reduction::sum : kind, in, to, outer, runs[last].size, inner, 1);
        in = to;
        // The run before it is kept: the run after it (kept, if there is one) joins that one.
        if (last + 1 < n_runs) runs[last - 1].size *= runs[last + 1].size;
        n_runs = last;
    }
    const int last = last_reduced(outer, inner);
    reduce_one(kind, in, out, outer, runs[last].size, inner, divisor);
}

template <class T>
void sum_to(const T* in, Dims in_shape, T* out, Dims out_shape)
{
    const std::size_t lead = in_shape.size() - out_shape.size();
    std::uint32_t mask = 0;
    for (std::size_t i = 0; i < in_shape.size(); ++i)
        if (i < lead || (out_shape[i - lead] == 1 && in_shape[i] != 1)) mask |= std::uint32_t(1) << i;
    reduce(Reduction::sum, in, out, in_shape, mask);
}

template void reduce(Reduction, const float*, float*, Dims, std::uint32_t);
template void reduce(Reduction, const double*, double*, Dims, std::uint32_t);
template void reduce(Reduction, const std::int64_t*, std::int64_t*, Dims, std::uint32_t);
template void sum_to(const float*, Dims, float*, Dims);
template void sum_to(const double*, Dims, double*, Dims);

}  // namespace xgrad::kernels
