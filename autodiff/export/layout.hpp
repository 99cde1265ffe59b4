// Images through libgvc. Internal.
#pragma once

#include <string>
#include <string_view>

namespace xgrad::detail {

/// Lays DOT text out and renders it as "svg", "png" or "pdf". @throws DrawError
std::string render(std::string_view dot, const std::string& format);

}  // namespace xgrad::detail
