// Puts an outline on a sheet: frames, boxes and arrows. Internal.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "autodiff/export/dot_outline.hpp"
#include "autodiff/export/dot_sheet.hpp"

namespace xgrad::detail {

/// What differs between one graph and a tower.
struct Look {
    std::string group = "main";                       ///< of the main line, which is drawn straight
    bool tower = false;                               ///< ops of one width, shapes beside parameters
    std::function<Attributes(const Box&)> more = {};  ///< on top of a box's role
    std::function<std::string(ScopeId)> prefix = {};  ///< before a frame's title
};

/// @throws ValueError for a depth or a number of forward outputs that a graph with this many outputs cannot have.
void check_options(const DrawOptions& options, std::size_t outputs);
/// The nodes, in their frames, and which of them stand side by side.
void emit_boxes(Sheet& sheet, const Outline& outline, const Look& look);
/// The arrows, with shapes where they change.
void emit_arrows(Sheet& sheet, const Outline& outline, const Look& look);
/// Colours and words of the roles that the outline has.
std::vector<std::pair<const char*, std::string>> legend_of(const Sheet& sheet, const Outline& outline);
/// How wide the picture is from left to right, in points; a guess from the lengths of the labels.
double natural_width(const Outline& outline);

}  // namespace xgrad::detail
