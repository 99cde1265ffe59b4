// Losses of rows and the labels that say which class is meant: over log_softmax and gather, with class weights, label
// smoothing and labels that do not count. (Cross entropy without them is a kernel: cross_entropy.cpp.)
#include <cmath>
#include <string>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
using detail::compose, detail::composed, detail::RowLosses;

namespace detail {
namespace {

constexpr const char* functions[] = {"cross_entropy", "nll_loss", "multi_margin_loss"};

// node.a: how many classes; node.b: the label that does not count, or NaN; the list: for which function.
void check_labels(const KernelCall& call)
{
    const auto* label = input<std::int64_t>(call, 0);
    const auto classes = static_cast<std::int64_t>(call.node().a);
    const double other = call.node().b;
    const std::int64_t ignored = std::isnan(other) ? 0 : static_cast<std::int64_t>(other);
    const std::int64_t n = element_count(call.shape());
    for (std::int64_t i = 0; i < n; ++i) {
        if ((label[i] >= 0 && label[i] < classes) || (label[i] == ignored && !std::isnan(other))) continue;
        Shape at(call.shape().size());
        std::int64_t rest = i;
        for (std::size_t axis = at.size(); axis-- > 0; rest /= call.shape()[axis])
            at[axis] = rest % call.shape()[axis];
        throw ValueError(
            std::string(functions[call.attribute()[0]]) + ": label " + std::to_string(label[i]) + " at " +
            to_string(at) +
            (classes == 0 ? ": there are no classes" : " is not one of 0 .. " + std::to_string(classes - 1)) +
            (std::isnan(other) ? "" : " (nor ignore_index, " + std::to_string(ignored) + ")"));
    }
}

}  // namespace

const Op& require_labels_op = row({
    .name = "require_labels",
    .formula = "x, or an error",
    .internal = true,
    .traits = {.alias = true},
    .infer =
        [](InferCall& call) {
            if (call.dtype(0) != DType::int64) call.fail_dtype("labels of type int64");
            if (call.attribute().size() != 1 || call.attribute()[0] < 0 ||
                call.attribute()[0] >= static_cast<std::int64_t>(std::size(functions)))
                call.fail_shape("an attribute that names a function");
            infer_like<0>(call);
        },
    .kernel = check_labels,
    .vjp = [](VjpCall&) {},
    .saves = 0,
    .flops = [](const Graph&, ValueId) { return 0.0; },
    .attributes =
        [](const Graph&, const Node& node) {
            return "0 .. " + std::to_string(static_cast<std::int64_t>(node.a) - 1) +
                   (std::isnan(node.b) ? "" : " or " + number_text(node.b));
        },
    .samples = {{{{{2, 3}, 0, 4, DType::int64}},
                 [](auto in) {
                     const std::int64_t of[] = {0};
                     Recorder& recorder = Recorder::of(in[0]);
                     return recorder.record(require_labels_op, in[0], 4, -100, recorder.graph.intern(of));
                 }}},
});

namespace {

Variable require_labels(const std::string& function, Variable labels, std::int64_t classes, double ignored)
{
    const auto place = std::ranges::find(functions, function) - std::begin(functions);
    const std::int64_t of[] = {place};
    Recorder& recorder = Recorder::of(labels);
    return recorder.record(require_labels_op, labels, static_cast<double>(classes), ignored,
                           recorder.graph.intern(of));
}

std::string described_as(Variable x) { return to_string(x.shape()) + " " + std::string(name_of(x.dtype())); }

// Outputs [classes], [n, classes] or [n, classes, d1, ...] with labels of that shape but the classes.
struct Layout {
    std::size_t axis;  // of the classes
    std::int64_t classes;
    Shape each;  // the shape of the labels
    Shape kept;  // with the classes as 1

