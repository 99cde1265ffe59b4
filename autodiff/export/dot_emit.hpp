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
    std::string group = "main";                         ///< of the main line, which is drawn straight
    bool tower = false;                                 ///< ops of one width, shapes beside parameters
    std::function<Attributes(const Box&)> more = {};    ///< on top of a box's role
    std::function<const char*(const Box&)> small = {};  ///< colour of the lines under a title
    std::function<std::string(ScopeId)> prefix = {};    ///< before a frame's title
    std::function<void(const Arrow&, Attributes&)> arrow = {};  ///< changes what an arrow would look like
    bool filled_by_kind = true;                                 ///< else the legend is silent about shades
};

/// @throws ValueError for a depth or a number of forward outputs that a graph with this many outputs cannot have.
void check_options(const DrawOptions& options, std::size_t outputs);
/// The nodes, in their frames, and which of them stand side by side.
void emit_boxes(Sheet& sheet, const Outline& outline, const Look& look);
/// The arrows, with shapes where they change.
void emit_arrows(Sheet& sheet, const Outline& outline, const Look& look);
/// Colours and words of the roles that the outline has.
std::vector<std::pair<const char*, std::string>> legend_of(const Sheet& sheet, const Outline& outline,
                                                           const Look& look = {});
/// Grey lines under a picture: the user's, then size, type and batch, and what is folded or left out.
std::vector<std::string> about(const Outline& outline, const DrawOptions& options);
/// From left to right up to this width, in points: unscaled on a screen of 1280 pixels.
inline constexpr double widest = 960;
/// How wide the picture is from left to right, in points; a guess from the lengths of the labels.
double natural_width(const Outline& outline);

}  // namespace xgrad::detail
