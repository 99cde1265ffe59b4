// What libtorch's side is made with: tensors from plain numbers, and a step of training.
#pragma once

#include <torch/torch.h>

#include <memory>

#include "worker.hpp"

namespace bench {

namespace F = torch::nn::functional;
using torch::Tensor;

inline Tensor tensor(const std::vector<float>& values, torch::IntArrayRef shape)
{
    return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat).clone();
}

// Weights are [out, in] here and [in, out] in problem.hpp.
inline Tensor turned(const Tensor& values) { return values.dim() == 2 ? values.t().contiguous() : values; }

inline void append(Result& result, const Tensor& values)
{
    const Tensor flat = turned(values.detach()).contiguous();
    result.gradient.insert(result.gradient.end(), flat.data_ptr<float>(),
                           flat.data_ptr<float>() + flat.numel());
}

// Drops the gradients, which is cheaper than the in-place fill of the 1.13 optimizers.
inline void drop_gradients(torch::optim::Optimizer& optimizer)
{
    for (auto& group : optimizer.param_groups())
        for (auto& parameter : group.params()) parameter.mutable_grad() = Tensor();
}

template <class Loss>
std::vector<Step> training(std::shared_ptr<torch::optim::Optimizer> optimizer, Loss loss)
{
    return {[=](Result* result) mutable {
        drop_gradients(*optimizer);
        const Tensor value = loss();
        value.backward();
        if (result) {
            result->loss = value.template item<double>();
            for (auto& parameter : optimizer->param_groups()[0].params()) append(*result, parameter.grad());
        }
        optimizer->step();
    }};
}

}  // namespace bench
