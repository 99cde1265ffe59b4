// Pictures of the regions in which a piecewise affine graph is affine, as SVG.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "xgrad/autodiff/affine_map.hpp"
#include "xgrad/autodiff/export/picture.hpp"

namespace xgrad {

/// A point to be marked in a picture of regions.
struct RegionMark {
    double s, t;
    int kind = 0;  ///< 0: open circle, 1: filled triangle
};

/// Options of the picture of linear regions.
struct RegionDrawOptions {
    Theme theme = Theme::light;
    std::size_t element =
        0;  ///< which element of y is shown: the darker, the larger; its zero line is drawn bold
    bool zero_line = true;
    std::vector<RegionMark> marks = {};
    std::string title = {};    ///< bold, under the picture
    std::string caption = {};  ///< grey, under the title, before what the picture says about itself
};

/// An SVG document.
class Drawing {
  public:
    explicit Drawing(std::string svg) : svg_(std::move(svg)) {}
    const std::string& svg() const { return svg_; }
    /// Writes it. @throws ValueError unless the path ends in .svg, DataError if it cannot be written
    void save(const std::string& path) const;

  private:
    std::string svg_;
};

/// The regions in their box, s to the right and t upwards. @throws ValueError for an element that y has not, or regions
/// with a barrier.
Drawing draw(const LinearRegions& regions, const RegionDrawOptions& options = {});

}  // namespace xgrad
