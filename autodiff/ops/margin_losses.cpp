// Losses of pairs and triples: which is larger, which is nearer, which way do they point.
#include <cmath>
#include <limits>
#include <string>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
using detail::compose, detail::composed;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

// max(x, 0) whose derivative passes at 0, as PyTorch's clamp_min.
Variable positive_part(Variable x) { return clamp(x, 0, inf); }

void need_vectors(const char* loss, std::initializer_list<std::pair<const char*, Variable>> inputs)
{
    const Variable first = inputs.begin()->second;
    for (const auto& [name, x] : inputs) {
        if (!is_floating(x.dtype()) || x.dtype() != first.dtype())
            detail::fail<DtypeError>(first, std::string(loss) + ": " + inputs.begin()->first + " " +
                                                to_string(first.shape()) + " is " +
                                                std::string(name_of(first.dtype())) + " and " + name + " " +
                                                to_string(x.shape()) + " " + std::string(name_of(x.dtype())) +
                                                ", expected " + one_type);
        if (x.shape().empty() || !std::ranges::equal(x.shape(), first.shape()))
            detail::fail<ShapeError>(first, std::string(loss) + ": " + inputs.begin()->first + " has shape " +
                                                to_string(first.shape()) + " and " + name + " " +
                                                to_string(x.shape()) + ", expected equal shapes [..., d]");
    }
}

}  // namespace

Variable margin_ranking_loss_elementwise(Variable x1, Variable x2, Variable t, double margin)
{
    return compose("margin_ranking_loss", x1, [&] { return positive_part(margin - t * (x1 - x2)); });
}

Variable triplet_margin_loss_rows(Variable anchor, Variable positive, Variable negative,
                                  const TripletOptions& options)
{
    need_vectors("triplet_margin_loss", {{"anchor", anchor}, {"positive", positive}, {"negative", negative}});
    return compose("triplet_margin_loss", anchor, [&] {
        const auto distance = [&](Variable a, Variable b) {
            return norm(a - b + options.eps, options.p, -1);
        };
        const Variable near = distance(anchor, positive);
        Variable far = distance(anchor, negative);
        if (options.swap) far = minimum(far, distance(positive, negative));
        return positive_part(near - far + options.margin);
    });
}

Variable cosine_embedding_loss_rows(Variable x1, Variable x2, Variable t, double margin)
{
    need_vectors("cosine_embedding_loss", {{"x1", x1}, {"x2", x2}});
    const Dims each = x1.shape().first(x1.shape().size() - 1);
    if (t.dtype() != x1.dtype())
        detail::fail<DtypeError>(x1, "cosine_embedding_loss: x1 " + to_string(x1.shape()) + " is " +
                                         std::string(name_of(x1.dtype())) + " and t " + to_string(t.shape()) +
                                         " " + std::string(name_of(t.dtype())) + ", expected " + one_type);
    if (!std::ranges::equal(t.shape(), each))
        detail::fail<ShapeError>(x1, "cosine_embedding_loss: x1 and x2 have shape " + to_string(x1.shape()) +
                                         " and t " + to_string(t.shape()) + ", expected [..., d] and [...]");
    return compose("cosine_embedding_loss", x1, [&] {
        // The root of each square by itself: their product overflows sooner. PyTorch's 1e-12 is a float.
        const auto length = [](Variable x) { return sqrt(sum(square(x), -1) + 1e-12f); };
        const Variable cosine = sum(x1 * x2, -1) / (length(x1) * length(x2));
        return where(t > 0, 1 - cosine, positive_part(cosine - margin));
    });
}

