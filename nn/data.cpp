// Standardising, splitting and batches.
#include "xgrad/nn/data.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "autodiff/kernels/random.hpp"
#include "nn/streams.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {
namespace {

std::vector<std::int64_t> shuffled(std::int64_t n, std::uint64_t seed, detail::Draw draw, std::uint64_t index)
{
    std::vector<std::int64_t> order(static_cast<std::size_t>(n));
    kernels::permutation(order.data(), n, seed, detail::stream(draw, index));
    return order;
}

void check_rows(const Array& x, const Array& t, const char* who)
{
    if (x.shape().empty() || t.shape().empty() || x.shape()[0] != t.shape()[0])
        throw ShapeError(std::string(who) + ": x has shape " + to_string(x.shape()) + " and t " +
                         to_string(t.shape()) + ", expected as many rows in both");
}

// x as float64. @throws unless it is a matrix of finite numbers.
Array checked_matrix(const Array& x)
{
    if (x.shape().size() != 2)
        throw ShapeError("standardise: x has shape " + to_string(x.shape()) + ", expected [n, features]");
    if (!is_floating(x.dtype()))
        throw DtypeError("standardise: x is " + std::string(name_of(x.dtype())) +
                         ", expected float32 or float64");
    Array wide = x.cast(DType::float64);
    const auto* data = static_cast<const double*>(wide.data());
    for (std::int64_t i = 0; i < wide.size(); ++i)
        if (!std::isfinite(data[i]))
            throw ValueError("standardise: column " + std::to_string(i % x.shape()[1]) + " of x is " +
                             number_text(data[i]) + " in row " + std::to_string(i / x.shape()[1]) +
                             " (both from 0), expected finite numbers");
    return wide;
}

// The label of a row in a message, by its name where it has one.
std::string label_text(const Dataset& data, double label)
{
    const std::string text = number_text(label);
    if (data.t.dtype() != DType::int64 || label < 0 || label >= static_cast<double>(data.classes.size()))
        return text;
    return text + " ('" + data.classes[static_cast<std::size_t>(label)] + "')";
}

}  // namespace

Dataset Dataset::take(std::span<const std::int64_t> rows) const
{
    return {x.take(rows), t.take(rows), features, classes, target};
}

Batches Dataset::batches(std::int64_t size, const BatchOptions& options) const
{
    return nn::batches(*this, size, options);
}

// ---------------------------------------------------------------- standardising

Standardiser::Standardiser(const Array& x)
{
    const Array wide = checked_matrix(x);
    const std::int64_t n = x.shape()[0], columns = x.shape()[1];
    if (n == 0)
        throw ShapeError("standardise: x has shape " + to_string(x.shape()) +
                         ", so there is nothing to learn");
    const auto* data = static_cast<const double*>(wide.data());
    mean_.assign(static_cast<std::size_t>(columns), 0);
    deviation_.assign(static_cast<std::size_t>(columns), 1);
    for (std::int64_t j = 0; j < columns; ++j) {
        const auto column = [&](std::int64_t i) { return data[i * columns + j]; };
        double largest = 0;
        bool constant = true;
        for (std::int64_t i = 0; i < n; ++i) {
            largest = std::max(largest, std::abs(column(i)));
            constant = constant && column(i) == column(0);
        }
        const auto k = static_cast<std::size_t>(j);
        // Rounding could give a constant column a mean beside it, and a tiny deviation to divide by.
        mean_[k] = column(0);
        if (constant) continue;
        // Scaled to at most 1, sums do not overflow and squares do not vanish; by a power of two, nothing is rounded.
        int exponent = 0;
        std::frexp(largest, &exponent);
        exponent = std::max(exponent, -1000);  // the scale of subnormal numbers would overflow
        const double scale = std::ldexp(1., -exponent);
        double sum = 0, squares = 0;
        for (std::int64_t i = 0; i < n; ++i) sum += scale * column(i);
        const double mean = sum / static_cast<double>(n);
        for (std::int64_t i = 0; i < n; ++i)
            squares += (scale * column(i) - mean) * (scale * column(i) - mean);
        mean_[k] = std::ldexp(mean, exponent);
        deviation_[k] = std::max(std::ldexp(std::sqrt(squares / static_cast<double>(n)), exponent),
                                 std::numeric_limits<double>::denorm_min());
    }
}

