// Layers: dense ones, images and sequences, pooling, normalisation, attention, recurrence.
#include <xgrad/nn.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void dense(Tape& tape)
{
    {
        //! [nn::Linear]
        nn::Linear layer(3, 2);  // y = x W + b; fresh weights are random
        layer.weight.assign(xt::xarray<float>{{1, 0}, {0, 1}, {1, 1}});
        layer.bias.assign(xt::xarray<float>{10, 20});
        show(layer(tape.constant(xt::xarray<float>{1, 2, 3})));  // [14, 25]
        //! [nn::Linear]
    }
    {
        //! [nn::LinearOptions]
        const nn::Linear layer(3, 2, {.bias = false, .dtype = DType::float64});
        show(nn::parameters(layer).size());  // 1
        show(layer.weight.dtype());          // float64
        //! [nn::LinearOptions]
    }
    {
        //! [nn::Identity]
        show(nn::Identity{}(tape.variable(3.)));  // 3
        //! [nn::Identity]
    }
    {
        //! [nn::Affine]
        show(nn::Affine{.a = 2, .b = 1}(tape.variable(3.)));  // 7  (fixed numbers, nothing is trained)
        //! [nn::Affine]
    }
    {
        //! [nn::Dropout]
        const nn::Dropout half{0.5};
        const Variable y = half(ones(tape.variable(0.), {1000}));  // this tape trains
        show(all(logical_or(equal(y, 0), equal(y, 2))));           // true
        Tape evaluation({.training = false});
        show(half(evaluation.variable(3.)));  // 3
        //! [nn::Dropout]
    }
    {
        //! [nn::Sequential]
        nn::Sequential net(nn::Linear(4, 8), nn::Tanh(), nn::Linear(8, 1));
        net.add(+[](Variable x) { return x * 2; });            // a function is a stage too
        show(net.size());                                      // 4
        show(nn::named_parameters(net)[2].first);              // 2.weight
        show(net(zeros(tape.variable(0.f), {5, 4})).shape());  // [5, 1]
        //! [nn::Sequential]
    }
    {
        //! [nn::stage]
        show(nn::stage<nn::Linear> && nn::stage<Variable (*)(Variable)>);
        // true  (may stand in a Sequential)
        const nn::Sequential net(
            nn::ReLU(), +[](Variable x) { return x + 1; });
        show(net(tape.variable(-3.)));  // 1
        //! [nn::stage]
    }
    {
        //! [nn::Flatten]
        const Variable images = zeros(tape.variable(0.f), {10, 3, 8, 8});
        show(nn::Flatten{}(images).shape());  // [10, 192]
        //! [nn::Flatten]
    }
    {
        //! [nn::Embedding]
        const nn::Embedding table(3, 2);  // a vector of two numbers for each of three things
        table.weight.assign(xt::xarray<float>{{1, 2}, {3, 4}, {5, 6}});
        show(table(tape.constant(xt::xarray<std::int64_t>{2, 0, 2})));  // [[5, 6], [1, 2], [5, 6]]
        //! [nn::Embedding]
    }
}

