// Scans: one element of the axis after the other, vectorised over what lies beside it.
#include "autodiff/kernels/scan.hpp"

#include <algorithm>

namespace xgrad::kernels {
namespace {

// Calls f(offset of an element of the axis, offset of the one before it, first?) in the order of the scan.
template <class F>
void each_step(std::int64_t outer, std::int64_t length, std::int64_t inner, bool reverse, F f)
{
    for (std::int64_t o = 0; o < outer; ++o)
        for (std::int64_t k = 0; k < length; ++k) {
            const std::int64_t at = (o * length + (reverse ? length - 1 - k : k)) * inner;
            f(at, reverse ? at + inner : at - inner, k == 0);
        }
}

// Whole numbers go round where they overflow, as in NumPy.
template <class T>
T product_and_sum(T a, T b, T c)
{
    return a * b + c;
}
template <>
std::int64_t product_and_sum(std::int64_t a, std::int64_t b, std::int64_t c)
{
    using Bits = std::uint64_t;
    return static_cast<std::int64_t>(static_cast<Bits>(a) * static_cast<Bits>(b) + static_cast<Bits>(c));
}

}  // namespace

template <class T>
void cumsum(const T* x, T* y, std::int64_t outer, std::int64_t length, std::int64_t inner, bool reverse)
{
    each_step(outer, length, inner, reverse, [=](std::int64_t at, std::int64_t before, bool first) {
        if (first)
            std::copy_n(x + at, inner, y + at);
        else
            for (std::int64_t i = 0; i < inner; ++i)
                y[at + i] = product_and_sum(T(1), y[before + i], x[at + i]);
    });
}

template <class T>
void linear_scan(const T* a, const T* b, T* y, std::int64_t outer, std::int64_t length, std::int64_t inner,
                 bool reverse)
{
    each_step(outer, length, inner, reverse, [=](std::int64_t at, std::int64_t before, bool first) {
        if (first)
            std::copy_n(b + at, inner, y + at);
        else
            for (std::int64_t i = 0; i < inner; ++i)
                y[at + i] = product_and_sum(a[at + i], y[before + i], b[at + i]);
    });
}

template void cumsum(const float*, float*, std::int64_t, std::int64_t, std::int64_t, bool);
template void cumsum(const double*, double*, std::int64_t, std::int64_t, std::int64_t, bool);
template void cumsum(const std::int64_t*, std::int64_t*, std::int64_t, std::int64_t, std::int64_t, bool);
template void linear_scan(const std::int64_t*, const std::int64_t*, std::int64_t*, std::int64_t, std::int64_t,
                          std::int64_t, bool);
template void linear_scan(const float*, const float*, float*, std::int64_t, std::int64_t, std::int64_t, bool);
template void linear_scan(const double*, const double*, double*, std::int64_t, std::int64_t, std::int64_t,
                          bool);

}  // namespace xgrad::kernels
