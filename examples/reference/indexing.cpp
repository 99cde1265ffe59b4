// Elements by their numbers: picking, adding, sorting. Numbers are int64.
#include "shown.hpp"
using namespace xgrad;

namespace {

void picking(Tape& tape)
{
    {
        //! [index_select]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}, {5., 6.}});
        const Variable index = tape.constant(xt::xarray<std::int64_t>{2, 0, 2});
        show(index_select(x, 0, index));  // [[5, 6], [1, 2], [5, 6]]
        show(grad(sum(index_select(x, 0, index)), x));
        // [[1, 1], [0, 0], [2, 2]]  (how often each was taken)
        //! [index_select]
    }
    {
        //! [index_add]
        const Variable x = tape.variable(xt::xarray<double>{10., 20., 30.});
        const Variable y = tape.variable(xt::xarray<double>{1., 2., 3.});
        const Variable index = tape.constant(xt::xarray<std::int64_t>{2, 0, 2});
        show(index_add(x, 0, index, y));  // [12, 20, 34]  (a number that comes twice adds twice)
        //! [index_add]
    }
    {
        //! [gather]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2., 3.}, {4., 5., 6.}});
        const Variable index = tape.constant(xt::xarray<std::int64_t>{{2, 0}, {1, 1}});
        show(gather(x, 1, index));  // [[3, 1], [5, 5]]  (x[i][index[i][j]])
        //! [gather]
    }
    {
        //! [scatter_add]
        const Variable x = tape.variable(xt::xarray<double>{{0., 0., 0.}, {0., 0., 0.}});
        const Variable y = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        const Variable index = tape.constant(xt::xarray<std::int64_t>{{2, 0}, {1, 1}});
        show(scatter_add(x, 1, index, y));  // [[2, 0, 1], [0, 7, 0]]
        //! [scatter_add]
    }
    {
        //! [take]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        const Variable index = tape.constant(xt::xarray<std::int64_t>{-1, 0});
        show(take(x, index));     // [4, 1]  (of the flattened array; -1 is the last one)
        show(take(x, index, 1));  // [[2, 1], [4, 3]]
        //! [take]
    }
    {
        //! [take_along_axis]
        const Variable x = tape.variable(xt::xarray<double>{{1., 9.}, {7., 5.}});
        const Variable best = argmax(x, 1, true);
        show(take_along_axis(x, best, 1));  // [[9], [7]]
        //! [take_along_axis]
    }
    {
        //! [one_hot]
        const Variable labels = tape.constant(xt::xarray<std::int64_t>{1, 0});
        show(one_hot(labels, 3));                          // [[0, 1, 0], [1, 0, 0]]
        show(one_hot(labels, 3, DType::float32).dtype());  // float32
        //! [one_hot]
    }
}

void sorting(Tape& tape)
{
    {
        //! [sort]
        const Variable x = tape.variable(xt::xarray<double>{3., 1., 2.});
        show(sort(x));                                                    // [1, 2, 3]
        show(sort(x, -1, true));                                          // [3, 2, 1]  (descending)
        show(grad(sum(sort(x) * xt::xarray<double>{10., 20., 30.}), x));  // [30, 10, 20]
        //! [sort]
    }
    {
        //! [argsort]
        const Variable x = tape.variable(xt::xarray<double>{3., 1., 2.});
        show(argsort(x));  // [1, 2, 0]
        //! [argsort]
    }
    {
        //! [topk, TopK]
        const Variable x = tape.variable(xt::xarray<double>{3., 9., 1., 7.});
        const TopK best = topk(x, 2);
        show(best.values);   // [9, 7]
        show(best.indices);  // [1, 3]
        const auto [smallest, places] = topk(x, 1, -1, false);
        show(smallest);  // [1]
        //! [topk, TopK]
    }
}

const shown::Page page("Picking and sorting", {picking, sorting});

}  // namespace
