// Picking, adding and sorting along an axis.
#include "autodiff/kernels/index.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

namespace xgrad::kernels {
namespace {

// Elements are copied as words of their size.
template <class F>
void by_size(std::size_t size, F f)
{
    switch (size) {
    case 1: return f.template operator()<std::uint8_t>();
    case 4: return f.template operator()<std::uint32_t>();
    default: return f.template operator()<std::uint64_t>();
    }
}

}  // namespace

void index_select(const void* x, const std::int64_t* index, void* out, std::size_t size, std::int64_t outer,
                  std::int64_t length, std::int64_t count, std::int64_t inner)
{
    const auto bytes = static_cast<std::size_t>(inner) * size;
    if (bytes == 0) return;
    const auto* from = static_cast<const std::byte*>(x);
    auto* to = static_cast<std::byte*>(out);
    for (std::int64_t o = 0; o < outer; ++o, from += static_cast<std::size_t>(length) * bytes)
        for (std::int64_t k = 0; k < count; ++k, to += bytes)
            std::memcpy(to, from + static_cast<std::size_t>(index[k]) * bytes, bytes);
}

template <class T>
void index_add(const T* g, const std::int64_t* index, T* y, std::int64_t outer, std::int64_t length,
               std::int64_t count, std::int64_t inner)
{
    for (std::int64_t o = 0; o < outer; ++o, y += length * inner)
        for (std::int64_t k = 0; k < count; ++k, g += inner) {
            T* const to = y + index[k] * inner;
            for (std::int64_t i = 0; i < inner; ++i) to[i] += g[i];
        }
}

void gather(const void* x, const std::int64_t* index, void* out, std::size_t size, std::int64_t outer,
            std::int64_t length, std::int64_t count, std::int64_t inner)
{
    by_size(size, [&]<class Word>() {
        const auto* from = static_cast<const Word*>(x);
        auto* to = static_cast<Word*>(out);
        const std::int64_t* at = index;
        for (std::int64_t o = 0; o < outer; ++o, from += length * inner)
            for (std::int64_t k = 0; k < count; ++k)
                for (std::int64_t i = 0; i < inner; ++i) *to++ = from[*at++ * inner + i];
    });
}

template <class T>
void scatter_add(const T* g, const std::int64_t* index, T* y, std::int64_t outer, std::int64_t length,
                 std::int64_t count, std::int64_t inner)
{
    for (std::int64_t o = 0; o < outer; ++o, y += length * inner)
        for (std::int64_t k = 0; k < count; ++k)
            for (std::int64_t i = 0; i < inner; ++i) y[*index++ * inner + i] += *g++;
}

template <class T>
void argsort(const T* x, std::int64_t* order, std::int64_t outer, std::int64_t length, std::int64_t inner,
             bool descending)
{
    thread_local std::vector<std::int64_t> places;
    places.resize(static_cast<std::size_t>(length));
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t i = 0; i < inner; ++i) {
            const T* const from = x + o * length * inner + i;
            std::iota(places.begin(), places.end(), std::int64_t{0});
            std::ranges::stable_sort(places, [=](std::int64_t a, std::int64_t b) {
                const T p = from[a * inner], q = from[b * inner];
                if (p != p || q != q)
                    return descending ? p != p && q == q : p == p && q != q;  // NaN is the largest
                return descending ? p > q : p < q;
            });
            std::int64_t* const to = order + o * length * inner + i;
            for (std::int64_t k = 0; k < length; ++k) to[k * inner] = places[static_cast<std::size_t>(k)];
        }
}

#define XGRAD_INDEX(T)                                                                                     \
    template void index_add(const T*, const std::int64_t*, T*, std::int64_t, std::int64_t, std::int64_t,   \
                            std::int64_t);                                                                 \
    template void scatter_add(const T*, const std::int64_t*, T*, std::int64_t, std::int64_t, std::int64_t, \
                              std::int64_t);                                                               \
    template void argsort(const T*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t, bool);
XGRAD_INDEX(float)
XGRAD_INDEX(double)
template void argsort(const std::int64_t*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t, bool);
#undef XGRAD_INDEX

}  // namespace xgrad::kernels
