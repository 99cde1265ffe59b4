// Sequences and images in another resolution: made of index_select, repeat, reshape and permute.
#include "xgrad/autodiff/resampling.hpp"

#include <cmath>

#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/image.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
using namespace detail;

namespace {

// ---------------------------------------------------------------- interpolate

// One axis: its length, that of the result, and places of the result for one place of x.
struct Line {
    std::int64_t from, to;
    std::optional<double> factor;  // absent: to / from
    double step() const { return factor ? 1 / *factor : static_cast<double>(from) / static_cast<double>(to); }
};

Variable nearest_place(Variable x, std::int64_t axis, const Line& line)
{
    const std::int64_t whole = line.to / line.from;
    if (whole * line.from == line.to && (!line.factor || *line.factor == static_cast<double>(whole)))
        return repeat(x, whole, axis);
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < line.to; ++i) {
        const std::int64_t place = line.factor
                                       ? static_cast<std::int64_t>(static_cast<double>(i) / *line.factor)
                                       : i * line.from / line.to;
        places.push_back(std::min(place, line.from - 1));
    }
    return index_select(x, axis, whole_numbers(x, places));
}

Variable between(Variable x, std::int64_t axis, const Line& line, bool align_corners)
{
    std::vector<std::int64_t> before, behind;
    Shape shape(x.shape().size() - static_cast<std::size_t>(axis), 1);
    shape[0] = line.to;
    Array shares(DType::float64, shape), others(DType::float64, shape);
    auto* const of_behind = static_cast<double*>(shares.mutable_data());
    auto* const of_before = static_cast<double*>(others.mutable_data());
    const double step = !align_corners ? line.step()
                        : line.to > 1  ? static_cast<double>(line.from - 1) / static_cast<double>(line.to - 1)
                                       : 0;
    for (std::int64_t i = 0; i < line.to; ++i) {
        const auto k = static_cast<double>(i);
        const double at = align_corners ? k * step : std::max((k + 0.5) * step - 0.5, 0.0);
        const std::int64_t place = std::min(static_cast<std::int64_t>(at), line.from - 1);
        before.push_back(place);
        behind.push_back(std::min(place + 1, line.from - 1));
        of_behind[i] = std::clamp(at - static_cast<double>(place), 0.0, 1.0);
        of_before[i] = 1 - of_behind[i];
    }
    Tape tape = x.tape();
    return index_select(x, axis, whole_numbers(x, before)) * tape.constant(others.cast(x.dtype())) +
           index_select(x, axis, whole_numbers(x, behind)) * tape.constant(shares.cast(x.dtype()));
}

Line line_of(const char* name, std::int64_t from, const std::optional<std::int64_t>& size,
             const std::optional<double>& factor)
{
    const double to = size ? static_cast<double>(*size) : std::floor(static_cast<double>(from) * *factor);
    if (!(to >= 1 && to < 2147483648.0))
        throw ValueError(std::string(name) + ": the result of " + std::to_string(from) +
                         " places would have " + number_text(to) + ", expected at least one");
    return {from, static_cast<std::int64_t>(to), factor};
}

}  // namespace

Variable interpolate(Variable x, const InterpolateOptions& o)
{
    const std::size_t axes = x.shape().size();
    const bool line = axes == 3;
    if (axes != 3 && axes != 4)
        throw ShapeError("interpolate: got " + shape_and_type(x) + ", expected x [N, C, L] or [N, C, H, W]");
    need_floats("interpolate", x);
    if (o.size.has_value() == o.scale_factor.has_value())
        throw ValueError(std::string("interpolate: ") + (o.size ? "both" : "neither") +
                         " of size and scale_factor given, expected one of them");
    if (o.mode == Interpolation::linear && !line)
        throw ValueError("interpolate: mode linear is for sequences [N, C, L], x is " + shape_and_type(x) +
                         "; of images: bilinear");
    if (o.mode == Interpolation::bilinear && line)
        throw ValueError("interpolate: mode bilinear is for images [N, C, H, W], x is " + shape_and_type(x) +
                         "; of sequences: linear");
    if (o.mode == Interpolation::nearest && o.align_corners)
        throw ValueError("interpolate: align_corners is an option of the modes linear and bilinear");
    if (line &&
        ((o.size && o.size->h != o.size->w) || (o.scale_factor && o.scale_factor->h != o.scale_factor->w)))
        throw ValueError("interpolate: a sequence " + to_string(x.shape()) +
                         " has one length, expected one number");
    if (o.scale_factor && !(o.scale_factor->h > 0 && o.scale_factor->w > 0))
        throw ValueError(
            "interpolate: scale_factor must be positive, not " + number_text(o.scale_factor->h) +
            (o.scale_factor->h == o.scale_factor->w ? "" : " x " + number_text(o.scale_factor->w)));
    if (o.size && (o.size->h < 1 || o.size->w < 1))
        throw ValueError("interpolate: size must be positive, not " + pair_text(o.size->h, o.size->w));
    std::vector<Line> lines;
    for (std::size_t axis = 2; axis < axes; ++axis) {
        if (x.shape()[axis] < 1)
            throw ShapeError("interpolate: got " + shape_and_type(x) + ", expected x of at least one place");
        const bool rows = axis == 2;
        lines.push_back(line_of(
            "interpolate", x.shape()[axis],
            o.size ? std::optional(rows ? o.size->h : o.size->w) : std::nullopt,
            o.scale_factor ? std::optional(rows ? o.scale_factor->h : o.scale_factor->w) : std::nullopt));
    }
    return compose("interpolate", x, [&] {
        Variable y = x;
        for (std::size_t axis = 2; axis < axes; ++axis) {
            const Line& along = lines[axis - 2];
            if (along.from == along.to) continue;
            y = o.mode == Interpolation::nearest
                    ? nearest_place(y, static_cast<std::int64_t>(axis), along)
                    : between(y, static_cast<std::int64_t>(axis), along, o.align_corners);
        }
        return y;
    });
}

