// Shapes one under the other.
#include "autodiff/shape_text.hpp"

#include <algorithm>
#include <vector>

namespace xgrad::detail {
namespace {

int rank_of(const ShapeRow& row) { return static_cast<int>(row.shape.size()); }

// "axis -1: 16 against 15": an axis is called by what it is called in all marked shapes, if there is such a number.
std::string words_of(std::span<const ShapeRow> marked)
{
    std::string lengths;
    bool same_front = true, same_back = true;
    for (const ShapeRow& row : marked) {
        const std::string length = std::to_string(row.shape[static_cast<std::size_t>(row.axis)]);
        lengths += (lengths.empty() ? "" : " against ") + length;
        same_front = same_front && row.axis == marked[0].axis;
        same_back = same_back && row.axis - rank_of(row) == marked[0].axis - rank_of(marked[0]);
    }
    const int axis = same_front ? marked[0].axis : marked[0].axis - rank_of(marked[0]);
    return same_front || same_back ? "axis " + std::to_string(axis) + ": " + lengths : lengths;
}

}  // namespace

std::string aligned_shapes(std::span<const ShapeRow> rows, std::string_view words)
{
    std::vector<ShapeRow> marked;
    for (const ShapeRow& row : rows)
        if (row.axis != no_axis) marked.push_back(row);
    // The column in which each shape begins; 0 is that of the leftmost.
    std::vector<int> first(rows.size());
    int end = marked.empty() ? rank_of(rows[0]) : rank_of(marked[0]) - marked[0].axis, low = 0;
    for (std::size_t k = 0; k < rows.size(); ++k) {
        first[k] = rows[k].axis != no_axis ? -rows[k].axis : end - rank_of(rows[k]);
        low = std::min(low, first[k]);
    }
    int columns = 0;
    for (std::size_t k = 0; k < rows.size(); ++k) {
        first[k] -= low;
        columns = std::max(columns, first[k] + rank_of(rows[k]));
    }
    std::vector<std::size_t> width(static_cast<std::size_t>(columns), 1), start(width.size() + 1, 1);
    std::size_t names = 0;
    for (std::size_t k = 0; k < rows.size(); ++k) {
        names = std::max(names, rows[k].name.size());
        for (std::size_t axis = 0; axis < rows[k].shape.size(); ++axis) {
            std::size_t& most = width[static_cast<std::size_t>(first[k]) + axis];
            most = std::max(most, std::to_string(rows[k].shape[axis]).size());
        }
    }
    for (std::size_t c = 0; c < width.size(); ++c) start[c + 1] = start[c] + width[c] + 2;

    const std::string indent(4, ' ');
    std::string text;
    for (std::size_t k = 0; k < rows.size(); ++k) {
        text += "\n" + indent + std::string(rows[k].name) + ":" +
                std::string(names - rows[k].name.size() + 1, ' ');
        std::string line;
        const auto begin = static_cast<std::size_t>(first[k]);
        for (std::size_t axis = 0; axis < rows[k].shape.size(); ++axis) {
            const std::string length = std::to_string(rows[k].shape[axis]);
            const std::size_t at = start[begin + axis] + width[begin + axis] - length.size();
            if (axis > 0) line += ",";
            line.resize(axis == 0 ? at - 1 : at, ' ');
            line += (axis == 0 ? "[" : "") + length;
        }
        if (rows[k].shape.empty()) line = std::string(begin == 0 ? 0 : start[begin] - 3, ' ') + "[";
        text += line + "]";
    }
    if (marked.empty()) return text;
    const auto column = static_cast<std::size_t>(-low);
    text += "\n" + indent + std::string(names + 2 + start[column], ' ') + std::string(width[column], '^') +
            " " + (words.empty() ? words_of(marked) : std::string(words));
    return text;
}

std::string aligned_shapes(std::string_view name, Dims shape, std::string_view other, Dims other_shape)
{
    const auto at = std::ranges::mismatch(shape, other_shape).in1 - shape.begin();
    const bool differs = shape.size() == other_shape.size() && at < static_cast<std::ptrdiff_t>(shape.size());
    const int axis = differs ? static_cast<int>(at) : no_axis;
    const ShapeRow rows[] = {{name, shape, axis}, {other, other_shape, axis}};
    return aligned_shapes(rows);
}

}  // namespace xgrad::detail