    explicit Layout(Dims shape) : axis(shape.size() > 1 ? 1 : 0), classes(shape[axis])
    {
        for (std::size_t k = 0; k < shape.size(); ++k) {
            if (k != axis) each.push_back(shape[k]);
            kept.push_back(k == axis ? 1 : shape[k]);
        }
    }
    Axes axes() const { return {static_cast<std::int64_t>(axis)}; }
};

Layout layout_of(const char* function, Variable x, Variable labels)
{
    if (!is_floating(x.dtype()) || labels.dtype() != DType::int64)
        fail<DtypeError>(x, std::string(function) + ": outputs are " + described_as(x) + " and labels " +
                                described_as(labels) + ", expected float32 or float64 and int64");
    if (!x.shape().empty()) {
        Layout layout(x.shape());
        if (std::ranges::equal(labels.shape(), layout.each)) return layout;
    }
    fail<ShapeError>(
        x, std::string(function) + ": outputs have shape " + to_string(x.shape()) + " and labels " +
               to_string(labels.shape()) +
               ", expected [n, classes] and [n] (or [classes] and [], or [n, classes, d1, ...] and [n, d1, "
               "...])");
}

// As class weights must be: then reshaped so that they lie along the classes.
void check_weight(const char* function, Variable x, const std::optional<Variable>& weight,
                  std::int64_t classes)
{
    if (!weight) return;
    if (weight->dtype() != x.dtype())
        fail<DtypeError>(x, std::string(function) + ": outputs are " + described_as(x) + " and the weight " +
                                described_as(*weight) + ", expected " + one_type);
    if (weight->shape().size() != 1 || weight->shape()[0] != classes)
        fail<ShapeError>(x, std::string(function) + ": the weight has shape " + to_string(weight->shape()) +
                                " beside outputs " + to_string(x.shape()) + ", expected [" +
                                std::to_string(classes) + "]: a factor for each class");
}
Variable along_classes(Variable weight, const Layout& layout)
{
    Shape shape(layout.kept.size(), 1);
    shape[layout.axis] = layout.classes;
    return reshape(weight, shape);
}
void check_smoothing(const char* function, double smoothing)
{
    if (!(smoothing >= 0 && smoothing <= 1))
        throw ValueError(std::string(function) + ": label_smoothing is " + number_text(smoothing) +
                         ", expected a number in [0, 1]");
}

}  // namespace

RowLosses label_losses(const char* function, Variable x, Variable labels, const LabelOptions& options,
                       bool weights)
{
    const Layout layout = layout_of(function, x, labels);
    check_weight(function, x, options.weight, layout.classes);
    check_smoothing(function, options.label_smoothing);
    return compose(function, x, [&]() -> RowLosses {
        const auto ignored = static_cast<double>(options.ignore_index);
        const Variable checked = require_labels(function, labels, layout.classes, ignored),
                       counts = not_equal(checked, options.ignore_index), safe = where(counts, checked, 0);
        Variable losses = -reshape(
            gather(x, static_cast<std::int64_t>(layout.axis), reshape(safe, layout.kept)), layout.each);
        Variable factor;
        if (options.weight) {
            factor = reshape(index_select(*options.weight, 0, reshape(safe, {-1})), layout.each);
            losses = factor * losses;
        }
        if (const double e = options.label_smoothing; e > 0) {
            const Variable weighted = options.weight ? x * along_classes(*options.weight, layout) : x;
            losses =
                (1 - e) * losses - e / static_cast<double>(layout.classes) * sum(weighted, layout.axes());
        }
        losses = where(counts, losses, 0);
        if (!weights) return {losses, {}};
        return {losses, options.weight ? where(counts, factor, 0) : cast(counts, x.dtype())};
    });
}

}  // namespace detail

Variable cross_entropy_rows(Variable z, Variable labels, const LabelOptions& options)
{
    detail::layout_of("cross_entropy", z, labels);
    return compose("cross_entropy", z, [&] {
        const Variable x = log_softmax(z, z.shape().size() > 1 ? 1 : 0);
        return detail::label_losses("cross_entropy", x, labels, options, false).losses;
    });
}

Variable soft_cross_entropy_rows(Variable z, Variable t, const LabelOptions& options)
{
    if (z.dtype() != t.dtype() || !is_floating(z.dtype()))
        detail::fail<DtypeError>(z, "soft_cross_entropy: outputs are " + detail::described_as(z) +
                                        " and probabilities " + detail::described_as(t) + ", expected " +
                                        one_type);
    if (z.shape().empty() || !std::ranges::equal(z.shape(), t.shape()))
        detail::fail<ShapeError>(z, "soft_cross_entropy: outputs have shape " + to_string(z.shape()) +
                                        " and probabilities " + to_string(t.shape()) +
                                        ", expected equal shapes [n, classes, ...] or [classes]");
    const detail::Layout layout(z.shape());
    detail::check_weight("soft_cross_entropy", z, options.weight, layout.classes);
    detail::check_smoothing("soft_cross_entropy", options.label_smoothing);
    return compose("soft_cross_entropy", z, [&] {
        const double e = options.label_smoothing;
        Variable share = e > 0 ? affine(t, 1 - e, e / static_cast<double>(layout.classes)) : t;
        if (options.weight) share = share * detail::along_classes(*options.weight, layout);
        return -sum(log_softmax(z, layout.axes()[0]) * share, layout.axes());
    });
}

Variable nll_loss_rows(Variable x, Variable labels, const LabelOptions& options)
{
    if (options.label_smoothing != 0)
        throw ValueError("nll_loss: label_smoothing is " + number_text(options.label_smoothing) +
                         ", but only cross_entropy has it");
    return detail::label_losses("nll_loss", x, labels, options, false).losses;
}

