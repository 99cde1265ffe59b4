// Cross-validation.
#include "xgrad/nn/folds.hpp"

#include <algorithm>
#include <map>

#include "autodiff/kernels/random.hpp"
#include "nn/streams.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {

std::vector<Split> folds(const Dataset& data, std::int64_t k, std::uint64_t seed, const SplitOptions& options)
{
    if (data.x.shape().empty() || data.t.shape().empty() || data.x.shape()[0] != data.t.shape()[0])
        throw ShapeError("folds: x has shape " + to_string(data.x.shape()) + " and t " +
                         to_string(data.t.shape()) + ", expected as many rows in both");
    const std::int64_t n = data.size();
    if (k < 2 || k > n)
        throw ValueError("folds: k must be at least 2 and at most the number of rows, " + std::to_string(n) +
                         "; got " + std::to_string(k));
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    kernels::permutation(order.data(), n, seed, detail::stream(detail::Draw::folds, 0));
    if (options.stratified) {
        if (data.t.size() != n)
            throw ShapeError("folds: t has shape " + to_string(data.t.shape()) +
                             ", expected one label a row");
        const Array labels = data.t.cast(DType::float64);
        const auto* label = static_cast<const double*>(labels.data());
        std::map<double, std::int64_t> rows;
        for (const std::int64_t row : order) ++rows[label[row]];
        for (const auto& [value, count] : rows)
            if (count < k)
                throw ValueError("folds: label " + number_text(value) + " has " +
                                 counted(static_cast<std::size_t>(count), "row") + ", too few for " +
                                 std::to_string(k) + " folds");
        // Label after label, dealt on where the label before ended: every fold gets its share of each.
        std::stable_sort(order.begin(), order.end(),
                         [&](std::int64_t a, std::int64_t b) { return label[a] < label[b]; });
    }
    std::vector<std::int64_t> fold_of(static_cast<std::size_t>(n));
    for (std::size_t i = 0; i < order.size(); ++i)
        fold_of[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i) % k;
    std::vector<Split> splits;
    for (std::int64_t fold = 0; fold < k; ++fold) {
        std::vector<std::int64_t> train, test;
        for (std::int64_t row = 0; row < n; ++row)
            (fold_of[static_cast<std::size_t>(row)] == fold ? test : train).push_back(row);
        splits.push_back({data.take(train), data.take(test)});
    }
    return splits;
}

}  // namespace xgrad::nn
