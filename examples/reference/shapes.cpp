// The same elements in other shapes; slices; joining, cutting and rearranging.
#include "shown.hpp"
using namespace xgrad;

namespace {

void shape(Tape& tape)
{
    {
        //! [reshape]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3., 4., 5., 6.});
        show(reshape(x, {2, 3}));           // [[1, 2, 3], [4, 5, 6]]
        show(reshape(x, {3, -1}).shape());  // [3, 2]  (-1: what is left)
        //! [reshape]
    }
    {
        //! [ravel]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(ravel(x));  // [1, 2, 3, 4]
        //! [ravel]
    }
    {
        //! [flatten]
        const Variable images = zeros(tape.variable(0.), {10, 3, 8, 8});
        show(flatten(images).shape());     // [10, 192]  (all axes but the first)
        show(flatten(images, 2).shape());  // [10, 3, 64]
        //! [flatten]
    }
    {
        //! [transpose]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2., 3.}, {4., 5., 6.}});
        show(transpose(x));  // [[1, 4], [2, 5], [3, 6]]
        const Variable batch = zeros(x, {8, 2, 3});
        show(transpose(batch, 1, 2).shape());       // [8, 3, 2]  (two axes exchanged)
        show(transpose(batch, {2, 0, 1}).shape());  // [3, 8, 2]  (as permute)
        //! [transpose]
    }
    {
        //! [swapaxes]
        const Variable x = zeros(tape.variable(0.), {8, 2, 3});
        show(swapaxes(x, 0, 2).shape());  // [3, 2, 8]
        //! [swapaxes]
    }
    {
        //! [moveaxis]
        const Variable x = zeros(tape.variable(0.), {2, 3, 4, 5});
        show(moveaxis(x, 0, -1).shape());            // [3, 4, 5, 2]
        show(moveaxis(x, {0, 1}, {-1, 0}).shape());  // [3, 4, 5, 2]
        //! [moveaxis]
    }
    {
        //! [permute]
        const Variable x = zeros(tape.variable(0.), {10, 8, 8, 3});
        show(permute(x, {0, 3, 1, 2}).shape());  // [10, 3, 8, 8]  (channels to the front)
        //! [permute]
    }
    {
        //! [broadcast_to]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(broadcast_to(x, {3, 2}));                // [[1, 2], [1, 2], [1, 2]]
        show(grad(sum(broadcast_to(x, {3, 2})), x));  // [3, 3]
        //! [broadcast_to]
    }
    {
        //! [sum_to]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(sum_to(x, {2}));  // [4, 6]  (sums what broadcast_to would have repeated)
        //! [sum_to]
    }
    {
        //! [squeeze]
        const Variable x = zeros(tape.variable(0.), {1, 3, 1});
        show(squeeze(x).shape());     // [3]
        show(squeeze(x, 0).shape());  // [3, 1]
        //! [squeeze]
    }
    {
        //! [unsqueeze]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(unsqueeze(x, 0).shape());   // [1, 3]
        show(unsqueeze(x, -1).shape());  // [3, 1]
        //! [unsqueeze]
    }
    {
        //! [expand_dims]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(expand_dims(x, {0, 2}).shape());  // [1, 3, 1]  (unsqueeze under NumPy's name)
        //! [expand_dims]
    }
}

void cut_and_join(Tape& tape)
{
    {
        //! [slice, Slice]
        const Variable x =
            tape.variable(xt::xarray<double>{{0., 1., 2., 3.}, {4., 5., 6., 7.}, {8., 9., 10., 11.}});
        show(slice(x, {{.start = 1}}));                 // [[4, 5, 6, 7], [8, 9, 10, 11]]  (x[1:])
        show(slice(x, {{1, 3}, {.step = 2}}));          // [[4, 6], [8, 10]]  (x[1:3, ::2])
        show(slice(x, {{.start = -1}, {.step = -1}}));  // [[11, 10, 9, 8]]  (x[-1:, ::-1])
        //! [slice, Slice]
    }
    {
        //! [concat]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable y = tape.variable(xt::xarray<double>{3.});
        show(concat({x, y}));  // [1, 2, 3]
        //! [concat]
    }
    {
        //! [concatenate]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(concatenate({x, x}, 1));  // [[1, 2, 1, 2], [3, 4, 3, 4]]  (concat under NumPy's name)
        //! [concatenate]
    }
    {
        //! [stack]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        const Variable y = tape.variable(xt::xarray<double>{3., 4.});
        show(stack({x, y}));     // [[1, 2], [3, 4]]
        show(stack({x, y}, 1));  // [[1, 3], [2, 4]]
        //! [stack]
    }
    {
        //! [split]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3., 4., 5., 6.});
        show(split(x, 3)[1]);                                  // [3, 4]  (the second of three equal parts)
        const std::vector<Variable> parts = split(x, {1, 4});  // cut at 1 and at 4
        show(parts[1]);                                        // [2, 3, 4]
        //! [split]
    }
    {
        //! [flip]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(flip(x));     // [[4, 3], [2, 1]]
        show(flip(x, 1));  // [[2, 1], [4, 3]]
        //! [flip]
    }
    {
        //! [roll]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3., 4.});
        show(roll(x, 1));      // [4, 1, 2, 3]
        show(roll(x, -1, 0));  // [2, 3, 4, 1]
        //! [roll]
    }
    {
        //! [repeat]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(repeat(x, 2));  // [1, 1, 2, 2]  (numpy.repeat; torch.repeat is tile)
        //! [repeat]
    }
    {
        //! [tile]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        show(tile(x, 2));       // [1, 2, 1, 2]
        show(tile(x, {2, 1}));  // [[1, 2], [1, 2]]
        //! [tile]
    }
    {
        //! [pad, Padding]
        const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.});
        show(pad(x, {{1, 2}}));                    // [0, 1, 2, 3, 0, 0]
        show(pad(x, {{2, 1}}, Padding::reflect));  // [3, 2, 1, 2, 3, 2]
        show(pad(x, 1, Padding::edge));            // [1, 1, 2, 3, 3]
        show(pad(x, 1, Padding::constant, 9));     // [9, 1, 2, 3, 9]
        //! [pad, Padding]
    }
}

const shown::Page page("Shapes", {shape, cut_and_join});

}  // namespace
