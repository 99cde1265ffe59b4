// Accuracy and the confusion matrix.
#include "xgrad/nn/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>

#include "xgrad/autodiff/text.hpp"

namespace xgrad::nn {
namespace {

// Of each row: its class and the one that it was given, from 0.
struct Pairs {
    std::vector<std::int64_t> is, meant;
    std::int64_t classes = 0;
};

double checked_number(double value, std::size_t row, const std::string& who)
{
    if (std::isnan(value))
        throw ValueError(who + ": y is nan in row " + std::to_string(row) +
                         " (from 0), which means no class");
    return value;
}

// y [n, 1] and labels -1, +1.
Pairs of_signs(const Array& y, const Array& t, const std::string& who)
{
    const Array outputs = y.cast(DType::float64), labels = t.cast(DType::float64);
    const auto* output = static_cast<const double*>(outputs.data());
    const auto* label = static_cast<const double*>(labels.data());
    Pairs pairs;
    pairs.classes = 2;
    for (std::size_t i = 0; i < static_cast<std::size_t>(y.shape()[0]); ++i) {
        if (label[i] != 1 && label[i] != -1)
            throw ValueError(who + ": t is " + number_text(label[i]) + " in row " + std::to_string(i) +
                             " (from 0), expected -1 or +1");
        pairs.is.push_back(label[i] > 0);
        pairs.meant.push_back(checked_number(output[i], i, who) > 0);
    }
    return pairs;
}

// Classes int64 [n], and outputs [n, classes] or classes [n].
Pairs of_classes(const Array& y, const Array& t, const std::string& who)
{
    Pairs pairs;
    const auto n = static_cast<std::size_t>(t.shape()[0]);
    const auto* label = static_cast<const std::int64_t*>(t.data());
    pairs.is.assign(label, label + n);
    if (y.dtype() == DType::int64) {
        const auto* meant = static_cast<const std::int64_t*>(y.data());
        pairs.meant.assign(meant, meant + n);
        for (std::size_t i = 0; i < n; ++i)
            pairs.classes = std::max({pairs.classes, pairs.is[i] + 1, pairs.meant[i] + 1});
    } else {
        const Array outputs = y.cast(DType::float64);
        pairs.classes = y.shape()[1];
        const auto width = static_cast<std::size_t>(pairs.classes);
        const auto* output = static_cast<const double*>(outputs.data());
        for (std::size_t i = 0; i < n; ++i) {
            const double* row = output + i * width;
            for (std::size_t k = 0; k < width; ++k) checked_number(row[k], i, who);
            pairs.meant.push_back(std::max_element(row, row + width) - row);
        }
    }
    for (const auto* side : {&pairs.is, &pairs.meant})
        for (std::size_t i = 0; i < n; ++i)
            if ((*side)[i] < 0 || (*side)[i] >= pairs.classes)
                throw ValueError(who + ": " + (side == &pairs.is ? "t" : "y") + " is " +
                                 std::to_string((*side)[i]) + " in row " + std::to_string(i) +
                                 " (from 0), expected classes 0 to " + std::to_string(pairs.classes - 1));
    return pairs;
}

Pairs checked(const Array& y, const Array& t, const std::string& who)
{
    const auto matrix = [](const Array& a) { return a.shape().size() == 2; };
    const bool signs = matrix(y) && matrix(t) && y.shape()[1] == 1 && t.shape()[1] == 1;
    const bool classes = t.shape().size() == 1 &&
                         (y.dtype() == DType::int64 ? y.shape().size() == 1 : matrix(y) && y.shape()[1] > 0);
    if ((!signs && !classes) || y.shape()[0] != t.shape()[0])
        throw ShapeError(who + ": y has shape " + to_string(y.shape()) + " and t " + to_string(t.shape()) +
                         ", expected [n, 1] and [n, 1], or [n, classes] (classes int64 "
                         "[n]) and [n]");
    if (signs ? !is_floating(y.dtype()) || !is_floating(t.dtype())
              : t.dtype() != DType::int64 || (y.dtype() != DType::int64 && !is_floating(y.dtype())))
        throw DtypeError(who + ": y is " + std::string(name_of(y.dtype())) + " and t " +
                         std::string(name_of(t.dtype())) + ", expected " +
                         (signs ? "float32 or float64 for labels -1 and +1"
                                : "classes t in int64, y in float32, float64 or int64"));
    return signs ? of_signs(y, t, who) : of_classes(y, t, who);
}

}  // namespace

ConfusionMatrix confusion_matrix(const Array& y, const Array& t, const std::vector<std::string>& classes)
{
    Pairs pairs = checked(y, t, "confusion_matrix");
    if (!classes.empty()) {
        const auto named = static_cast<std::int64_t>(classes.size());
        // Classes given as numbers need not all occur; more of them than names cannot be.
        if (y.dtype() == DType::int64 && named > pairs.classes) pairs.classes = named;
        if (named != pairs.classes)
            throw ValueError("confusion_matrix: " + std::to_string(named) + " names were given for " +
                             std::to_string(pairs.classes) + " classes");
    }
    ConfusionMatrix matrix{.classes = classes, .counts = Array(DType::int64, {pairs.classes, pairs.classes})};
    if (classes.empty())
        for (std::int64_t k = 0; k < pairs.classes; ++k)
            matrix.classes.push_back(y.dtype() != DType::int64 && t.dtype() != DType::int64
                                         ? (k ? "+1" : "-1")
                                         : std::to_string(k));
    auto* counts = static_cast<std::int64_t*>(matrix.counts.mutable_data());
    std::fill_n(counts, matrix.counts.size(), std::int64_t{0});
    for (std::size_t i = 0; i < pairs.is.size(); ++i) ++counts[pairs.is[i] * pairs.classes + pairs.meant[i]];
    return matrix;
}

double ConfusionMatrix::accuracy() const
{
    const auto* count = static_cast<const std::int64_t*>(counts.data());
    const std::int64_t size = counts.shape()[0];
    std::int64_t all = 0, right = 0;
    for (std::int64_t i = 0; i < size; ++i)
        for (std::int64_t k = 0; k < size; ++k) {
            all += count[i * size + k];
            if (i == k) right += count[i * size + k];
        }
    if (all == 0) throw ValueError("accuracy: there are no rows");
    return static_cast<double>(right) / static_cast<double>(all);
}

double accuracy(const Array& y, const Array& t)
{
    const Pairs pairs = checked(y, t, "accuracy");
    if (pairs.is.empty()) throw ValueError("accuracy: there are no rows");
    std::size_t right = 0;
    for (std::size_t i = 0; i < pairs.is.size(); ++i) right += pairs.is[i] == pairs.meant[i];
    return static_cast<double>(right) / static_cast<double>(pairs.is.size());
}

std::ostream& operator<<(std::ostream& out, const ConfusionMatrix& matrix)
{
    const auto* count = static_cast<const std::int64_t*>(matrix.counts.data());
    const std::size_t size = matrix.classes.size();
    std::size_t width = 5;
    for (const std::string& name : matrix.classes) width = std::max(width, name.size());
    out << padded_left("is", width) << "  taken for";
    out << '\n' << std::string(width, ' ');
    for (const std::string& name : matrix.classes) out << "  " << padded_left(name, width);
    for (std::size_t i = 0; i < size; ++i) {
        out << '\n' << padded_left(matrix.classes[i], width);
        for (std::size_t k = 0; k < size; ++k)
            out << "  " << padded_left(std::to_string(count[i * size + k]), width);
    }
    return out << '\n';
}

}  // namespace xgrad::nn