// ---------------------------------------------------------------- pixel_shuffle

namespace {
void need_factor(const char* function, std::int64_t r)
{
    if (r < 1)
        throw ValueError(std::string(function) + ": the factor must be positive, not " + std::to_string(r));
}
}  // namespace

Variable pixel_shuffle(Variable x, std::int64_t r)
{
    need_factor("pixel_shuffle", r);
    need_axes("pixel_shuffle", x, 4, "x [N, C r r, H, W]");
    const Dims s = x.shape();
    if (r > (std::int64_t{1} << 24) || s[1] % (r * r) != 0)
        throw ShapeError("pixel_shuffle: got " + shape_and_type(x) + " and the factor " + std::to_string(r) +
                         ", expected channels (axis 1) that its square divides");
    const Shape split = {s[0], s[1] / (r * r), r, r, s[2], s[3]},
                joined = {s[0], split[1], s[2] * r, s[3] * r};
    return compose("pixel_shuffle", x, [&] {
        return reshape(permute(reshape(x, split), {0, 1, 4, 2, 5, 3}), joined);
    });
}

Variable pixel_unshuffle(Variable x, std::int64_t r)
{
    need_factor("pixel_unshuffle", r);
    need_axes("pixel_unshuffle", x, 4, "x [N, C, H r, W r]");
    const Dims s = x.shape();
    if (s[2] % r != 0 || s[3] % r != 0)
        throw ShapeError("pixel_unshuffle: got " + shape_and_type(x) + " and the factor " +
                         std::to_string(r) + ", expected height and width that it divides");
    const Shape split = {s[0], s[1], s[2] / r, r, s[3] / r, r},
                joined = {s[0], s[1] * r * r, s[2] / r, s[3] / r};
    return compose("pixel_unshuffle", x, [&] {
        return reshape(permute(reshape(x, split), {0, 1, 3, 5, 2, 4}), joined);
    });
}

namespace {
using Inputs = std::span<const Variable>;
Sample resized(Shape shape, InterpolateOptions options)
{
    return {{{std::move(shape)}}, [options](Inputs in) { return interpolate(in[0], options); }};
}
const bool described = composed(
    {{.name = "interpolate",
      .formula = "x at place i / scale: the nearest, or the mean of its neighbours by their distances",
      .gradient = "g summed over what was computed from each place, with the same weights",
      .elsewhere = {"", "F.interpolate", "jax.image.resize"},
      .samples = {resized({2, 2, 3, 4}, {.scale_factor = 2}), resized({1, 2, 5}, {.size = 3}),
                  resized({1, 2, 3}, {.size = 7, .mode = Interpolation::linear}),
                  resized({1, 2, 4, 3}, {.size = Pair2d{3, 5}, .mode = Interpolation::bilinear}),
                  resized({1, 1, 3, 2},
                          {.scale_factor = 1.5, .mode = Interpolation::bilinear, .align_corners = true}),
                  resized({0, 2, 3}, {.size = 4})}},
     {.name = "pixel_shuffle",
      .formula = "y(n, c, h r + i, w r + j) = x(n, c r r + i r + j, h, w)",
      .gradient = "pixel_unshuffle(g, r)",
      .elsewhere = {"", "F.pixel_shuffle", ""},
      .traits = {.moves = true},
      .samples = {{{{{2, 4, 2, 3}}}, [](Inputs in) { return pixel_shuffle(in[0], 2); }},
                  {{{{0, 9, 1, 1}}}, [](Inputs in) { return pixel_shuffle(in[0], 3); }}}},
     {.name = "pixel_unshuffle",
      .formula = "y(n, c r r + i r + j, h, w) = x(n, c, h r + i, w r + j)",
      .gradient = "pixel_shuffle(g, r)",
      .elsewhere = {"", "F.pixel_unshuffle", ""},
      .traits = {.moves = true},
      .samples = {{{{{2, 2, 4, 6}}}, [](Inputs in) { return pixel_unshuffle(in[0], 2); }}}}});
}  // namespace

void detail::resampling_rows() {}

}  // namespace xgrad
