// Random numbers from Philox, drawn in tiles of 32 counters so that every loop is one of whole vectors.

#include "autodiff/kernels/random.hpp"

#include "autodiff/kernels/clones.hpp"
#include "autodiff/kernels/vector_math.hpp"

namespace xgrad::kernels {

namespace {

constexpr int blocks = 32;         // counters in a tile
constexpr int words = 4 * blocks;  // 32-bit words in a tile
constexpr int longs = words / 2;   // 64-bit words in a tile

/// One round and key step of Philox4x32 (constants of the paper).
XGRAD_INLINE void philox_round(std::uint32_t& c0, std::uint32_t& c1, std::uint32_t& c2, std::uint32_t& c3,
                               std::uint32_t& k0, std::uint32_t& k1)
{
    const std::uint64_t p0 = std::uint64_t(0xD2511F53) * c0, p1 = std::uint64_t(0xCD9E8D57) * c2;
    const std::uint32_t high0 = std::uint32_t(p0 >> 32), high1 = std::uint32_t(p1 >> 32);
    c0 = high1 ^ c1 ^ k0;
    c2 = high0 ^ c3 ^ k1;
    c1 = std::uint32_t(p1);
    c3 = std::uint32_t(p0);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
}

/// The words of tile t: word w of counter 32 t + b goes to out[32 w + b]. Counter: (counter index, stream).
XGRAD_INLINE void tile_words(std::uint32_t* out, std::uint64_t t, std::uint64_t key, std::uint64_t stream)
{
#pragma omp simd
    for (int b = 0; b < blocks; ++b) {
        // 32 counters share their upper half: t * 32 + b carries nothing into it.
        std::uint32_t c0 = std::uint32_t(t * blocks) + std::uint32_t(b), c1 = std::uint32_t(t * blocks >> 32);
        std::uint32_t c2 = std::uint32_t(stream), c3 = std::uint32_t(stream >> 32);
        std::uint32_t k0 = std::uint32_t(key), k1 = std::uint32_t(key >> 32);
        philox_round(c0, c1, c2, c3, k0, k1);
        philox_round(c0, c1, c2, c3, k0, k1);
        philox_round(c0, c1, c2, c3, k0, k1);
        philox_round(c0, c1, c2, c3, k0, k1);
        philox_round(c0, c1, c2, c3, k0, k1);
        philox_round(c0, c1, c2, c3, k0, k1);
        philox_round(c0, c1, c2, c3, k0, k1);
        philox_round(c0, c1, c2, c3, k0, k1);
        philox_round(c0, c1, c2, c3, k0, k1);
        philox_round(c0, c1, c2, c3, k0, k1);
        out[b] = c0;
        out[b + blocks] = c1;
        out[b + 2 * blocks] = c2;
        out[b + 3 * blocks] = c3;
    }
}

/// Calls make(tile, words of the tile, out) for every tile that elements first .. first + n touch, `size` to a tile;
/// tiles that are wanted in part are made whole and copied from.
template <int size, class T, class Make>
XGRAD_INLINE void tiles(T* out, std::int64_t n, std::int64_t first, std::uint64_t key, std::uint64_t stream,
                        Make make)
{
    alignas(64) std::uint32_t w[words];
    alignas(64) T part[size];
    for (std::int64_t done = 0; done < n;) {
        const std::int64_t tile = (first + done) / size, skip = (first + done) % size;
        const std::int64_t take = size - skip < n - done ? size - skip : n - done;
        tile_words(w, std::uint64_t(tile), key, stream);
        make(w, part);
        for (std::int64_t i = 0; i < take; ++i) out[done + i] = part[skip + i];
        done += take;
    }
}

/// 53 random bits on [0, 1).
XGRAD_INLINE double unit(std::uint32_t high, std::uint32_t low)
{
    return (double(std::int32_t(high >> 5)) * 0x1p26 + double(std::int32_t(low >> 6))) * 0x1p-53;
}

template <class T>
XGRAD_CLONES void fill_uniform(T* out, std::int64_t n, std::uint64_t key, std::uint64_t stream,
                               std::int64_t first)
{
    if constexpr (sizeof(T) == 4)
        tiles<words>(out, n, first, key, stream, [](const std::uint32_t* w, T* to) XGRAD_INLINE_LAMBDA {
            for (int i = 0; i < words; ++i) to[i] = T(std::int32_t(w[i] >> 8)) * T(0x1p-24);
        });
    else
        tiles<longs>(out, n, first, key, stream, [](const std::uint32_t* w, T* to) XGRAD_INLINE_LAMBDA {
            for (int half = 0; half < 2; ++half)
                for (int i = 0; i < blocks; ++i)
                    to[blocks * half + i] = unit(w[2 * blocks * half + i], w[2 * blocks * half + blocks + i]);
        });
}

/// 2 * blocks normals from as many uniforms by Box and Muller: u in (0, 1], v in [0, 1); overwrites u and v.
template <class T>
XGRAD_INLINE void box_muller(T* u, T* v, T* z)
{
#pragma omp simd
    for (int i = 0; i < blocks; ++i) {
        u[i] = vm::sqrt(T(-2) * vm::log(u[i]));
        v[i] *= T(6.283185307179586476925);
    }
    // Two loops: in one g++ would merge sin and cos of the same angle into a call that has no vector form.
#pragma omp simd
    for (int i = 0; i < blocks; ++i) z[i] = u[i] * vm::cos(v[i]);
#pragma omp simd
    for (int i = 0; i < blocks; ++i) z[i + blocks] = u[i] * vm::sin(v[i]);
}

template <class T>
XGRAD_CLONES void fill_normal(T* out, std::int64_t n, std::uint64_t key, std::uint64_t stream,
                              std::int64_t first)
{
    alignas(64) T u[blocks], v[blocks];
    if constexpr (sizeof(T) == 4)
        tiles<words>(out, n, first, key, stream, [&](const std::uint32_t* w, T* to) XGRAD_INLINE_LAMBDA {
            for (int half = 0; half < 2; ++half) {
                const std::uint32_t* x = w + 2 * blocks * half;
                for (int i = 0; i < blocks; ++i) {
                    // 31 bits and a half: u is never 0, and its smallest values reach far into the tail.
                    u[i] = (T(std::int32_t(x[i] >> 1)) + T(0.5)) * T(0x1p-31);
                    v[i] = T(std::int32_t(x[i + blocks] >> 8)) * T(0x1p-24);
                }
                box_muller(u, v, to + 2 * blocks * half);
            }
        });
    else
        tiles<longs>(out, n, first, key, stream, [&](const std::uint32_t* w, T* to) XGRAD_INLINE_LAMBDA {
            for (int i = 0; i < blocks; ++i) {
                u[i] = T(unit(w[i], w[i + blocks]) + 0x1p-54);
                v[i] = T(unit(w[i + 2 * blocks], w[i + 3 * blocks]));
            }
            box_muller(u, v, to);
        });
}

template <class T>
XGRAD_CLONES void fill_mask(T* out, std::int64_t n, std::uint32_t below, T value, std::uint64_t key,
                            std::uint64_t stream, std::int64_t first)
{
    tiles<words>(out, n, first, key, stream, [=](const std::uint32_t* w, T* to) XGRAD_INLINE_LAMBDA {
        for (int i = 0; i < words; ++i) to[i] = w[i] < below ? value : T(0);
    });
}

/// floor(x * range / 2^64)
XGRAD_INLINE std::uint64_t scaled(std::uint64_t x, std::uint64_t range)
{
    __extension__ using Wide = unsigned __int128;
    return std::uint64_t(Wide(x) * range >> 64);
}

/// The 64-bit words of a tile, as wide integers.
XGRAD_INLINE void join(const std::uint32_t* w, std::uint64_t* to)
{
    for (int half = 0; half < 2; ++half)
        for (int i = 0; i < blocks; ++i)
            to[blocks * half + i] =
                std::uint64_t(w[2 * blocks * half + i]) << 32 | w[2 * blocks * half + blocks + i];
}

}  // namespace

std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k)
{
    for (int round = 0; round < 10; ++round) philox_round(c[0], c[1], c[2], c[3], k[0], k[1]);
    return c;
}

