// What losses share in their work: their reductions, and what they refuse. Internal.
#pragma once

#include <string>
#include <utility>

#include "xgrad/autodiff/require.hpp"
#include "xgrad/nn/loss_options.hpp"

namespace xgrad::nn::detail {

using xgrad::detail::require, xgrad::detail::Requirement;

/// The losses, or what is left of them. @throws ValueError for Reduction::batchmean
Variable reduce(const char* loss, Variable losses, Reduction reduction);
/// The same before anything is recorded.
void check_reduction(const char* loss, Reduction reduction, Variable like);

/// An input as messages call it.
struct Named {
    const char* name;
    Variable x;
};
/// @throws ShapeError, DtypeError unless both have one shape and one floating type
void check_alike(const char* loss, Named y, Named t);
inline void check_alike(const char* loss, Variable y, Variable t)
{
    check_alike(loss, {"outputs", y}, {"targets", t});
}
/// The weight as a Variable that broadcasts to the outputs. @throws ShapeError, DtypeError if it does not
Variable factor(const char* loss, const char* option, const LossWeight& weight, Variable y);

}  // namespace xgrad::nn::detail
