// Layer normalisation with softmax, and an encoder block of a transformer.
#include "problem_attention.hpp"
#include "workload_kit.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

std::vector<Step> norm_and_softmax(Mode mode)
{
    const NormProblem problem = layernorm_softmax();
    const Shape square = {1024, 1024}, row = {1024};
    return computing(mode,
                     {array(problem.x, square), array(problem.w, square), array(problem.weight, row),
                      array(problem.bias, row)},
                     [](std::span<const Variable> in) {
                         const Variable loss = sum(in[1] * softmax(layer_norm(in[0], in[2], in[3]), 1));
                         const Gradients g = grad(loss, {in[0], in[2], in[3]});
                         return std::vector<Variable>{loss, g.gradient(0), g.gradient(1), g.gradient(2)};
                     });
}

void set(nn::Linear& layer, const Dense& values)
{
    layer.weight.assign(array(values.weight, {values.in, values.out}));
    layer.bias.assign(array(values.bias, {values.out}));
}

std::vector<Step> encoder(Mode mode)
{
    const EncoderProblem problem = encoder_block();
    nn::TransformerEncoderLayer net(256, 4,
                                    {.feedforward = 1024, .dropout = 0, .gelu = true, .norm_first = true});
    set(net.attention.qkv, problem.qkv);
    set(net.attention.out, problem.out);
    set(net.linear1, problem.up);
    set(net.linear2, problem.down);
    const std::vector<Parameter> wrt = parameters(net);
    return computing(mode, {array(problem.x, Shape{8, 128, 256})}, [=](std::span<const Variable> in) {
        const Variable loss = mean(square(net(in[0])));
        const Gradients gradients = grad(loss, std::span(wrt));
        std::vector<Variable> outputs = {loss};
        for (std::size_t i = 0; i < wrt.size(); ++i) outputs.push_back(gradients.gradient(i));
        return outputs;
    });
}

}  // namespace

std::vector<Workload> attention_workloads()
{
    std::vector<Workload> all;
    for (const Mode mode : {Mode::eager, Mode::replay}) {
        const std::string name = mode == Mode::eager ? "eager" : "replay";
        all.push_back({"layernorm_softmax_1024x1024", name, [=] { return norm_and_softmax(mode); }});
        all.push_back({"attention_b8_t128_d256_h4", name, [=] { return encoder(mode); }});
    }
    return all;
}

}  // namespace bench
