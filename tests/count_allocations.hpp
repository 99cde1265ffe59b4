// Counts what a test program allocates: everything goes through malloc, operator new included. Not under sanitizers, which
// have a malloc of their own: the count then stays 0. Include it in one file of a program.
#pragma once

#include <atomic>
#include <cstddef>

namespace {
std::atomic<std::size_t> allocations{0};
}
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define XGRAD_TEST_SANITIZED
#endif
#endif
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(XGRAD_TEST_SANITIZED)
extern "C" void* __libc_malloc(std::size_t bytes);
extern "C" void* malloc(std::size_t bytes) noexcept
{
    ++allocations;
    return __libc_malloc(bytes);
}
#endif
