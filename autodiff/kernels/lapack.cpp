// LAPACK's routines under their Fortran names, as OpenBLAS brings them.
#include "autodiff/kernels/lapack.hpp"

#include <algorithm>
#include <cstddef>

using xgrad::kernels::lapack::Int;

// The last arguments are the lengths of texts, which Fortran passes behind all others.
#define XGRAD_LAPACK(T, p)                                                                                  \
    void p##potrf_(const char*, const Int*, T*, const Int*, Int*, std::size_t);                             \
    void p##getrf_(const Int*, const Int*, T*, const Int*, Int*, Int*);                                     \
    void p##getri_(const Int*, T*, const Int*, const Int*, T*, const Int*, Int*);                           \
    void p##gecon_(const char*, const Int*, const T*, const Int*, const T*, T*, T*, Int*, Int*,             \
                   std::size_t);                                                                            \
    void p##syevd_(const char*, const char*, const Int*, T*, const Int*, T*, T*, const Int*, Int*,          \
                   const Int*, Int*, std::size_t, std::size_t);                                             \
    void p##gesdd_(const char*, const Int*, const Int*, T*, const Int*, T*, T*, const Int*, T*, const Int*, \
                   T*, const Int*, Int*, Int*, std::size_t);                                                \
    void p##geqrf_(const Int*, const Int*, T*, const Int*, T*, T*, const Int*, Int*);                       \
    void p##orgqr_(const Int*, const Int*, const Int*, T*, const Int*, const T*, T*, const Int*, Int*);
extern "C" {
XGRAD_LAPACK(float, s)
XGRAD_LAPACK(double, d)
}
#undef XGRAD_LAPACK

namespace xgrad::kernels::lapack {
namespace {

enum Slot { work_slot = 100, integer_slot };

// The routine for T, chosen by its address.
template <class F, class D>
constexpr auto routine(F* single, D* twice, float)
{
    return (void)twice, single;
}
template <class F, class D>
constexpr auto routine(F* single, D* twice, double)
{
    return (void)single, twice;
}
#define XGRAD_ROUTINE(name) routine(s##name##_, d##name##_, T())

template <class T>
T* work_of(Int n)
{
    return scratch<T, work_slot>(static_cast<std::size_t>(std::max<Int>(n, 1)));
}
Int* integers_of(Int n) { return scratch<Int, integer_slot>(static_cast<std::size_t>(std::max<Int>(n, 1))); }

Int stride(Int n) { return std::max<Int>(n, 1); }

}  // namespace

template <class T>
Int potrf(Int n, T* a)
{
    Int info = 0;
    const Int lda = stride(n);
    XGRAD_ROUTINE(potrf)("U", &n, a, &lda, &info, 1);
    return info;
}

template <class T>
Int getrf(Int n, T* a, Int* pivots)
{
    Int info = 0;
    const Int lda = stride(n);
    XGRAD_ROUTINE(getrf)(&n, &n, a, &lda, pivots, &info);
    return info;
}

template <class T>
Int getri(Int n, T* a, const Int* pivots)
{
    Int info = 0, ask = -1;
    const Int lda = stride(n);
    T best = 0;
    XGRAD_ROUTINE(getri)(&n, a, &lda, pivots, &best, &ask, &info);
    const Int size = static_cast<Int>(best);
    XGRAD_ROUTINE(getri)(&n, a, &lda, pivots, work_of<T>(size), &size, &info);
    return info;
}

template <class T>
T gecon(Int n, const T* a, T norm)
{
    Int info = 0;
    const Int lda = stride(n);
    T result = 0;
    XGRAD_ROUTINE(gecon)("1", &n, a, &lda, &norm, &result, work_of<T>(4 * n), integers_of(n), &info, 1);
    return result;
}

template <class T>
Int syevd(Int n, T* a, T* w)
{
    Int info = 0, ask = -1, integers = 0;
    const Int lda = stride(n);
    T best = 0;
    XGRAD_ROUTINE(syevd)("V", "L", &n, a, &lda, w, &best, &ask, &integers, &ask, &info, 1, 1);
    const Int size = static_cast<Int>(best);
    XGRAD_ROUTINE(syevd)
    ("V", "L", &n, a, &lda, w, work_of<T>(size), &size, integers_of(integers), &integers, &info, 1, 1);
    return info;
}

template <class T>
Int gesdd(bool full, Int m, Int n, T* a, T* s, T* u, T* vt)
{
    const char* const job = full ? "A" : "S";
    const Int k = std::min(m, n), lda = stride(m), ldvt = stride(full ? n : k);
    Int info = 0, ask = -1;
    T best = 0;
    Int* const integers = integers_of(8 * k);
    XGRAD_ROUTINE(gesdd)(job, &m, &n, a, &lda, s, u, &lda, vt, &ldvt, &best, &ask, integers, &info, 1);
    const Int size = static_cast<Int>(best);
    XGRAD_ROUTINE(gesdd)
    (job, &m, &n, a, &lda, s, u, &lda, vt, &ldvt, work_of<T>(size), &size, integers, &info, 1);
    return info;
}

template <class T>
Int geqrf(Int m, Int n, T* a, T* tau)
{
    Int info = 0, ask = -1;
    const Int lda = stride(m);
    T best = 0;
    XGRAD_ROUTINE(geqrf)(&m, &n, a, &lda, tau, &best, &ask, &info);
    const Int size = static_cast<Int>(best);
    XGRAD_ROUTINE(geqrf)(&m, &n, a, &lda, tau, work_of<T>(size), &size, &info);
    return info;
}

template <class T>
Int orgqr(Int m, Int k, T* a, const T* tau)
{
    Int info = 0, ask = -1;
    const Int lda = stride(m);
    T best = 0;
    XGRAD_ROUTINE(orgqr)(&m, &k, &k, a, &lda, tau, &best, &ask, &info);
    const Int size = static_cast<Int>(best);
    XGRAD_ROUTINE(orgqr)(&m, &k, &k, a, &lda, tau, work_of<T>(size), &size, &info);
    return info;
}
#undef XGRAD_ROUTINE

#define XGRAD_INSTANTIATE(T)                            \
    template Int potrf(Int, T*);                        \
    template Int getrf(Int, T*, Int*);                  \
    template Int getri(Int, T*, const Int*);            \
    template T gecon(Int, const T*, T);                 \
    template Int syevd(Int, T*, T*);                    \
    template Int gesdd(bool, Int, Int, T*, T*, T*, T*); \
    template Int geqrf(Int, Int, T*, T*);               \
    template Int orgqr(Int, Int, T*, const T*);
XGRAD_INSTANTIATE(float)
XGRAD_INSTANTIATE(double)
#undef XGRAD_INSTANTIATE

}  // namespace xgrad::kernels::lapack
