// What a certificate says, in the words of its picture. Internal.
#pragma once

#include <string>
#include <vector>

#include "autodiff/export/dot_ghost.hpp"

namespace xgrad::detail {

/// Where a stretch was: "net.0–2", from the innermost modules of its nodes.
std::string place(const Certificate& certificate, const Merged& merged);
/// " (784-512-10)": lengths on the way through a stretch.
std::string widths(const Merged& merged);
/// "relu (%10) is not affine" without the number: in a picture it says nothing.
std::string without_id(const std::string& text);
/// A refusal without the numbers of what is dearer, which stand beside the tower already.
std::string in_words(const Refusal& refusal);

/// What was saved and what was measured; nothing if nothing was merged.
std::vector<Entry> measured(const Certificate& certificate);
/// A refused stretch.
Entry refused(const Refusal& refusal);

}  // namespace xgrad::detail
