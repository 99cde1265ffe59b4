// Who called: return addresses, and what they are in the user's program. Internal.
#pragma once

#include <span>
#include <vector>

#include "xgrad/autodiff/anomaly.hpp"

namespace xgrad::detail {

/// Appends the return addresses of the functions that are running, the innermost first; nothing where the system does
/// not say.
void capture_stack(std::vector<void*>& frames);

/// The functions of the user's program among these: those of this library and of the standard library are left out, and
/// what called main(). In a program that was stripped of its symbols nothing can be told apart, and all are given.
std::vector<CallSite> call_sites(std::span<void* const> frames);

}  // namespace xgrad::detail
