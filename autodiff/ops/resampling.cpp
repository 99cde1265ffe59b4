// Sequences and images in another resolution, and their windows as columns: made of index_select, reshape and permute.
#include "xgrad/autodiff/resampling.hpp"

#include <cmath>

#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/image.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
using detail::as_shape, detail::compose, detail::composed, detail::pair_text;

namespace {

std::string shape_and_type(Variable x)
{
    return to_string(x.shape()) + " " + std::string(name_of(x.dtype()));
}
void need_axes(const char* function, Variable x, std::size_t axes, const std::string& expected)
{
    if (x.shape().size() != axes)
        throw ShapeError(std::string(function) + ": got " + shape_and_type(x) + ", expected " + expected);
}
void need_floats(const char* function, Variable x)
{
    if (!is_floating(x.dtype()))
        throw DtypeError(std::string(function) + ": got " + shape_and_type(x) +
                         ", expected float32 or float64 (cast() converts)");
}
Variable numbers(Variable like, const std::vector<std::int64_t>& values)
{
    Array array(DType::int64, {static_cast<std::int64_t>(values.size())});
    std::ranges::copy(values, static_cast<std::int64_t*>(array.mutable_data()));
    return like.tape().constant(array);
}

// ---------------------------------------------------------------- interpolate

// One axis: its length, that of the result, and how far a place of the result is in places of x.
struct Line {
    std::int64_t from, to;
    double step;
};

Variable nearest(Variable x, std::int64_t axis, const Line& line)
{
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < line.to; ++i) {
        const auto place = static_cast<std::int64_t>(std::floor(static_cast<double>(i) * line.step));
        places.push_back(std::min(place, line.from - 1));
    }
    return index_select(x, axis, numbers(x, places));
}

Variable linear(Variable x, std::int64_t axis, const Line& line, bool align_corners)
{
    std::vector<std::int64_t> before, behind;
    Shape shape(x.shape().size() - static_cast<std::size_t>(axis), 1);
    shape[0] = line.to;
    Array share(DType::float64, shape);
    auto* const of_behind = static_cast<double*>(share.mutable_data());
    const double step = !align_corners ? line.step
                        : line.to > 1  ? static_cast<double>(line.from - 1) / static_cast<double>(line.to - 1)
                                       : 0;
    for (std::int64_t i = 0; i < line.to; ++i) {
        const auto k = static_cast<double>(i);
        const double at = align_corners ? k * step : std::max((k + 0.5) * step - 0.5, 0.0);
        const std::int64_t place = std::min(static_cast<std::int64_t>(at), line.from - 1);
        before.push_back(place);
        behind.push_back(std::min(place + 1, line.from - 1));
        of_behind[i] = std::clamp(at - static_cast<double>(place), 0.0, 1.0);
    }
    const Variable weight = x.tape().constant(share.cast(x.dtype()));
    return index_select(x, axis, numbers(x, before)) * (1 - weight) +
           index_select(x, axis, numbers(x, behind)) * weight;
}

