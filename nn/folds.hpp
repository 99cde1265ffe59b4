// Cross-validation: a data set in k folds, each of which is the test set once.
#pragma once

#include <cstdint>
#include <vector>

#include "xgrad/nn/data.hpp"

namespace xgrad::nn {

/// k splits: the rows, in an order drawn by the seed, are dealt into k folds whose sizes differ by at most one; the i-th split
/// has fold i as its test set and all others as its training set. {.stratified = true} deals label by label, so that each
/// label's rows differ by at most one between folds too. Standardise within each split, on its training set:
/// for (auto& [train, test] : folds(data, 5, seed)) { standardise(train, test); ... }
/// @throws ValueError unless 2 <= k <= number of rows; stratified, unless each label has k rows. ShapeError unless x and t have
///         as many rows; stratified, unless t holds one label a row.
std::vector<Split> folds(const Dataset& data, std::int64_t k, std::uint64_t seed,
                         const SplitOptions& options = {});

}  // namespace xgrad::nn
