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

// For helpers of a cloned function: a helper that is not inlined would run as baseline code in every clone. A lambda
// needs it as well: `[](float x) XGRAD_INLINE_LAMBDA { ... }`.
#if defined(__GNUC__)
#define XGRAD_INLINE inline __attribute__((always_inline))
#define XGRAD_INLINE_LAMBDA __attribute__((always_inline))
#else
#define XGRAD_INLINE inline
#define XGRAD_INLINE_LAMBDA
#endif
