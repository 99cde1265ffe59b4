// A certificate as a short report (docs/pictures.md explains it line by line).
#include "autodiff/passes/certificate_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <locale>
#include <sstream>

#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/passes/collapse_linear.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {

std::vector<std::string> detail::modules_of(const Graph& graph, std::span<const ValueId> nodes)
{
    std::vector<std::string> paths;
    for (const ValueId id : nodes) {
        const std::string path = graph.path(graph[id].scope);
        if (!path.empty() && (paths.empty() || paths.back() != path)) paths.push_back(path);
    }
    const std::vector<std::string> all = paths;
    std::erase_if(paths, [&](const std::string& path) {
        return std::ranges::any_of(all,
                                   [&](const std::string& inner) { return inner.starts_with(path + "."); });
    });
    return paths;
}

namespace {

std::string short_number(double x, int digits = 2)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.*g", digits, x);
    return text;
}

std::string change(double before, double after) { return number_text(before) + " -> " + number_text(after); }
std::string change(std::int64_t before, std::int64_t after)
{
    return std::to_string(before) + " -> " + std::to_string(after);
}

std::string text(const Check& check)
{
    const bool within = check.error <= check.bound;
    if (check.holds() && within) return short_number(check.error) + " <= " + short_number(check.bound);
    if (!within) {
        int digits = 2;  // as many as tell the two apart
        while (digits < 17 && short_number(check.error, digits) == short_number(check.bound, digits))
            ++digits;
        return short_number(check.error, digits) + " OUTSIDE " + short_number(check.bound, digits);
    }
    // The largest difference is within its bound, a smaller one is not.
    return short_number(check.error) + " <= " + short_number(check.bound) + ", but OUTSIDE elsewhere: " +
           (std::isfinite(check.worst) ? "up to " + short_number(check.worst) + " times the bound"
                                       : "a difference where the bound is 0");
}

// " module encoder", " modules net.0 to net.3", " modules 0 to 1 and %9 affine" with an op beside them; outside modules
// " %3 to %7", by number in the graph before.
std::string place(const Certificate& certificate, const Merged& merged)
{
    const Graph& graph = certificate.before;
    const std::vector<std::string> modules = detail::modules_of(graph, merged.before);
    if (modules.empty()) {
        if (merged.before.empty()) return "";
        return " %" + std::to_string(merged.before.front()) + " to %" + std::to_string(merged.before.back());
    }
    std::string text = modules.front() == modules.back()
                           ? " module " + modules.front()
                           : " modules " + modules.front() + " to " + modules.back();
    std::vector<ValueId> outside;
    for (const ValueId id : merged.before)
        if (std::ranges::find(modules, graph.path(graph[id].scope)) == modules.end()) outside.push_back(id);
    constexpr std::size_t most = 3;
    for (std::size_t k = 0; k < outside.size() && outside.size() <= most; ++k)
        text += (k + 1 == outside.size() ? " and %" : ", %") + std::to_string(outside[k]) + " " +
                std::string(graph[outside[k]].op->name);
    if (outside.size() > most)
        text += " and " + std::to_string(outside.size()) + " ops between and beside them";
    return text;
}

// " (widths 784-512-10)": the lengths of the last axis on the way; of a long way its ends.
std::string widths(const Shape& widths)
{
    constexpr std::size_t most = 8, ends = 3;
    std::string text;
    for (std::size_t k = 0; k < widths.size(); ++k) {
        if (widths.size() > most && k == ends) {
            text += "-...";
            k = widths.size() - ends;
        }
        text += (k ? "-" : " (widths ") + std::to_string(widths[k]);
    }
    return text.empty() ? "" : text + ")";
}

void print(std::ostream& out, const Certificate& c)
{
    const char* const modes[] = {"constants", "parameters", "symbolic"};
    const double batch = c.batch > 0 ? static_cast<double>(c.batch) : 1;
    out << c.rule << " (" << modes[static_cast<int>(c.mode)] << ")";
    if (c.merged.empty()) {
        out << ": nothing merged\n";
    } else {
        out << ": " << change(c.nodes_before, c.nodes_after) << " nodes, "
            << change(c.parameters_before, c.parameters_after) << " parameters, "
            << change(c.flops_before / batch, c.flops_after / batch) << " flops per sample";
        if (c.weight_flops_before != 0 || c.weight_flops_after != 0)
            out << ", " << change(c.weight_flops_before, c.weight_flops_after) << " on weights at each run";
        out << "\n";
    }
    for (const Merged& m : c.merged) {
        out << "  merged" << place(c, m) << widths(m.widths) << ": "
            << change(static_cast<std::int64_t>(m.before.size()), static_cast<std::int64_t>(m.after.size()))
            << " nodes, W' " << to_string(m.weight) << "\n    |y - y'| " << text(m.value)
            << ", |dy/dx - dy'/dx| " << text(m.input_gradient);
        if (c.mode == CollapseMode::symbolic)
            out << ",\n    the same for every parameter " << text(m.parameter_gradient);
        out << "\n";
    }
    for (const Refusal& refusal : c.refusals) out << "  not merged: " << refusal.text << "\n";
    if (!c.same_elsewhere) out << "  the graphs differ outside what was merged\n";
    if (!c.merged.empty() && c.same_elsewhere) {
        out << "  outputs of the graph: |y - y'| ";
        if (c.end_to_end_bounded)
            out << text(c.end_to_end);
        else
            out << short_number(c.end_to_end.error) << " (no bound: other nodes follow a merged stretch)";
        out << "\n";
    }
    if (c.merged.empty() && c.holds()) {
        out << "  the graph is returned as it was\n";
        return;
    }
    out << "  " << (c.holds() ? "holds" : "DOES NOT HOLD") << " on " << c.samples << " random inputs in "
        << name_of(c.dtype) << (c.batch_replaced ? "" : ", the recorded number of them")
        << (c.holds() ? ": largest difference <= bound on rounding\n"
                      : ": a difference exceeds its bound on rounding\n");
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Certificate& certificate)
{
    std::ostringstream text;  // whatever the flags and the locale of `out` are
    text.imbue(std::locale::classic());
    print(text, certificate);
    return out << text.str();
}

}  // namespace xgrad
