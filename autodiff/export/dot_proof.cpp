// What a certificate says, in the words of its picture.
#include "autodiff/export/dot_proof.hpp"

#include <algorithm>

#include "autodiff/export/dot_modules.hpp"
#include "autodiff/export/dot_text.hpp"
#include "autodiff/passes/certificate_text.hpp"

namespace xgrad::detail {

std::string place(const Certificate& certificate, const Merged& merged)
{
    const std::vector<std::string> paths = modules_of(certificate.before, merged.before);
    return paths.empty() ? "" : range_name(paths.front(), paths.back());
}

std::string widths(const Merged& merged)
{
    constexpr std::size_t most = 8;
    std::string text;
    for (std::size_t k = 0; k < merged.widths.size(); ++k) {
        if (merged.widths.size() > most && k == 3) {
            text += "-…";
            k = merged.widths.size() - 3;
        }
        text += (k ? "-" : " (") + std::to_string(merged.widths[k]);
    }
    return text.empty() ? "" : text + ")";
}

std::string in_words(const Refusal& refusal)
{
    if (refusal.reason != RefusalReason::dearer) return refusal.text;
    return refusal.text.substr(0, refusal.text.find(": "));
}

std::string without_id(const std::string& text)
{
    const std::size_t start = text.find(" (%");
    const std::size_t end = text.find(')', start);
    if (start == std::string::npos || end == std::string::npos) return text;
    return text.substr(0, start) + text.substr(end + 1);
}

std::vector<Entry> measured(const Certificate& c)
{
    if (c.merged.empty()) return {};
    std::vector<Entry> list;
    const auto saved = [&](double before, double after, const std::string& what) {
        list.push_back(
            {change_html(before, after), what + ", " + change_words(before, after), after > before});
    };
    const auto held = [&](Check Merged::*check) {
        return std::ranges::all_of(c.merged, [&](const Merged& merged) { return (merged.*check).holds(); });
    };
    const auto error = [&](const std::string& what, double value, double bound, std::string words,
                           bool holds) {
        const bool wrong = !holds || !(value <= bound);
        if (wrong && value <= bound) words += "; outside its bound elsewhere";  // where the bound is smaller
        list.push_back({html("|Δ" + what + "|") + " =&#160;<b>" + error_text(value) + "&#160;</b>" +
                            (value <= bound ? "≤" : "&gt;") + "&#160;" + error_text(bound),
                        words, wrong});
    };
    const double batch = static_cast<double>(std::max<std::int64_t>(c.batch, 1));
    saved(static_cast<double>(c.parameters_before), static_cast<double>(c.parameters_after), "parameters");
    saved(c.flops_before / batch, c.flops_after / batch, "flops per sample");
    if (c.weight_flops_before != 0 || c.weight_flops_after != 0)
        list.push_back({change_html(c.weight_flops_before, c.weight_flops_after),
                        "flops on weights at each run, whatever the batch", false});
    error("y", c.value_error, c.value_bound,
          "largest difference on " + std::to_string(c.samples) + " random inputs ≤ bound",
          held(&Merged::value));
    error(" gradient", c.input_gradient_error, c.input_gradient_bound,
          "with respect to x, one random cotangent", held(&Merged::input_gradient));
    if (c.mode == CollapseMode::symbolic)
        error(" gradient", c.parameter_gradient_error, c.parameter_gradient_bound,
              "with respect to every parameter", held(&Merged::parameter_gradient));
    const bool same = c.merged.size() == 1 && c.end_to_end_bounded && c.end_to_end.error == c.value_error;
    if (!same && c.end_to_end_bounded)
        error(" output", c.end_to_end.error, c.end_to_end.bound, "from end to end of the graph",
              c.end_to_end.holds());
    else if (!same)
        list.push_back({html("|Δ output|") + " =&#160;<b>" + error_text(c.end_to_end.error) + "</b>",
                        "from end to end; no bound, for other nodes follow a merged stretch", false});
    if (!c.same_elsewhere) list.push_back({"<b>differs</b>", "outside what was merged", true});
    return list;
}

Entry refused(const Refusal& refusal)
{
    const char* head = refusal.reason == RefusalReason::dearer              ? "refused: dearer"
                       : refusal.reason == RefusalReason::other_model_class ? "refused: another model class"
                       : refusal.reason == RefusalReason::not_finite        ? "refused: not finite"
                                                                            : "refused";
    return {"<b>" + std::string(head) + "</b>", refusal.text, true};
}

}  // namespace xgrad::detail
