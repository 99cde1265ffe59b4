// The macro that compiles a kernel for three x86-64 instruction sets and picks one when the library is loaded.
#pragma once

#include <cstddef>  // defines __GLIBC__ where there is one

// g++ only: clang 14 rejects target_clones on function templates. Under TSan the resolver runs before the
// sanitizer is ready and the program crashes at start; ASan is fine (the tests of the kernels run under it).
// Levels rather than processor models: "haswell" and its like silently mean "default" on AMD.
// A constant table of cloned functions must live in another file than the functions (assembler error in g++ 12).
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__) && \
    !defined(__SANITIZE_THREAD__)
#define XGRAD_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define XGRAD_CLONES
#endif

// A function for one instruction set, for code that is written for its registers (vectors of 32 or 64 bytes): called
// only after asking the processor, see has_v3() and has_v4(). GCC keeps vectors that are wider than its registers in memory.
#if defined(__GNUC__) && defined(__x86_64__)
#define XGRAD_TARGET_V3 __attribute__((target("arch=x86-64-v3")))
#define XGRAD_TARGET_V4 __attribute__((target("arch=x86-64-v4")))
namespace xgrad::kernels {
inline bool has_v3()
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
}
inline bool has_v4()
{
    return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
}  // namespace xgrad::kernels
#else
#define XGRAD_TARGET_V3
#define XGRAD_TARGET_V4
namespace xgrad::kernels {
inline bool has_v3() { return false; }
inline bool has_v4() { return false; }
}  // namespace xgrad::kernels
#endif

// For helpers of a cloned function: a helper that is not inlined would run as baseline code in every clone. A lambda
// needs it as well: `[](float x) XGRAD_INLINE_LAMBDA { ... }`.
#if defined(__GNUC__)
#define XGRAD_INLINE inline __attribute__((always_inline))
#define XGRAD_INLINE_LAMBDA __attribute__((always_inline))
#else
#define XGRAD_INLINE inline
#define XGRAD_INLINE_LAMBDA
#endif
