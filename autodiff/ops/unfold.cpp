// The windows of images as columns, and columns added up to images: made of index_select and index_add.
#include "autodiff/ops/compose.hpp"
#include "autodiff/ops/image.hpp"
#include "xgrad/autodiff/resampling.hpp"

namespace xgrad {
using namespace detail;

namespace {

// The places of all windows in a padded image, the kernel's place first, and how many windows there are.
struct Windows {
    std::int64_t height, width, count;
    std::vector<std::int64_t> places;
};
Windows windows_of(const char* function, Variable x, std::int64_t h, std::int64_t w, const UnfoldOptions& o)
{
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
        return reshape(index_select(flat, 2, whole_numbers(x, windows.places)),
                       {s[0], s[1] * o.kernel.h * o.kernel.w, windows.count});
    });
}

Variable fold(Variable x, Pair2d size, const UnfoldOptions& o)
{
    need_axes("fold", x, 3, "columns [N, C kh kw, windows]");
    need_floats("fold", x);
    check_option("fold", "size", size, 1);
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
        const Variable flat = index_add(none, 2, whole_numbers(x, windows.places),
                                        reshape(x, {s[0], channels, taps * windows.count}));
        const Variable image = reshape(flat, {s[0], channels, windows.height, windows.width});
        if (o.padding.h == 0 && o.padding.w == 0) return image;
        return slice(image,
                     {{}, {}, {o.padding.h, o.padding.h + size.h}, {o.padding.w, o.padding.w + size.w}});
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = composed(
    {{.name = "unfold",
      .formula = "y(n, c kh kw + i kw + j, window (r, q)) = x(n, c, r stride + i dilation - padding, q ...)",
      .gradient = "fold of g",
      .elsewhere = {"", "F.unfold", "jax.lax.conv_general_dilated_patches"},
      .samples = {{{{{2, 2, 4, 5}}},
                   [](Inputs in) {
                       return unfold(in[0], {.kernel = {2, 3}});
                   }},
                  {{{{1, 2, 5, 4}}},
                   [](Inputs in) {
                       return unfold(in[0], {.kernel = 2, .dilation = 2, .padding = 1, .stride = {2, 1}});
                   }}}},
     {.name = "fold",
      .formula = "y(n, c, h, w) = sum of x(n, c kh kw + i kw + j, window) over the windows that hold (h, w)",
      .gradient = "unfold of g",
      .elsewhere = {"", "F.fold", ""},
      .samples = {
          {{{{2, 12, 9}}},
           [](Inputs in) {
               return fold(in[0], {4, 5}, {.kernel = {2, 3}});
           }},
          {{{{1, 8, 12}}}, [](Inputs in) {
               return fold(in[0], {5, 4}, {.kernel = 2, .dilation = 2, .padding = 1, .stride = {2, 1}});
           }}}}});
}  // namespace

void detail::unfold_rows() {}

}  // namespace xgrad
