// Convolutions, pooling and resolution, of sequences [N, C, L] and images [N, C, H, W].
#include "shown.hpp"
using namespace xgrad;

namespace {

void convolutions(Tape& tape)
{
    {
        //! [conv1d, Conv1dOptions]
        const Variable x = tape.variable(xt::xarray<double>{{{1., 2., 4., 8.}}});  // [N, C, L]
        const Variable w = tape.variable(xt::xarray<double>{{{-1., 1.}}});  // [out, in, k]: differences
        show(conv1d(x, w));                                                 // [[[1, 2, 4]]]
        show(conv1d(x, w, {.stride = 2}));                                  // [[[1, 4]]]
        show(conv1d(x, w, {.padding = 1}));   // [[[1, 1, 2, 4, -8]]]  (zeros at both ends)
        show(conv1d(x, w, {.dilation = 2}));  // [[[3, 6]]]  (4 - 1, 8 - 2)
        //! [conv1d, Conv1dOptions]
    }
    {
        //! [conv2d, Conv2dOptions]
        // [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
        const Variable x = reshape(arange(tape.variable(0.), 1, 10), {1, 1, 3, 3});
        const Variable w = ones(x, {1, 1, 2, 2}), b = tape.variable(xt::xarray<double>{100.});
        show(conv2d(x, w));                    // [[[[12, 16], [24, 28]]]]  (the sums of 2 x 2 windows)
        show(conv2d(x, w, b, {.stride = 2}));  // [[[[112]]]]
        show(conv2d(x, w, {.padding = {0, 1}}).shape());  // [1, 1, 2, 4]
        //! [conv2d, Conv2dOptions]
    }
    {
        //! [Pair2d]
        const Pair2d both = 2, kernel = {3, 5};  // rows and columns
        show(both.w);                            // 2
        show(kernel.h);                          // 3
        //! [Pair2d]
    }
    {
        //! [conv_transpose1d, ConvTranspose1dOptions]
        const Variable x = tape.variable(xt::xarray<double>{{{1., 10.}}});
        const Variable w = tape.variable(xt::xarray<double>{{{1., 2., 3.}}});  // [in, out, k]
        show(conv_transpose1d(x, w));                 // [[[1, 12, 23, 30]]]  (1 w + 10 w, one place on)
        show(conv_transpose1d(x, w, {.stride = 2}));  // [[[1, 2, 13, 20, 30]]]
        //! [conv_transpose1d, ConvTranspose1dOptions]
    }
    {
        //! [conv_transpose2d, ConvTranspose2dOptions]
        const Variable x = tape.variable(xt::xarray<double>{{{{1., 2.}, {3., 4.}}}});
        const Variable w = ones(x, {1, 1, 2, 2});
        show(conv_transpose2d(x, w));  // [[[[1, 3, 2], [4, 10, 6], [3, 7, 4]]]]
        show(conv_transpose2d(x, w, {.stride = 2}));
        // [[[[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]]]
        //! [conv_transpose2d, ConvTranspose2dOptions]
    }
}

void pooling(Tape& tape)
{
    {
        //! [avg_pool1d, AvgPool1dOptions]
        const Variable x = tape.variable(xt::xarray<double>{{{1., 3., 5., 7.}}});
        show(avg_pool1d(x, 2));                                                        // [[[2, 6]]]
        show(avg_pool1d(x, {.kernel = 3, .stride = 1}));                               // [[[3, 5]]]
        show(avg_pool1d(x, {.kernel = 2, .padding = 1, .count_include_pad = false}));  // [[[1, 4, 7]]]
        //! [avg_pool1d, AvgPool1dOptions]
    }
    {
        //! [avg_pool2d, AvgPool2dOptions]
        // [[1, 2, 3, 4], [5, 6, 7, 8]]
        const Variable x = reshape(arange(tape.variable(0.), 1, 9), {1, 1, 2, 4});
        show(avg_pool2d(x, 2));                   // [[[[3.5, 5.5]]]]
        show(avg_pool2d(x, {.kernel = {1, 2}}));  // [[[[1.5, 3.5], [5.5, 7.5]]]]
        //! [avg_pool2d, AvgPool2dOptions]
    }
    {
        //! [max_pool1d, MaxPool1dOptions]
        const Variable x = tape.variable(xt::xarray<double>{{{1., 4., 2., 2.}}});
        show(max_pool1d(x, 2));                           // [[[4, 2]]]
        show(grad(sum(max_pool1d(x, 2)), x));             // [[[0, 1, 1, 0]]]  (the first of equal ones)
        show(max_pool1d(x, {.kernel = 3, .stride = 1}));  // [[[4, 4]]]
        //! [max_pool1d, MaxPool1dOptions]
    }
    {
        //! [max_pool2d, MaxPool2dOptions]
        const Variable x = reshape(arange(tape.variable(0.), 1, 10), {1, 1, 3, 3});
        show(max_pool2d(x, {.kernel = 2, .stride = 1}));  // [[[[5, 6], [8, 9]]]]
        show(max_pool2d(x, {.kernel = 2, .ceil_mode = true}));
        // [[[[5, 6], [8, 9]]]]  (windows over the edge count)
        show(max_pool2d(x, 2));  // [[[[5]]]]
        //! [max_pool2d, MaxPool2dOptions]
    }
    {
        //! [adaptive_avg_pool1d]
        const Variable x = tape.variable(xt::xarray<double>{{{1., 2., 3., 4., 5.}}});
        show(adaptive_avg_pool1d(x, 1));  // [[[3]]]  (one window: the mean of all)
        show(adaptive_avg_pool1d(x, 2));  // [[[2, 4]]]  (1 2 3 and 3 4 5 share the 3)
        //! [adaptive_avg_pool1d]
    }
    {
        //! [adaptive_avg_pool2d, OutputSize2d]
        // [[1, 2, 3, 4], [5, 6, 7, 8]]
        const Variable x = reshape(arange(tape.variable(0.), 1, 9), {1, 1, 2, 4});
        show(adaptive_avg_pool2d(x, 1));                  // [[[[4.5]]]]
        show(adaptive_avg_pool2d(x, {1, 2}));             // [[[[3.5, 5.5]]]]
        show(adaptive_avg_pool2d(x, {std::nullopt, 1}));  // [[[[2.5], [6.5]]]]  (as many rows as x has)
        //! [adaptive_avg_pool2d, OutputSize2d]
    }
    {
        //! [adaptive_max_pool1d]
        const Variable x = tape.variable(xt::xarray<double>{{{1., 5., 3., 2.}}});
        show(adaptive_max_pool1d(x, 2));  // [[[5, 3]]]
        //! [adaptive_max_pool1d]
    }
    {
        //! [adaptive_max_pool2d]
        const Variable x = reshape(arange(tape.variable(0.), 1, 9), {1, 1, 2, 4});
        show(adaptive_max_pool2d(x, {1, 2}));  // [[[[6, 8]]]]
        //! [adaptive_max_pool2d]
    }
}

void resolution(Tape& tape)
{
    {
        //! [interpolate, InterpolateOptions]
        const Variable x = tape.variable(xt::xarray<double>{{{0., 4.}}});
        show(interpolate(x, {.scale_factor = 2}));  // [[[0, 0, 4, 4]]]
        show(interpolate(x, {.size = 4}));          // [[[0, 0, 4, 4]]]
        //! [interpolate, InterpolateOptions]
    }
    {
        //! [Interpolation]
        const Variable x = tape.variable(xt::xarray<double>{{{0., 4.}}});
        show(interpolate(x, {.scale_factor = 2, .mode = Interpolation::linear}));  // [[[0, 1, 3, 4]]]
        show(interpolate(x, {.size = 5, .mode = Interpolation::linear, .align_corners = true}));
        // [[[0, 1, 2, 3, 4]]]
        //! [Interpolation]
    }
    {
        //! [Scale2d]
        const Variable x = tape.variable(xt::xarray<double>{{{{1., 2.}}}});
        show(interpolate(x, {.scale_factor = Scale2d{2, 1}}));
        // [[[[1, 2], [1, 2]]]]  (rows twice, columns as they are)
        //! [Scale2d]
    }
    {
        //! [pixel_shuffle]
        // four channels of one place
        const Variable x = reshape(arange(tape.variable(0.), 1, 5), {1, 4, 1, 1});
        show(pixel_shuffle(x, 2));  // [[[[1, 2], [3, 4]]]]  (one channel, a square of four places)
        //! [pixel_shuffle]
    }
    {
        //! [pixel_unshuffle]
        const Variable x = tape.variable(xt::xarray<double>{{{{1., 2.}, {3., 4.}}}});
        show(pixel_unshuffle(x, 2));  // [[[[1]], [[2]], [[3]], [[4]]]]
        //! [pixel_unshuffle]
    }
    {
        //! [unfold, UnfoldOptions]
        const Variable x = reshape(arange(tape.variable(0.), 1, 7), {1, 1, 2, 3});  // [[1, 2, 3], [4, 5, 6]]
        show(unfold(x, {.kernel = 2}));  // [[[1, 2], [2, 3], [4, 5], [5, 6]]]  (two windows, as columns)
        //! [unfold, UnfoldOptions]
    }
    {
        //! [fold]
        const Variable columns = ones(tape.variable(0.), {1, 4, 2});
        show(fold(columns, {2, 3}, {.kernel = 2}));
        // [[[[1, 2, 1], [1, 2, 1]]]]  (how many windows reach a place)
        //! [fold]
    }
}

const shown::Page page("Convolution and pooling", {convolutions, pooling, resolution});

}  // namespace
