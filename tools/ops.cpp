// `xgrad ops`: the registry as a table, as JSON, as a page.
#include "ops.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "op_facts.hpp"

namespace xgrad::tools {
namespace {

std::string joined(const std::vector<std::string>& words)
{
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

std::vector<std::string> type_names(const Op& op)
{
    std::vector<std::string> names;
    for (const DType dtype : dtypes_of(op)) names.emplace_back(name_of(dtype));
    return names;
}

// As a cell of a Markdown table: a vertical bar would end it.
std::string cell(std::string_view text)
{
    std::string escaped;
    for (const char c : text) {
        if (c == '|' || c == '<' || c == '*' || c == '_') escaped += '\\';
        escaped += c;
    }
    return escaped;
}
std::string code(std::string_view text)
{
    if (text.empty()) return {};
    std::string escaped;
    for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return "`" + escaped + "`";
}

}  // namespace

void write_text(std::ostream& out, std::span<const Op* const> ops)
{
    const std::vector<std::string> head = {"op", "types", "range", "at kinks"};
    std::vector<std::vector<std::string>> rows = {head};
    for (const Op* op : ops)
        rows.push_back({call_of(*op), joined(type_names(*op)), range_of(*op), std::string(op->traits.kink)});
    std::vector<std::size_t> width(head.size());
    for (const auto& row : rows)
        for (std::size_t k = 0; k + 1 < row.size(); ++k) width[k] = std::max(width[k], row[k].size());
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t k = 0; k < row.size(); ++k)
            line += row[k] + (k + 1 < row.size() ? std::string(width[k] - row[k].size() + 2, ' ') : "");
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }
}

void write_json(std::ostream& out, std::span<const Op* const> ops)
{
    using Json = nlohmann::ordered_json;
    const auto text = [](std::string_view words) { return words.empty() ? Json() : Json(words); };
    const auto number = [](double x) { return std::isinf(x) ? Json() : Json(x); };
    const auto name = [](const auto& fact) { return fact ? Json(name_of(*fact)) : Json(); };
    Json all = Json::array();
    for (const Op* op : ops) {
        Json inputs = Json::array();
        const auto count = static_cast<std::size_t>(std::max(op->arity, 0));
        for (std::size_t k = 0; k < count; ++k) inputs.push_back(input_name(*op, k, count));
        const Traits usual = usual_traits(*op);
        all.push_back({{"name", op->name},
                       {"arity", op->arity < 0 ? Json() : Json(op->arity)},
                       {"outputs", op->outputs},
                       {"inputs", inputs},
                       {"dtypes", type_names(*op)},
                       {"traits", traits_of(*op)},
                       {"kink", text(op->traits.kink)},
                       {"low", number(usual.low)},
                       {"high", number(usual.high)},
                       {"continuity", name(usual.continuity)},
                       {"monotonicity", name(usual.monotonicity)},
                       {"formula", text(op->formula)},
                       {"gradient", text(op->gradient)},
                       {"differentiable", op->vjp || op->expand || op->expand_all || op->composed},
                       {"derived_from", text(op->derived_from)},
                       {"numpy", text(op->elsewhere.numpy)},
                       {"torch", text(op->elsewhere.torch)},
                       {"jax", text(op->elsewhere.jax)}});
    }
    out << all.dump(2) << '\n';
}

void write_page(std::ostream& out, std::span<const Op* const> ops)
{
    out << "# Ops, side by side\n\n"
           "One line an op: what NumPy, PyTorch and JAX call it, its value, its gradient. Written by `xgrad "
           "ops "
           "--page` from\n"
           "the registry. `np` is numpy, `F` torch.nn.functional, `jnp` jax.numpy. In gradients g is the "
           "cotangent of the value y;\n"
           "what is given for x alone is the gradient of the first input. Options, shapes and what is thrown "
           "stand in\n"
           "[Names](names.md) and the headers, layers (`nn::GRU`, `nn::BatchNorm1d`) too. Losses are called "
           "with a reduction or\n"
           "options: `nn::huber_loss(y, t, {.delta = 0.5})`. What differs under the same name: "
           "[Pitfalls](pitfalls.md).\n\n"
           "* **at kinks and ties**: which derivative is taken where there is none.\n"
           "* **range**: bounds that hold for what is computed, rounding included. They belong to the range "
           "even "
           "where no finite x\n"
           "  reaches them: `sigmoid` has (0, 1) on paper and [0, 1] here, for sigmoid(40) is 1 in float64. "
           "Where the ends are\n"
           "  limits, [the atlas](atlas.md) says so; there the activations are shown, too.\n"
           "* **smoothness, direction**: of functions of one variable, with the defaults of their options. "
           "C1 "
           "means that f and f'\n"
           "  are continuous and f'' is not; increasing functions are constant nowhere, non-decreasing ones "
           "may be on a stretch.\n\n"
           "| xgrad | NumPy | PyTorch | JAX | value | gradient | at kinks and ties | range | smoothness, "
           "direction |\n"
           "|---|---|---|---|---|---|---|---|---|\n";
    for (const Op* op : ops)
        out << "| " << code(call_of(*op)) << " | " << code(op->elsewhere.numpy) << " | "
            << code(op->elsewhere.torch) << " | " << code(op->elsewhere.jax) << " | " << cell(op->formula)
            << " | " << cell(op->gradient) << " | " << cell(op->traits.kink) << " | " << cell(range_of(*op))
            << " | " << shape_of(*op) << " |\n";
}

}  // namespace xgrad::tools
