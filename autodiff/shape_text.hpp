// Shapes one under the other, for messages: which axes meet, and which of them does not fit. Internal.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "xgrad/autodiff/array.hpp"

namespace xgrad::detail {

inline constexpr int no_axis = -1;

/// A shape with the name of what has it, and its axis (counted from the front) that does not fit the others' axes.
struct ShapeRow {
    std::string_view name;
    Dims shape;
    int axis = no_axis;
};

/// Each shape on a line of its own, marked axes in one column and under them what is the matter:
///
///     x: [64, 30, 16]
///     y:     [30, 15]
///                 ^^ axis -1: 16 against 15
///
/// Begins with a line break, so that it goes behind the sentence of an error. Shapes without a marked axis end in the same
/// column as the first one, as broadcasting has it. Without any mark there is no last line. `words`: instead of the
/// lengths of the marked axes.
std::string aligned_shapes(std::span<const ShapeRow> rows, std::string_view words = {});

/// The same for two shapes that should be equal; the first axis where they differ is marked.
std::string aligned_shapes(std::string_view name, Dims shape, std::string_view other, Dims other_shape);

}  // namespace xgrad::detail