Variable multilabel_soft_margin_loss_rows(Variable x, Variable t, std::optional<Variable> weight)
{
    const char* const function = "multilabel_soft_margin_loss";
    if (x.shape().empty())
        detail::fail<ShapeError>(x, std::string(function) + ": outputs have shape [], expected [n, classes]");
    if (!std::ranges::equal(x.shape(), t.shape()))
        detail::fail<ShapeError>(x, std::string(function) + ": outputs have shape " + to_string(x.shape()) +
                                        " and targets " + to_string(t.shape()) + ", expected equal shapes");
    return compose(function, x, [&] {
        const Variable losses = binary_cross_entropy_with_logits_elementwise(x, t);
        if (!weight) return mean(losses, -1);
        if (weight->shape().size() > x.shape().size())
            throw ShapeError("the weight " + to_string(weight->shape()) +
                             " does not broadcast to the outputs " + to_string(x.shape()));
        return mean(losses * broadcast_to(*weight, detail::as_shape(x.shape())), -1);
    });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = composed(
    {{.name = "multilabel_soft_margin_loss",
      .formula = "mean over the classes of -w (t ln s(x) + (1 - t) ln(1 - s(x)))",
      .gradient = "x: g w (s(x) - t) / classes; t: -g w x / classes",
      .elsewhere = {"", "F.multilabel_soft_margin_loss", ""},
      .arity = 2,
      .inputs = {"outputs", "targets"},
      .traits = {.low = 0},
      .samples = {{{{{3, 4}}, {{3, 4}, 0, 1}},
                   [](Inputs in) { return multilabel_soft_margin_loss_rows(in[0], in[1]); }},
                  {{{{2, 3, 2}}, {{2, 3, 2}, 0, 1}, {{2}, 0.5, 2}},
                   [](Inputs in) { return multilabel_soft_margin_loss_rows(in[0], in[1], in[2]); }},
                  {{{{4}}, {{4}, 0, 1}},
                   [](Inputs in) { return multilabel_soft_margin_loss_rows(in[0], in[1]); }},
                  {{{{0, 4}}, {{0, 4}, 0, 1}},
                   [](Inputs in) { return multilabel_soft_margin_loss_rows(in[0], in[1]); }}}},
     {.name = "margin_ranking_loss",
      .formula = "max(margin - t (x1 - x2), 0)",
      .gradient = "where not 0: -g t; g t; -g (x1 - x2)",
      .elsewhere = {"", "F.margin_ranking_loss", ""},
      .arity = 3,
      .inputs = {"x1", "x2", "t"},
      .traits = {.kink = "where the linear part is 0 its derivative passes", .low = 0},
      .samples = {{{{{2, 3}}, {{2, 3}}, {{2, 3}}},
                   [](Inputs in) { return margin_ranking_loss_elementwise(in[0], in[1], in[2]); }},
                  {{{{5}}, {{5}}, {{5}}},
                   [](Inputs in) { return margin_ranking_loss_elementwise(in[0], in[1], in[2], 0.5); }},
                  {{{{}}, {{}}, {{}}},
                   [](Inputs in) { return margin_ranking_loss_elementwise(in[0], in[1], in[2], 3); }},
                  {{{{0}}, {{0}}, {{0}}},
                   [](Inputs in) { return margin_ranking_loss_elementwise(in[0], in[1], in[2]); }}}},
     {.name = "triplet_margin_loss",
      .formula = "max(|a - p + eps|_p - |a - n + eps|_p + margin, 0)",
      .gradient = "g times the gradient of d(a, p) - d(a, n), where it counts",
      .elsewhere = {"", "F.triplet_margin_loss", ""},
      .arity = 3,
      .inputs = {"anchor", "positive", "negative"},
      .traits = {.kink =
                     "where the linear part is 0 its derivative passes; swap: equal distances share; as norm",
                 .low = 0},
      .samples = {{{{{4, 3}}, {{4, 3}}, {{4, 3}}},
                   [](Inputs in) { return triplet_margin_loss_rows(in[0], in[1], in[2]); }},
                  {{{{2, 2, 3}}, {{2, 2, 3}}, {{2, 2, 3}}},
                   [](Inputs in) {
                       return triplet_margin_loss_rows(in[0], in[1], in[2],
                                                       {.margin = 2, .p = 3, .swap = true});
                   }},
                  {{{{3}}, {{3}}, {{3}}},
                   [](Inputs in) { return triplet_margin_loss_rows(in[0], in[1], in[2], {.p = 1}); }},
                  {{{{0, 3}}, {{0, 3}}, {{0, 3}}},
                   [](Inputs in) { return triplet_margin_loss_rows(in[0], in[1], in[2]); }}}},
     {.name = "cosine_embedding_loss",
      .formula = "t > 0: 1 - c, else max(c - margin, 0), c = x1 . x2 / (|x1| |x2|)",
      .gradient = "t = 1: -g times the gradient of cos; t = -1: g times it where cos > margin",
      .elsewhere = {"", "F.cosine_embedding_loss", ""},
      .arity = 3,
      .inputs = {"x1", "x2", "t"},
      .traits = {.kink = "at c = margin the derivative is that of c", .low = 0},
      .samples = {
          {{{{4, 3}}, {{4, 3}}, {{4}}},
           [](Inputs in) { return cosine_embedding_loss_rows(in[0], in[1], in[2]); }},
          {{{{2, 2, 3}}, {{2, 2, 3}}, {{2, 2}}},
           [](Inputs in) { return cosine_embedding_loss_rows(in[0], in[1], in[2], -0.5); }},
          {{{{3}}, {{3}}, {{}}}, [](Inputs in) { return cosine_embedding_loss_rows(in[0], in[1], in[2]); }},
          {{{{0, 3}}, {{0, 3}}, {{0}}},
           [](Inputs in) { return cosine_embedding_loss_rows(in[0], in[1], in[2]); }}}}});
}  // namespace

void detail::margin_loss_rows() {}

}  // namespace xgrad
