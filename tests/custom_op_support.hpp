// Ops that the tests of custom ops share.
#pragma once

#include <xtensor-blas/xlinalg.hpp>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xview.hpp>

#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

inline const auto scaled_exp = custom_op(
    "scaled_exp", [](const auto& x, const auto& y) { return xt::exp(x) * y; },
    [](Variable g, Variable out, Variable x, Variable) {
        return std::tuple{g * out, g * exp(x)};
    });
inline const auto cube = custom_op(
    "cube", [](const auto& x) { return x * x * x; },
    [](Variable g, Variable, Variable x) { return 3.0 * g * square(x); });
inline const xt::xarray<double> x0 = {{-1.0, 0.5, 2.0}, {0.25, -0.75, 1.5}}, w0 = {3.0, -2.0, 0.5};