void images(Tape& tape)
{
    {
        //! [nn::Conv1d, nn::Conv1dLayerOptions]
        nn::Conv1d layer(1, 1, 3, {.padding = 1});
        nn::initialise(layer, nn::constant(1), 1);                   // weights 1, bias 0
        show(layer(tape.constant(xt::xarray<float>{{{1, 2, 4}}})));  // [[[3, 7, 6]]]  (sums of neighbours)
        show(nn::Conv1d(2, 4, 3).weight.shape());                    // [4, 2, 3]
        //! [nn::Conv1d, nn::Conv1dLayerOptions]
    }
    {
        //! [nn::Conv2d, nn::Conv2dLayerOptions]
        const nn::Conv2d layer(3, 16, 5, {.stride = 2, .padding = 2, .bias = false});
        show(layer(zeros(tape.variable(0.f), {10, 3, 32, 32})).shape());  // [10, 16, 16, 16]
        show(layer.weight.shape());                                       // [16, 3, 5, 5]
        //! [nn::Conv2d, nn::Conv2dLayerOptions]
    }
    {
        //! [nn::ConvTranspose1d, nn::ConvTranspose1dLayerOptions]
        const nn::ConvTranspose1d layer(8, 4, 4, {.stride = 2, .padding = 1});  // doubles the length
        show(layer(zeros(tape.variable(0.f), {10, 8, 50})).shape());            // [10, 4, 100]
        //! [nn::ConvTranspose1d, nn::ConvTranspose1dLayerOptions]
    }
    {
        //! [nn::ConvTranspose2d, nn::ConvTranspose2dLayerOptions]
        const nn::ConvTranspose2d layer(8, 4, 4, {.stride = 2, .padding = 1});
        show(layer(zeros(tape.variable(0.f), {10, 8, 16, 16})).shape());  // [10, 4, 32, 32]
        show(layer.weight.shape());                                       // [8, 4, 4, 4]
        //! [nn::ConvTranspose2d, nn::ConvTranspose2dLayerOptions]
    }
    {
        //! [nn::AvgPool1d, nn::MaxPool1d]
        const Variable x = tape.variable(xt::xarray<double>{{{1., 3., 5., 9.}}});
        show(nn::AvgPool1d{2}(x));                           // [[[2, 7]]]
        show(nn::MaxPool1d{{.kernel = 3, .stride = 1}}(x));  // [[[5, 9]]]
        //! [nn::AvgPool1d, nn::MaxPool1d]
    }
    {
        //! [nn::AvgPool2d, nn::MaxPool2d]
        const Variable x = tape.variable(xt::xarray<double>{{{{1., 3.}, {5., 7.}}}});
        show(nn::AvgPool2d{2}(x));  // [[[[4]]]]
        show(nn::MaxPool2d{2}(x));  // [[[[7]]]]
        //! [nn::AvgPool2d, nn::MaxPool2d]
    }
    {
        //! [nn::AdaptiveAvgPool1d, nn::AdaptiveMaxPool1d]
        const Variable x = tape.variable(xt::xarray<double>{{{1., 3., 5., 7.}}});
        show(nn::AdaptiveAvgPool1d{1}(x));  // [[[4]]]
        show(nn::AdaptiveMaxPool1d{2}(x));  // [[[3, 7]]]
        //! [nn::AdaptiveAvgPool1d, nn::AdaptiveMaxPool1d]
    }
    {
        //! [nn::AdaptiveAvgPool2d, nn::AdaptiveMaxPool2d]
        const Variable images = zeros(tape.variable(0.f), {10, 3, 31, 17});  // of any size
        show(nn::AdaptiveAvgPool2d{1}(images).shape());                      // [10, 3, 1, 1]
        show(nn::AdaptiveMaxPool2d{{7, 5}}(images).shape());                 // [10, 3, 7, 5]
        //! [nn::AdaptiveAvgPool2d, nn::AdaptiveMaxPool2d]
    }
    {
        //! [nn::Upsample]
        const Variable x = tape.variable(xt::xarray<double>{{{0., 4.}}});
        show(nn::Upsample{{.scale_factor = 2, .mode = Interpolation::linear}}(x));  // [[[0, 1, 3, 4]]]
        //! [nn::Upsample]
    }
    {
        //! [nn::PixelShuffle, nn::PixelUnshuffle]
        const Variable x = zeros(tape.variable(0.f), {10, 12, 8, 8});
        show(nn::PixelShuffle{2}(x).shape());                         // [10, 3, 16, 16]
        show(nn::PixelUnshuffle{2}(nn::PixelShuffle{2}(x)).shape());  // [10, 12, 8, 8]
        //! [nn::PixelShuffle, nn::PixelUnshuffle]
    }
}

void norms(Tape& tape)
{
    {
        //! [nn::LayerNorm, nn::LayerNormOptions]
        const nn::LayerNorm layer(2, {.dtype = DType::float64});
        show(layer(tape.variable(xt::xarray<double>{{1., 3.}, {10., 30.}})));  // [[-1, 1], [-1, 1]]
        show(layer.weight.array());                                            // [1, 1]
        //! [nn::LayerNorm, nn::LayerNormOptions]
    }
    {
        //! [nn::BatchNorm1d]
        const nn::BatchNorm1d layer(2, {.dtype = DType::float64});
        Tape training;
        show(layer(training.variable(xt::xarray<double>{{1., 10.}, {3., 30.}})));  // [[-1, -1], [1, 1]]
        training.commit();                 // or an optimizer's step: writes the running statistics
        show(layer.running_mean.array());  // [0.2, 2]
        //! [nn::BatchNorm1d]
    }
    {
        //! [nn::BatchNorm2d]
        const nn::BatchNorm2d layer(3);
        show(layer(zeros(tape.variable(0.f), {10, 3, 8, 8})).shape());  // [10, 3, 8, 8]
        //! [nn::BatchNorm2d]
    }
    {
        //! [nn::BatchNorm]
        nn::BatchNorm1d layer(2);
        nn::BatchNorm& both = layer;  // what BatchNorm1d and BatchNorm2d have in common
        both.training = false;        // this layer's statistics are frozen, whatever the tape
        show(layer(tape.variable(xt::xarray<float>{{1, 2}})));  // [[1, 2]]  (running mean 0, variance 1)
        //! [nn::BatchNorm]
    }
    {
        //! [nn::BatchNormLayerOptions]
        // running means over all batches
        const nn::BatchNorm1d layer(2, {.momentum = {}, .dtype = DType::float64});
        Tape training;
        layer(training.variable(xt::xarray<double>{{1., 10.}, {3., 30.}}));
        training.commit();
        show(layer.running_mean.array());  // [2, 20]
        //! [nn::BatchNormLayerOptions]
    }
    {
        //! [nn::GroupNorm, nn::GroupNormOptions]
        const nn::GroupNorm layer(2, 4, {.dtype = DType::float64});          // 2 groups of 2 channels
        show(layer(tape.variable(xt::xarray<double>{{1., 3., 10., 30.}})));  // [[-1, 1, -1, 1]]
        //! [nn::GroupNorm, nn::GroupNormOptions]
    }
    {
        //! [nn::InstanceNorm2d, nn::InstanceNormOptions]
        const nn::InstanceNorm2d layer(1, {.dtype = DType::float64});
        show(layer(tape.variable(xt::xarray<double>{{{{1., 1.}, {3., 3.}}}})));  // [[[[-1, -1], [1, 1]]]]
        show(nn::parameters(layer).size());                                      // 0  (unless .affine = true)
        //! [nn::InstanceNorm2d, nn::InstanceNormOptions]
    }
    {
        //! [nn::RMSNorm, nn::RMSNormOptions]
        const nn::RMSNorm layer(2, {.dtype = DType::float64});
        show(layer(tape.variable(xt::xarray<double>{1., 7.})));  // [0.2, 1.4]
        //! [nn::RMSNorm, nn::RMSNormOptions]
    }
}

void sequences(Tape& tape)
{
    {
        //! [nn::MultiheadAttention, nn::MultiheadAttentionOptions]
        const nn::MultiheadAttention layer(16, 4, {.causal = true});  // width 16, 4 heads
        show(layer(zeros(tape.variable(0.f), {2, 10, 16})).shape());  // [2, 10, 16]
        show(layer.qkv.weight.shape());  // [16, 48]  (queries, keys and values side by side)
        //! [nn::MultiheadAttention, nn::MultiheadAttentionOptions]
    }
    {
        //! [nn::TransformerEncoderLayer, nn::TransformerEncoderLayerOptions]
        const nn::TransformerEncoderLayer layer(16, 4, {.feedforward = 64, .dropout = 0, .norm_first = true});
        show(layer(zeros(tape.variable(0.f), {2, 10, 16})).shape());  // [2, 10, 16]
        //! [nn::TransformerEncoderLayer, nn::TransformerEncoderLayerOptions]
    }
    {
        //! [nn::LSTM, nn::LSTMOptions, nn::LSTMOutput, nn::LSTM::Layer]
        const nn::LSTM layer(3, 8, {.layers = 2, .batch_first = true});
        const nn::LSTMOutput y = layer(zeros(tape.variable(0.f), {5, 20, 3}));  // [batch, steps, in]
        show(y.output.shape());                                                 // [5, 20, 8]
        show(y.h_n.shape());  // [2, 5, 8]  (every layer's state after the last step)
        const nn::LSTM::Layer& first = layer.layers[0];
        show(first.weight_ih.shape());  // [3, 32]  (four gates side by side)
        //! [nn::LSTM, nn::LSTMOptions, nn::LSTMOutput, nn::LSTM::Layer]
    }
    {
        //! [nn::LSTMCell, nn::LSTMState]
        const nn::LSTMCell cell(3, 8);
        const Variable x = zeros(tape.variable(0.f), {5, 3});
        nn::LSTMState state{.h = zeros(x, {5, 8}), .c = zeros(x, {5, 8})};
        for (int step = 0; step < 4; ++step) state = cell(x, state);
        show(state.h.shape());  // [5, 8]
        //! [nn::LSTMCell, nn::LSTMState]
    }
    {
        //! [nn::RNN, nn::RNNOptions, nn::RNNOutput]
        const nn::RNN layer(3, 8, {.nonlinearity = Nonlinearity::relu});
        const nn::RNNOutput y = layer(zeros(tape.variable(0.f), {20, 5, 3}));  // [steps, batch, in]
        show(y.output.shape());                                                // [20, 5, 8]
        show(y.h_n.shape());                                                   // [1, 5, 8]
        //! [nn::RNN, nn::RNNOptions, nn::RNNOutput]
    }
    {
        //! [nn::RNNCell, nn::RNNCellOptions]
        nn::RNNCell cell(2, 1, {.nonlinearity = Nonlinearity::relu});
        nn::initialise(cell, nn::constant(1), 1);  // weights 1, biases 0
        const Variable x = tape.constant(xt::xarray<float>{1, 2});
        const Variable h = cell(x);
        show(h);           // [3]  (from a state of 0)
        show(cell(x, h));  // [6]  (x and h added up)
        //! [nn::RNNCell, nn::RNNCellOptions]
    }
    {
        //! [nn::GRU, nn::GRUOptions]
        const nn::GRU layer(3, 8, {.layers = 2});
        show(layer(zeros(tape.variable(0.f), {20, 5, 3})).h_n.shape());  // [2, 5, 8]
        show(layer.layers[0].weight_ih.shape());  // [3, 24]  (three gates side by side)
        //! [nn::GRU, nn::GRUOptions]
    }
    {
        //! [nn::GRUCell, nn::GRUCellOptions]
        nn::GRUCell cell(1, 1, {.dtype = DType::float64});
        nn::initialise(cell, nn::zeros, 1);  // all gates are sigmoid(0) = 1/2
        const Variable x = tape.constant(xt::xarray<double>{7.0}), h = tape.constant(xt::xarray<double>{4.0});
        show(cell(x, h));  // [2]  (half of the state is kept)
        //! [nn::GRUCell, nn::GRUCellOptions]
    }
}

const shown::Page page("Layers", {dense, images, norms, sequences});

}  // namespace
