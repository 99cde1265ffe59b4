// libtorch's side of the workloads with layer normalisation.
#include <cmath>

#include "libtorch_kit.hpp"
#include "libtorch_peers.hpp"
#include "problem_attention.hpp"

namespace bench {
namespace {

std::vector<Step> norm_and_softmax()
{
    const NormProblem problem = layernorm_softmax();
    Tensor x = tensor(problem.x, {1024, 1024}).requires_grad_(true);
    const Tensor w = tensor(problem.w, {1024, 1024});
    torch::nn::LayerNorm layer(torch::nn::LayerNormOptions({1024}));
    {
        torch::NoGradGuard guard;
        layer->weight.copy_(tensor(problem.weight, {1024}));
        layer->bias.copy_(tensor(problem.bias, {1024}));
    }
    return {[=](Result* result) mutable {
        x.mutable_grad() = Tensor();
        layer->weight.mutable_grad() = Tensor();
        layer->bias.mutable_grad() = Tensor();
        const Tensor loss = (torch::softmax(layer->forward(x), 1) * w).sum();
        loss.backward();
        if (!result) return;
        result->loss = loss.item<double>();
        append(*result, x.grad().reshape({-1}));
        append(*result, layer->weight.grad());
        append(*result, layer->bias.grad());
    }};
}

torch::nn::Linear linear(const Dense& layer)
{
    torch::NoGradGuard guard;
    torch::nn::Linear result(layer.in, layer.out);
    result->weight.copy_(turned(tensor(layer.weight, {layer.in, layer.out})));
    result->bias.copy_(tensor(layer.bias, {layer.out}));
    return result;
}

std::vector<Step> encoder()
{
    const std::int64_t b = 8, t = 128, d = 256, heads = 4, width = d / heads;
    const EncoderProblem problem = encoder_block();
    const Tensor x = tensor(problem.x, {b, t, d});
    auto qkv = linear(problem.qkv), out = linear(problem.out), up = linear(problem.up),
         down = linear(problem.down);
    torch::nn::LayerNorm norm1(torch::nn::LayerNormOptions({d})), norm2(torch::nn::LayerNormOptions({d}));
    std::vector<Tensor> parameters;  // in the order of xgrad's members
    for (const torch::nn::Module* module : std::initializer_list<torch::nn::Module*>{
             qkv.get(), out.get(), up.get(), down.get(), norm1.get(), norm2.get()})
        for (const Tensor& parameter : module->parameters()) parameters.push_back(parameter);
    const double scale = 1 / std::sqrt(static_cast<double>(width));
    return {[=](Result* result) mutable {
        for (Tensor& parameter : parameters) parameter.mutable_grad() = Tensor();
        const auto parts =
            qkv->forward(norm1->forward(x)).view({b, t, 3, heads, width}).permute({2, 0, 3, 1, 4}).unbind(0);
        const Tensor p = torch::softmax(torch::matmul(parts[0], parts[1].transpose(-2, -1)) * scale, -1);
        const Tensor o = torch::matmul(p, parts[2]).transpose(1, 2).reshape({b, t, d});
        const Tensor x1 = x + out->forward(o);
        const Tensor x2 = x1 + down->forward(torch::gelu(up->forward(norm2->forward(x1))));
        const Tensor loss = x2.square().mean();
        loss.backward();
        if (!result) return;
        result->loss = loss.item<double>();
        for (const Tensor& parameter : parameters) append(*result, parameter.grad());
    }};
}

}  // namespace

std::vector<Workload> attention_peers()
{
    return {{"layernorm_softmax_1024x1024", "eager", norm_and_softmax},
            {"attention_b8_t128_d256_h4", "eager", encoder}};
}

}  // namespace bench