Array Standardiser::operator()(const Array& x) const
{
    const Array wide = checked_matrix(x);
    const std::int64_t n = x.shape()[0], columns = x.shape()[1];
    if (columns != static_cast<std::int64_t>(mean_.size()))
        throw ShapeError("standardise: x has shape " + to_string(x.shape()) + ", but " +
                         std::to_string(mean_.size()) + " columns were learnt");
    Array result(DType::float64, {n, columns});
    const auto* from = static_cast<const double*>(wide.data());
    auto* to = static_cast<double*>(result.mutable_data());
    for (std::int64_t i = 0; i < n * columns; ++i) {
        const auto j = static_cast<std::size_t>(i % columns);
        const double difference = from[i] - mean_[j];
        to[i] = std::isfinite(difference) ? difference / deviation_[j]
                                          : 2 * ((from[i] / 2 - mean_[j] / 2) / deviation_[j]);
    }
    return result.cast(x.dtype());
}

void Standardiser::apply(Dataset& data) const { data.x = (*this)(data.x); }

// ---------------------------------------------------------------- splitting

Split split(const Dataset& data, double fraction, std::uint64_t seed, const SplitOptions& options)
{
    if (!(fraction > 0 && fraction < 1))
        throw ValueError("split: the fraction must be between 0 and 1, got " + number_text(fraction));
    check_rows(data.x, data.t, "split");
    const std::int64_t n = data.size();
    const std::vector<std::int64_t> order = shuffled(n, seed, detail::Draw::split, 0);
    std::vector<std::int64_t> train, test;
    const auto share = [&](const std::vector<std::int64_t>& rows) {
        const auto first =
            static_cast<std::size_t>(std::llround(fraction * static_cast<double>(rows.size())));
        for (std::size_t i = 0; i < rows.size(); ++i) (i < first ? train : test).push_back(rows[i]);
    };
    if (options.stratified) {
        if (data.t.size() != n)
            throw ShapeError("split: t has shape " + to_string(data.t.shape()) +
                             ", expected one label a row");
        const Array labels = data.t.cast(DType::float64);
        std::map<double, std::vector<std::int64_t>> by_label;
        for (const std::int64_t row : order)
            by_label[static_cast<const double*>(labels.data())[row]].push_back(row);
        for (const auto& [label, rows] : by_label) {
            const std::size_t in_train = train.size(), in_test = test.size();
            share(rows);
            if (train.size() == in_train || test.size() == in_test)
                throw ValueError(
                    "split: label " + label_text(data, label) + " has " + std::to_string(rows.size()) +
                    (rows.size() == 1 ? " row" : " rows") + "; with a fraction of " + number_text(fraction) +
                    " the " + (train.size() == in_train ? "training" : "test") + " set would get none of it");
        }
        // Label after label so far: back into the order that was drawn.
        std::vector<std::int64_t> place(order.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            place[static_cast<std::size_t>(order[i])] = std::int64_t(i);
        const auto drawn_first = [&](std::int64_t a, std::int64_t b) {
            return place[static_cast<std::size_t>(a)] < place[static_cast<std::size_t>(b)];
        };
        std::ranges::sort(train, drawn_first);
        std::ranges::sort(test, drawn_first);
    } else {
        share(order);
    }
    if (train.empty() || test.empty())
        throw ValueError("split: a fraction of " + number_text(fraction) + " of " + std::to_string(n) +
                         " rows leaves one part empty");
    return {data.take(train), data.take(test)};
}

// ---------------------------------------------------------------- batches

Batches::Batches(Array x, Array t, std::int64_t size, const BatchOptions& options)
    : x_(std::move(x)), t_(std::move(t)), size_(size), options_(options)
{
    if (size <= 0) throw ValueError("batches: the size must be positive, got " + std::to_string(size));
    if (options.epochs <= 0)
        throw ValueError("batches: the number of epochs must be positive, got " +
                         std::to_string(options.epochs));
    check_rows(x_, t_, "batches");
    const std::int64_t n = x_.shape()[0];
    per_epoch_ = n / size + (!options.drop_last && n % size != 0);
    size_ =
        std::min(size, std::max<std::int64_t>(n, 1));  // sums and products of these numbers do not overflow
    options_.epochs = std::min(
        options.epochs, std::numeric_limits<std::int64_t>::max() / std::max<std::int64_t>(per_epoch_, 1));
}

Batch Batches::Iterator::operator*()
{
    const Batches& all = *batches_;
    const std::int64_t n = all.x_.shape()[0];
    const std::int64_t first = index_ % all.per_epoch_ * all.size_;
    const std::int64_t last = std::min(first + all.size_, n);
    if (!all.options_.shuffle) return {all.x_.rows(first, last), all.t_.rows(first, last)};
    if (ordered_epoch_ != epoch()) {
        ordered_epoch_ = epoch();
        order_ =
            shuffled(n, all.options_.seed, detail::Draw::batches, static_cast<std::uint64_t>(ordered_epoch_));
    }
    const auto rows =
        std::span(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first));
    return {all.x_.take(rows), all.t_.take(rows)};
}

Batches batches(const Dataset& data, std::int64_t size, const BatchOptions& options)
{
    return {data.x, data.t, size, options};
}

}  // namespace xgrad::nn