template <class T>
void uniform(T* out, std::int64_t n, std::uint64_t key, std::uint64_t stream, std::int64_t first)
{
    fill_uniform(out, n, key, stream, first);
}

template <class T>
void normal(T* out, std::int64_t n, std::uint64_t key, std::uint64_t stream, std::int64_t first)
{
    fill_normal(out, n, key, stream, first);
}

template <class T>
void dropout_mask(T* out, std::int64_t n, double keep, std::uint64_t key, std::uint64_t stream,
                  std::int64_t first)
{
    if (!(keep > 0 && keep < 1)) {
        for (std::int64_t i = 0; i < n; ++i) out[i] = keep > 0 ? T(1) : T(0);
        return;
    }
    const double below = keep * 0x1p32;
    fill_mask(out, n, below < 0x1p32 - 1 ? std::uint32_t(below) : ~std::uint32_t(0), T(1 / keep), key, stream,
              first);
}

void randint(std::int64_t* out, std::int64_t n, std::int64_t low, std::int64_t high, std::uint64_t key,
             std::uint64_t stream, std::int64_t first)
{
    const std::uint64_t range = std::uint64_t(high) - std::uint64_t(low);
    tiles<longs>(out, n, first, key, stream, [=](const std::uint32_t* w, std::int64_t* to) {
        alignas(64) std::uint64_t x[longs];
        join(w, x);
        for (int i = 0; i < longs; ++i) to[i] = std::int64_t(std::uint64_t(low) + scaled(x[i], range));
    });
}

void permutation(std::int64_t* out, std::int64_t n, std::uint64_t key, std::uint64_t stream)
{
    for (std::int64_t i = 0; i < n; ++i) out[i] = i;
    alignas(64) std::uint32_t w[words];
    alignas(64) std::uint64_t x[longs];
    for (std::int64_t i = 0; i + 1 < n; ++i) {
        if (i % longs == 0) {
            tile_words(w, std::uint64_t(i / longs), key, stream);
            join(w, x);
        }
        const std::int64_t j = i + std::int64_t(scaled(x[i % longs], std::uint64_t(n - i)));
        const std::int64_t kept = out[i];
        out[i] = out[j];
        out[j] = kept;
    }
}

#define XGRAD_INSTANTIATE(T)                                                             \
    template void uniform(T*, std::int64_t, std::uint64_t, std::uint64_t, std::int64_t); \
    template void normal(T*, std::int64_t, std::uint64_t, std::uint64_t, std::int64_t);  \
    template void dropout_mask(T*, std::int64_t, double, std::uint64_t, std::uint64_t, std::int64_t);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels
