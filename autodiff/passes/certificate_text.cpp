// A certificate as a short report.
#include <cstdio>
#include <ostream>

#include "xgrad/autodiff/passes/collapse_linear.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace {

std::string short_number(double x)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2g", x);
    return text;
}

std::string change(double before, double after) { return number_text(before) + " -> " + number_text(after); }
std::string change(std::int64_t before, std::int64_t after)
{
    return std::to_string(before) + " -> " + std::to_string(after);
}

std::string text(const Check& check)
{
    return short_number(check.error) + (check.holds() ? " <= " : " OUTSIDE ") + short_number(check.bound);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Certificate& c)
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
        out << "  merged";
        if (!m.path.empty()) out << " " << m.path;
        for (std::size_t k = 0; k < m.widths.size(); ++k) {
            if (m.widths.size() > 8 && k == 3) {
                out << "-...";
                k = m.widths.size() - 3;
            }
            out << (k ? "-" : " (") << m.widths[k];
        }
        out << "): "
            << change(static_cast<std::int64_t>(m.before.size()), static_cast<std::int64_t>(m.after.size()))
            << " nodes, W' " << to_string(m.weight) << "\n    |y - y'| " << text(m.value) << ", dy/dx "
            << text(m.input_gradient);
        if (c.mode == CollapseMode::symbolic) out << ", dy/dparameters " << text(m.parameter_gradient);
        out << "\n";
    }
    for (const Refusal& refusal : c.refusals) out << "  left: " << refusal.text << "\n";
    if (!c.same_elsewhere) out << "  the graphs differ outside what was merged\n";
    if (!c.merged.empty() && c.same_elsewhere) {
        out << "  outputs: |y - y'| ";
        if (c.end_to_end_bounded)
            out << text(c.end_to_end);
        else
            out << short_number(c.end_to_end.error) << " (no bound: merged stretches are followed by others)";
        out << "\n";
    }
    return out << "  " << (c.holds() ? "holds" : "DOES NOT HOLD") << " on " << c.samples
               << " random inputs in " << name_of(c.dtype)
               << (c.batch_replaced ? "" : ", the recorded number of them") << "\n";
}

}  // namespace xgrad
