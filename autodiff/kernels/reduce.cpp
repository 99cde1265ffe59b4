// Reductions: collapse the shape to [outer, axis, inner], then run one lane kernel for rows or for columns.

#include "autodiff/kernels/reduce.hpp"

#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

namespace xgrad::kernels {

namespace lanes {

// In reduce_sum.cpp, reduce_max.cpp and reduce_min.cpp.
template <Reduction kind, class T>
void reduce_axis(const T* in, T* out, std::int64_t outer, std::int64_t axis, std::int64_t inner,
                 double divisor);

}  // namespace lanes

namespace {

template <class T>
void reduce_axis(Reduction kind, const T* in, T* out, std::int64_t outer, std::int64_t axis,
                 std::int64_t inner, double divisor)
{
    switch (kind) {
    case Reduction::sum:
    case Reduction::mean: return lanes::reduce_axis<Reduction::sum>(in, out, outer, axis, inner, divisor);
    case Reduction::max: return lanes::reduce_axis<Reduction::max>(in, out, outer, axis, inner, 1);
    case Reduction::min: return lanes::reduce_axis<Reduction::min>(in, out, outer, axis, inner, 1);
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
        return reduce_axis(kind, in, out, outer, runs[last].size, inner, divisor);
    }
    Scratch<T> scratch;
    for (int level = 0; n_reduced > 1; level ^= 1, --n_reduced) {
        const int last = last_reduced(outer, inner);
        T* to = scratch.get(outer * inner, level);
        reduce_axis(kind == Reduction::mean ? Reduction::sum : kind, in, to, outer, runs[last].size, inner,
                    1);
        in = to;
        // The run before it is kept: the run after it (kept, if there is one) joins that one.
        if (last + 1 < n_runs) runs[last - 1].size *= runs[last + 1].size;
        n_runs = last;
    }
    const int last = last_reduced(outer, inner);
    reduce_axis(kind, in, out, outer, runs[last].size, inner, divisor);
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