Variable multi_margin_loss_rows(Variable x, Variable labels, const MultiMarginOptions& options)
{
    const char* const function = "multi_margin_loss";
    const detail::Layout layout = detail::layout_of(function, x, labels);
    if (x.shape().size() > 2)
        detail::fail<ShapeError>(x, std::string(function) + ": outputs have shape " + to_string(x.shape()) +
                                        ", expected [n, classes] or [classes]");
    detail::check_weight(function, x, options.weight, layout.classes);
    if (options.p != 1 && options.p != 2)
        detail::fail<ValueError>(
            x, std::string(function) + ": p is " + std::to_string(options.p) + ", expected 1 or 2");
    return compose(function, x, [&] {
        const Variable label = detail::require_labels(function, labels, layout.classes, std::nan("")),
                       place = reshape(label, layout.kept);
        const Variable others = not_equal(place, arange(x, layout.classes));
        const Variable over = relu(x - gather(x, -1, place) + options.margin);
        const Variable each = where(others, options.p == 2 ? square(over) : over, 0);
        // The mean over the classes, the right one included.
        const Variable losses = sum(each, -1) * (1 / static_cast<double>(layout.classes));
        if (!options.weight) return losses;
        return losses * reshape(index_select(*options.weight, 0, reshape(label, {-1})), layout.each);
    });
}

namespace {
using Inputs = std::span<const Variable>;
constexpr auto whole = DType::int64;
const bool described = composed(
    {{.name = "nll_loss",
      .formula = "-w_label x_label",
      .gradient = "-g w_label at the label, else 0",
      .elsewhere = {"", "F.nll_loss", ""},
      .arity = 2,
      .inputs = {"outputs", "labels"},
      .samples = {{{{{3, 4}}, {{3}, 0, 4, whole}}, [](Inputs in) { return nll_loss_rows(in[0], in[1]); }},
                  {{{{2, 3, 2}}, {{2, 2}, 0, 3, whole}, {{3}, 0.5, 2}},
                   [](Inputs in) {
                       return nll_loss_rows(in[0], in[1], {.weight = in[2], .ignore_index = 1});
                   }},
                  {{{{4}}, {{}, 0, 4, whole}}, [](Inputs in) { return nll_loss_rows(in[0], in[1]); }},
                  {{{{0, 4}}, {{0}, 0, 4, whole}}, [](Inputs in) { return nll_loss_rows(in[0], in[1]); }}}},
     {.name = "soft_cross_entropy",
      .formula = "-sum_j w_j t_j log_softmax(z)_j",
      .gradient = "g (softmax(z) sum t - t)",
      .elsewhere = {"", "F.cross_entropy", "optax.softmax_cross_entropy"},
      .internal = true,
      .arity = 2,
      .inputs = {"outputs", "probabilities"},
      .samples =
          {{{{{3, 4}}, {{3, 4}, 0, 1}}, [](Inputs in) { return soft_cross_entropy_rows(in[0], in[1]); }},
           {{{{2, 3, 2}}, {{2, 3, 2}, 0, 1}, {{3}, 0.5, 2}},
            [](Inputs in) {
                return soft_cross_entropy_rows(in[0], in[1], {.weight = in[2], .label_smoothing = 0.25});
            }},
           {{{{4}}, {{4}, 0, 1}}, [](Inputs in) { return soft_cross_entropy_rows(in[0], in[1]); }},
           {{{{0, 4}}, {{0, 4}, 0, 1}}, [](Inputs in) { return soft_cross_entropy_rows(in[0], in[1]); }}}},
     {.name = "multi_margin_loss",
      .formula = "w_label / classes sum_{j != label} max(margin - x_label + x_j, 0)^p",
      .gradient = "g p max(0, m - x_t + x_j)^(p-1) / classes at each j, minus their sum at the label",
      .elsewhere = {"", "F.multi_margin_loss", ""},
      .arity = 2,
      .inputs = {"outputs", "labels"},
      .traits = {.kink = "derivative 0 where a summand is 0", .low = 0},
      .samples = {
          {{{{3, 4}}, {{3}, 0, 4, whole}}, [](Inputs in) { return multi_margin_loss_rows(in[0], in[1]); }},
          {{{{3, 4}}, {{3}, 0, 4, whole}, {{4}, 0.5, 2}},
           [](Inputs in) {
               return multi_margin_loss_rows(in[0], in[1], {.p = 2, .margin = 0.5, .weight = in[2]});
           }},
          {{{{4}}, {{}, 0, 4, whole}}, [](Inputs in) { return multi_margin_loss_rows(in[0], in[1]); }},
          {{{{0, 4}}, {{0}, 0, 4, whole}},
           [](Inputs in) { return multi_margin_loss_rows(in[0], in[1]); }}}}});
}  // namespace

void detail::label_loss_rows() {}

}  // namespace xgrad
