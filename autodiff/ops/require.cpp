// Checks as nodes: the value is the input's memory, the kernel reads it and throws.
#include "xgrad/autodiff/require.hpp"

#include <algorithm>
#include <cmath>

#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad::detail {
namespace {

enum class Range { signs, unit, not_negative };  // -1 or +1; in [0, 1]; 0 or more
struct Text {
    const char *loss, *what, *expected;
    Range range;
};
constexpr const char* sign = "-1 or +1";
constexpr const char* class_sign = "-1 or +1 (binary_cross_entropy_with_logits takes labels 0 and 1)";
constexpr const char* target_range = "a value in [0, 1] (hinge_loss and logistic_loss take labels -1 and +1)";
// In the order of Requirement.
constexpr Text texts[] = {
    {"hinge_loss", "label", class_sign, Range::signs},
    {"logistic_loss", "label", class_sign, Range::signs},
    {"binary_cross_entropy", "target", target_range, Range::unit},
    {"binary_cross_entropy", "output",
     "a probability in [0, 1] (binary_cross_entropy_with_logits takes any number)", Range::unit},
    {"binary_cross_entropy_with_logits", "target", target_range, Range::unit},
    {"squared_hinge_loss", "label", class_sign, Range::signs},
    {"soft_margin_loss", "label", class_sign, Range::signs},
    {"hinge_embedding_loss", "label", sign, Range::signs},
    {"margin_ranking_loss", "label", sign, Range::signs},
    {"cosine_embedding_loss", "label", sign, Range::signs},
    {"multilabel_soft_margin_loss", "target", "a value in [0, 1]", Range::unit},
    {"kl_div", "target", "a probability, 0 or more (log_target = true takes logarithms)",
     Range::not_negative},
    {"poisson_nll_loss", "target", "a count, 0 or more", Range::not_negative},
    {"poisson_nll_loss", "output", "an expected count, 0 or more (log_input = true takes its logarithm)",
     Range::not_negative},
    {"gaussian_nll_loss", "variance", "0 or more", Range::not_negative},
};
const Text& text_of(const Node& node) { return texts[static_cast<std::size_t>(node.a)]; }

// "[3, 0]": where element `index` of an array is.
std::string position(Dims shape, std::int64_t index)
{
    Shape place(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        place[axis] = index % shape[axis];
        index /= shape[axis];
    }
    return to_string(place);
}

// The loop without a branch comes first.
template <class T, class Good>
void check(const KernelCall& call, Good good)
{
    const T* const data = static_cast<const T*>(call.in[0]);
    const std::int64_t n = element_count(call.shape());
    int bad = 0;
#pragma omp simd reduction(| : bad)
    for (std::int64_t i = 0; i < n; ++i) bad |= good(data[i]) ? 0 : 1;
    if (bad == 0) return;
    const auto first = std::find_if_not(data, data + n, good) - data;
    const Text& text = text_of(call.node());
    throw ValueError(std::string(text.loss) + ": " + text.what + " " +
                     number_text(static_cast<double>(data[first])) + " at " + position(call.shape(), first) +
                     ", expected " + text.expected);
}

}  // namespace

// node.a: which requirement.
const Op& require_op = row({
    .name = "require",
    .formula = "x, or an error",
    .internal = true,
    .traits = {.alias = true, .linear = 1},
    .infer =
        [](InferCall& call) {
            need_floating(call);
            if (!(call.a >= 0 && call.a < static_cast<double>(std::size(texts))))
                call.fail_shape("an attribute that names a requirement");
            call.out[0] = {call.dtype(0), call.graph[call.in[0]].shape};
        },
    .kernel =
        [](const KernelCall& call) {
            by_float(call.dtype(), [&]<class T>() {
                switch (text_of(call.node()).range) {
                case Range::signs: return check<T>(call, [](T value) { return std::abs(value) == 1; });
                case Range::unit:
                    return check<T>(call, [](T value) { return (value >= 0) & (value <= 1); });
                case Range::not_negative: return check<T>(call, [](T value) { return value >= 0; });
                }
            });
        },
    .vjp = [](VjpCall& call) { call.give(0, call.g); },
    .saves = 0,
    .flops = [](const Graph&, ValueId) { return 0.0; },
    .attributes =
        [](const Graph&, const Node& node) {
            constexpr const char* ranges[] = {" -1 or +1", " in [0, 1]", " >= 0"};
            const Text& text = text_of(node);
            return std::string(text.what) + ranges[static_cast<std::size_t>(text.range)];
        },
    .samples = {{{{{2, 3}, 0.1, 0.9}}, [](auto in) { return require(in[0], Requirement::entropy_outputs); }}},
});

void require_rows() {}

Variable require(Variable x, Requirement what)
{
    return Recorder::of(x).record(require_op, x, static_cast<double>(what));
}

}  // namespace xgrad::detail
