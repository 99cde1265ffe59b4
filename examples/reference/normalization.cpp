// Normalisation over batches, groups and rows; embeddings; attention.
#include "shown.hpp"
using namespace xgrad;

namespace {

void norms(Tape& tape)
{
    {
        //! [layer_norm]
        const Variable x = tape.variable(xt::xarray<double>{{1., 3.}, {10., 30.}});
        show(layer_norm(x));  // [[-1, 1], [-1, 1]]  (each row has mean 0 and deviation 1)
        const Variable w = tape.variable(xt::xarray<double>{2., 2.});
        const Variable b = tape.variable(xt::xarray<double>{5., 5.});
        show(layer_norm(x, w, b));  // [[3, 7], [3, 7]]
        //! [layer_norm]
    }
    {
        //! [batch_norm, BatchNormOptions]
        const Parameter mean = Parameter::buffer(xt::xarray<double>{0., 0.}),
                        var = Parameter::buffer(xt::xarray<double>{1., 1.});
        Tape training;
        const Variable x = training.variable(xt::xarray<double>{{1., 10.}, {3., 30.}});  // [N, C]
        show(batch_norm(x, mean, var));  // [[-1, -1], [1, 1]]  (by the batch's own statistics)
        training.commit();               // the running ones become 0.9 old + 0.1 new
        show(mean.array());              // [0.2, 2]
        Tape evaluation({.training = false});
        show(batch_norm(evaluation.variable(xt::xarray<double>{{0.2, 2.}}), mean, var));
        // [[0, 0]]  (by the running ones)
        //! [batch_norm, BatchNormOptions]
    }
    {
        //! [group_norm]
        const Variable x = tape.variable(xt::xarray<double>{{1., 3., 10., 30.}});  // [N, C]
        show(group_norm(x, 2));  // [[-1, 1, -1, 1]]  (two groups of two channels)
        //! [group_norm]
    }
    {
        //! [instance_norm]
        const Variable x = tape.variable(xt::xarray<double>{{{1., 3.}, {10., 30.}}});  // [N, C, L]
        show(instance_norm(x));  // [[[-1, 1], [-1, 1]]]  (each channel of each example by itself)
        //! [instance_norm]
    }
    {
        //! [rms_norm]
        const Variable x = tape.variable(xt::xarray<double>{1., 7.});
        show(rms_norm(x));  // [0.2, 1.4]  (divided by sqrt((1 + 49) / 2) = 5; the mean stays)
        //! [rms_norm]
    }
}

void tables(Tape& tape)
{
    {
        //! [embedding]
        const Variable table = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}, {5., 6.}});
        const Variable indices = tape.constant(xt::xarray<std::int64_t>{2, 0, 2});
        const Variable rows = embedding(indices, table);
        show(rows);                    // [[5, 6], [1, 2], [5, 6]]
        show(grad(sum(rows), table));  // [[1, 1], [0, 0], [2, 2]]
        //! [embedding]
    }
    {
        //! [scaled_dot_product_attention]
        const Variable q = tape.variable(xt::xarray<double>{{0., 0.}});  // asks for nothing in particular
        const Variable k = tape.variable(xt::xarray<double>{{1., 0.}, {0., 1.}});
        const Variable v = tape.variable(xt::xarray<double>{{10., 20.}, {30., 40.}});
        show(scaled_dot_product_attention(q, k, v));  // [[20, 30]]  (so it gets the mean of v)
        //! [scaled_dot_product_attention]
    }
    {
        //! [AttentionOptions]
        const Variable x = tape.variable(xt::xarray<double>{{0., 0.}, {0., 0.}});
        const Variable v = tape.variable(xt::xarray<double>{{1., 2.}, {3., 4.}});
        show(scaled_dot_product_attention(x, x, v, {.causal = true}));
        // [[1, 2], [2, 3]]  (step 0 sees itself alone)
        const Variable seen = tape.constant(xt::xarray<bool>{{false, true}});
        show(scaled_dot_product_attention(x, x, v, {.mask = seen}));  // [[3, 4], [3, 4]]
        //! [AttentionOptions]
    }
    {
        //! [self_attention]
        const Variable qkv =
            tape.variable(xt::xarray<double>{{0., 0., 0., 0., 1., 2.}, {0., 0., 0., 0., 3., 4.}});
        show(self_attention(qkv, 2));        // [[2, 3], [2, 3]]  (two heads of width 1; x = [q, k, v])
        show(self_attention(qkv, 2, true));  // [[1, 2], [2, 3]]  (causal)
        //! [self_attention]
    }
}

const shown::Page page("Normalisation, embedding, attention", {norms, tables});

}  // namespace
