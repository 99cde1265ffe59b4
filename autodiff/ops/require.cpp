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

struct Text {
    const char *loss, *what, *expected;
    bool signs;  // -1 or +1, else a value in [0, 1]
};
constexpr const char* sign = "-1 or +1 (binary_cross_entropy_with_logits takes labels 0 and 1)";
constexpr const char* target_range = "a value in [0, 1] (hinge_loss and logistic_loss take labels -1 and +1)";
constexpr Text texts[] = {
    {"hinge_loss", "label", sign, true},
    {"logistic_loss", "label", sign, true},
    {"binary_cross_entropy", "target", target_range, false},
    {"binary_cross_entropy", "output",
     "a probability in [0, 1] (binary_cross_entropy_with_logits takes any number)", false},
    {"binary_cross_entropy_with_logits", "target", target_range, false},
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
                if (text_of(call.node()).signs)
                    check<T>(call, [](T value) { return std::abs(value) == 1; });
                else
                    check<T>(call, [](T value) { return (value >= 0) & (value <= 1); });
            });
        },
    .vjp = [](VjpCall& call) { call.give(0, call.g); },
    .saves = 0,
    .flops = [](const Graph&, ValueId) { return 0.0; },
    .attributes =
        [](const Graph&, const Node& node) {
            return std::string(text_of(node).what) + (text_of(node).signs ? " -1 or +1" : " in [0, 1]");
        },
    .samples = {{{{{2, 3}, 0.1, 0.9}}, [](auto in) { return require(in[0], Requirement::entropy_outputs); }}},
});

void require_rows() {}

Variable require(Variable x, Requirement what)
{
    return Recorder::of(x).record(require_op, x, static_cast<double>(what));
}

}  // namespace xgrad::detail
