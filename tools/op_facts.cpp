// What the registry says about an op, in the form that listings need.
#include "op_facts.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "xgrad/autodiff.hpp"

namespace xgrad::tools {
namespace {

bool takes(const Op& op, DType dtype)
{
    const Sample& sample = op.samples.front();
    Tape tape;
    std::vector<Variable> in;
    for (const SampleInput& input : sample.inputs) {
        const DType type = input.dtype.value_or(dtype);
        Array values(DType::float64, input.shape);
        const double middle = (input.low + input.high) / 2;
        for (std::int64_t i = 0; i < values.size(); ++i)
            static_cast<double*>(values.mutable_data())[i] = is_floating(type) ? middle : std::floor(middle);
        in.push_back(tape.variable(values.cast(type)));
    }
    try {
        sample.call(in);
    } catch (const DtypeError&) {
        return false;
    } catch (const ValueError&) {  // of its numbers, not of their type
    }
    return true;
}

// A number as one reads it: pi / 2 rather than 1.5707963267948966.
std::string bound_text(double x)
{
    const double quarters = x / std::acos(-1.0) * 4;
    if (x != 0 && std::abs(quarters - std::round(quarters)) < 1e-12) {
        const int k = static_cast<int>(std::round(quarters));
        const int halves = k % 2 ? 0 : k / 2;
        const std::string sign = k < 0 ? "-" : "";
        const auto times = [](int n) { return n == 1 ? std::string("pi") : std::to_string(n) + " pi"; };
        if (k % 4 == 0) return sign + times(std::abs(k / 4));
        if (halves) return sign + times(std::abs(halves)) + "/2";
        return sign + times(std::abs(k)) + "/4";
    }
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", x);
    return text;
}

}  // namespace

std::vector<DType> dtypes_of(const Op& op)
{
    if (!op.derived_from.empty()) return dtypes_of(*find_op(op.derived_from));
    std::vector<DType> types;
    if (!op.samples.empty()) {  // all of one fixed type, as masks are
        const auto& inputs = op.samples.front().inputs;
        const bool fixed = !inputs.empty() && std::ranges::all_of(inputs, [](const SampleInput& input) {
            return input.dtype.has_value();
        });
        if (fixed) return {*inputs.front().dtype};
    }
    for (std::size_t t = 0; t < dtype_count; ++t)
        if (op.samples.empty() ? op.traits.leaf : takes(op, static_cast<DType>(t)))
            types.push_back(static_cast<DType>(t));
    return types;
}

std::vector<std::string> traits_of(const Op& op)
{
    const Traits& t = op.traits;
    std::vector<std::string> names;
    const auto add = [&](bool set, const char* name) {
        if (set) names.push_back(name);
    };
    const auto each = [&](std::uint8_t bits, const std::string& words) {
        const auto count = static_cast<std::size_t>(op.arity < 0 ? 1 : op.arity);
        if (op.arity < 0 && bits) return names.push_back(words + "every input");
        for (std::size_t k = 0; k < count; ++k)
            if (bits >> k & 1) names.push_back(words + input_name(op, k, count));
    };
    add(op.composed, "composed");
    add(op.internal, "internal");
    add(t.leaf, "leaf");
    add(t.elementwise, "elementwise");
    add(t.stochastic, "stochastic");
    add(t.alias, "alias");
    add(t.update, "update");
    add(t.may_throw, "may throw");
    add(t.sums, "sums");
    add(t.averages, "averages");
    add(t.repeats, "repeats");
    add(t.moves, "moves elements");
    add(t.filled, "filled");
    add(t.commutes, "commutes");
    add(op.rows.run != nullptr, "by rows");
    each(t.linear, "affine in ");
    add(t.jointly, "affine jointly");
    each(static_cast<std::uint8_t>(t.piecewise & ~t.linear), "piecewise affine in ");
    return names;
}

std::string call_of(const Op& op)
{
    std::string text = std::string(op.name) + "(";
    if (op.arity < 0) return text + "x, ...)";
    const auto count = static_cast<std::size_t>(op.arity);
    for (std::size_t k = 0; k < count; ++k) text += (k ? ", " : "") + input_name(op, k, count);
    return text + ")";
}

Traits usual_traits(const Op& op)
{
    return op.defaults ? xgrad::traits_of(op, (*op.defaults)[0], (*op.defaults)[1]) : op.traits;
}

std::string range_of(const Op& op)
{
    const auto [low, high] = std::pair(usual_traits(op).low, usual_traits(op).high);
    if (std::isinf(low) && std::isinf(high)) return {};
    return (std::isinf(low) ? "(-inf" : "[" + bound_text(low)) + ", " +
           (std::isinf(high) ? "inf)" : bound_text(high) + "]");
}

std::string shape_of(const Op& op)
{
    const Traits traits = usual_traits(op);
    std::string text(traits.continuity ? name_of(*traits.continuity) : "");
    if (traits.monotonicity && *traits.monotonicity != Monotonicity::neither)
        text += (text.empty() ? "" : ", ") + std::string(name_of(*traits.monotonicity));
    return text;
}

std::vector<const Op*> chosen_ops(std::string_view pattern, bool all)
{
    std::vector<const Op*> ops;
    for (const Op* op : registry())
        if (op->name.find(pattern) != std::string_view::npos &&
            (all || (op->derived_from.empty() && !op->traits.leaf && !op->internal)))
            ops.push_back(op);
    return ops;
}

}  // namespace xgrad::tools