Line line_of(const char* name, std::int64_t from, const std::optional<std::int64_t>& size,
             const std::optional<double>& factor)
{
    const double to = size ? static_cast<double>(*size) : std::floor(static_cast<double>(from) * *factor);
    if (!(to >= 1 && to < 2147483648.0))
        throw ValueError(std::string(name) + ": the result of " + std::to_string(from) +
                         " places would have " + number_text(to) + ", expected at least one");
    const double step = size ? static_cast<double>(from) / to : 1 / *factor;
    return {from, static_cast<std::int64_t>(to), step};
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
        const bool rows = axis == 2;
        lines.push_back(line_of(
            "interpolate", x.shape()[axis],
            o.size ? std::optional(rows ? o.size->h : o.size->w) : std::nullopt,
            o.scale_factor ? std::optional(rows ? o.scale_factor->h : o.scale_factor->w) : std::nullopt));
        if (x.shape()[axis] < 1)
            throw ShapeError("interpolate: got " + shape_and_type(x) + ", expected x of at least one place");
    }
    return compose("interpolate", x, [&] {
        Variable y = x;
        for (std::size_t axis = 2; axis < axes; ++axis) {
            const Line& along = lines[axis - 2];
            if (along.from == along.to) continue;
            y = o.mode == Interpolation::nearest
                    ? nearest(y, static_cast<std::int64_t>(axis), along)
                    : linear(y, static_cast<std::int64_t>(axis), along, o.align_corners);
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

// ---------------------------------------------------------------- unfold, fold

namespace {

// The places of all windows in a padded image, the kernel's place first, and how many windows there are.
struct Windows {
    std::int64_t height, width, count;
    std::vector<std::int64_t> places;
};
Windows windows_of(const char* function, Variable x, std::int64_t h, std::int64_t w, const UnfoldOptions& o)
{
    using detail::check_option;
    check_option(function, "kernel", o.kernel, 1);
    check_option(function, "dilation", o.dilation, 1);
    check_option(function, "padding", o.padding, 0);
    check_option(function, "stride", o.stride, 1);
    Windows all{h + 2 * o.padding.h, w + 2 * o.padding.w, 0, {}};
    const std::int64_t high = o.dilation.h * (o.kernel.h - 1) + 1, wide = o.dilation.w * (o.kernel.w - 1) + 1;
    if (all.height < high || all.width < wide)
        throw ShapeError(std::string(function) + ": got " + shape_and_type(x) +
                         ", expected a kernel that fits into the image: " + pair_text(high, wide) +
                         " (with dilation) meets " + pair_text(all.height, all.width) + " (with padding)");
    const std::int64_t rows = (all.height - high) / o.stride.h + 1,
                       columns = (all.width - wide) / o.stride.w + 1;
    all.count = rows * columns;
    for (std::int64_t i = 0; i < o.kernel.h; ++i)
        for (std::int64_t j = 0; j < o.kernel.w; ++j)
            for (std::int64_t r = 0; r < rows; ++r)
                for (std::int64_t q = 0; q < columns; ++q)
                    all.places.push_back((r * o.stride.h + i * o.dilation.h) * all.width + q * o.stride.w +
                                         j * o.dilation.w);
    return all;
}

}  // namespace

Variable unfold(Variable x, const UnfoldOptions& o)
{
    need_axes("unfold", x, 4, "x [N, C, H, W]");
    need_floats("unfold", x);
    const Shape s = as_shape(x.shape());
    const Windows windows = windows_of("unfold", x, s[2], s[3], o);
    return compose("unfold", x, [&] {
        const std::pair<std::int64_t, std::int64_t> none{0, 0}, rows{o.padding.h, o.padding.h},
            columns{o.padding.w, o.padding.w};
        const bool padded = o.padding.h > 0 || o.padding.w > 0;
        const Variable all = padded ? pad(x, {none, none, rows, columns}) : x;
        const Variable flat = reshape(all, {s[0], s[1], windows.height * windows.width});
        return reshape(index_select(flat, 2, numbers(x, windows.places)),
                       {s[0], s[1] * o.kernel.h * o.kernel.w, windows.count});
    });
}

Variable fold(Variable x, Pair2d size, const UnfoldOptions& o)
{
    need_axes("fold", x, 3, "columns [N, C kh kw, windows]");
    need_floats("fold", x);
    detail::check_option("fold", "size", size, 1);
    const Windows windows = windows_of("fold", x, size.h, size.w, o);
    const Shape s = as_shape(x.shape());
    const std::int64_t taps = o.kernel.h * o.kernel.w;
    if (s[1] % taps != 0 || s[2] != windows.count)
        throw ShapeError("fold: got " + shape_and_type(x) + ", expected columns [N, C " +
                         std::to_string(taps) + ", " + std::to_string(windows.count) + "]: a kernel of " +
                         pair_text(o.kernel.h, o.kernel.w) + " has " + std::to_string(windows.count) +
                         " windows in an image of " + pair_text(size.h, size.w));
    return compose("fold", x, [&] {
        const std::int64_t channels = s[1] / taps;
        const Variable none = full(x, {s[0], channels, windows.height * windows.width}, 0);
        const Variable flat = index_add(none, 2, numbers(x, windows.places),
                                        reshape(x, {s[0], channels, taps * windows.count}));
        const Variable image = reshape(flat, {s[0], channels, windows.height, windows.width});
        if (o.padding.h == 0 && o.padding.w == 0) return image;
        return slice(image,
                     {{}, {}, {o.padding.h, o.padding.h + size.h}, {o.padding.w, o.padding.w + size.w}});
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
      .elsewhere = {"", "torch.nn.functional.interpolate", "jax.image.resize"},
      .samples = {resized({2, 2, 3, 4}, {.scale_factor = 2}), resized({1, 2, 5}, {.size = 3}),
                  resized({1, 2, 3}, {.size = 7, .mode = Interpolation::linear}),
                  resized({1, 2, 4, 3}, {.size = Pair2d{3, 5}, .mode = Interpolation::bilinear}),
                  resized({1, 1, 3, 2},
                          {.scale_factor = 1.5, .mode = Interpolation::bilinear, .align_corners = true}),
                  resized({0, 2, 3}, {.size = 4})}},
     {.name = "pixel_shuffle",
      .formula = "y(n, c, h r + i, w r + j) = x(n, c r r + i r + j, h, w)",
      .gradient = "pixel_unshuffle(g, r)",
      .elsewhere = {"", "torch.nn.functional.pixel_shuffle", ""},
      .traits = {.moves = true},
      .samples = {{{{{2, 4, 2, 3}}}, [](Inputs in) { return pixel_shuffle(in[0], 2); }},
                  {{{{0, 9, 1, 1}}}, [](Inputs in) { return pixel_shuffle(in[0], 3); }}}},
     {.name = "pixel_unshuffle",
      .formula = "y(n, c r r + i r + j, h, w) = x(n, c, h r + i, w r + j)",
      .gradient = "pixel_shuffle(g, r)",
      .elsewhere = {"", "torch.nn.functional.pixel_unshuffle", ""},
      .traits = {.moves = true},
      .samples = {{{{{2, 2, 4, 6}}}, [](Inputs in) { return pixel_unshuffle(in[0], 2); }}}},
     {.name = "unfold",
      .formula = "y(n, c kh kw + i kw + j, window (r, q)) = x(n, c, r stride + i dilation - padding, q ...)",
      .gradient = "fold of g",
      .elsewhere = {"", "torch.nn.functional.unfold", "jax.lax.conv_general_dilated_patches"},
      .samples =
          {{{{{2, 2, 4, 5}}}, [](Inputs in) { return unfold(in[0], {.kernel = {2, 3}}); }},
           {{{{1, 2, 5, 4}}},
            [](Inputs
                   in) { return unfold(in[0], {.kernel = 2, .dilation = 2, .padding = 1, .stride = {2, 1}}); }}}},
     {.name = "fold",
      .formula = "y(n, c, h, w) = sum of x(n, c kh kw + i kw + j, window) over the windows that hold (h, w)",
      .gradient = "unfold of g",
      .elsewhere = {"", "torch.nn.functional.fold", ""},
      .samples = {
          {{{{2, 12, 9}}}, [](Inputs in) { return fold(in[0], {4, 5}, {.kernel = {2, 3}}); }},
          {{{{1, 8, 12}}}, [](Inputs in) {
               return fold(in[0], {5, 4}, {.kernel = 2, .dilation = 2, .padding = 1, .stride = {2, 1}});
           }}}}});
}  // namespace

void detail::resampling_rows() {}

}  // namespace xgrad
