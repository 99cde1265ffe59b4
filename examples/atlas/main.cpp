// The activation atlas: every fact derived by evaluating the function, compared with its row's declaration, and drawn (claim 35).
// In its whole form it also writes atlas.md, the page docs/atlas.md.
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>

#include <xgrad/nn.hpp>

#include "atlas.hpp"

using namespace atlas;

namespace {

std::string words(const Facts& facts)
{
    return range_text(facts) + ", " + std::string(name_of(facts.continuity)) + ", " +
           std::string(name_of(facts.monotonicity));
}

// What the declaration says otherwise than the derivation; empty: nothing.
struct Differences {
    int range = 0, continuity = 0, monotonicity = 0;
};
void compare(const std::string& name, const Traits& declared, const Facts& facts, Differences& all)
{
    const auto close = [](double a, double b) {
        return a == b || std::abs(a - b) <= 4e-16 * std::max(1., std::abs(b));
    };
    const auto say = [&](const std::string& what) {
        std::cout << name << ": " << what << " declared, but derived: " << words(facts) << '\n';
    };
    if (!close(facts.low.value, declared.low) || !close(facts.high.value, declared.high)) {
        ++all.range;
        char text[160];
        std::snprintf(text, sizeof text, "range %.17g .. %.17g (derived %.17g .. %.17g)", declared.low,
                      declared.high, facts.low.value, facts.high.value);
        say(text);
    }
    if (declared.continuity && *declared.continuity != facts.continuity)
        ++all.continuity, say(std::string(name_of(*declared.continuity)));
    if (declared.monotonicity && *declared.monotonicity != facts.monotonicity)
        ++all.monotonicity, say(std::string(name_of(*declared.monotonicity)));
}

// The rows of the registry that declare how continuous they are, each called as its tests call it: with options of its own.
std::vector<std::pair<Entry, Traits>> declaring_rows()
{
    std::vector<std::pair<Entry, Traits>> rows;
    for (const Op* op : registry()) {
        if (op->arity != 1 || !(op->traits.continuity || op->refine)) continue;
        const auto call = [op](Variable x) { return op->samples[0].call(std::span(&x, 1)); };
        Tape tape;
        const Variable y = call(tape.variable(xt::xarray<double>{1.}));
        const Graph graph = tape.graph({y});
        const Node& node = graph[y.id()];
        const Traits declared = node.op == op ? traits_of(*op, node.a, node.b) : op->traits;
        if (!declared.continuity && !declared.monotonicity) continue;
        Entry entry{};
        entry.name = entry.row = std::string(op->name);
        entry.f = call;
        rows.emplace_back(entry, declared);
    }
    return rows;
}

// "relu6'(0) = relu6'(6) = 0": each place and the number after the last equals sign; words ("slope") are left to a reader.
int wrong_kinks(const Entry& entry, std::string_view rule)
{
    int wrong = 0;
    std::stringstream clauses{std::string(rule)};
    for (std::string clause; std::getline(clauses, clause, ',');) {
        const std::size_t last = clause.rfind("= ");
        int p = 0, q = 1;
        double value = 0;
        if (last == std::string::npos || std::sscanf(clause.c_str() + last + 2, "%lf", &value) != 1) continue;
        if (std::sscanf(clause.c_str() + last + 2, "%d/%d", &p, &q) == 2) value = static_cast<double>(p) / q;
        for (std::size_t at = 0; (at = clause.find("'(", at)) != std::string::npos && at < last; ++at)
            wrong += std::abs(evaluate(entry, {std::stod(clause.substr(at + 2))}, 1)[0] - value) > 5e-5;
    }
    return wrong;
}

// Values and derivatives of float32 that are no numbers, up to the ends of that type.
int lost_in_float32(const Entry& entry)
{
    Tape tape;
    const Variable x =
        tape.variable(xt::xarray<float>{-3e38f, -1e20f, -1e10f, -100.f, 0.f, 100.f, 1e10f, 1e20f, 3e38f});
    const Variable y = entry.f(x), slope = grad(sum(y), x);
    int lost = 0;
    for (const Variable& v : {y, slope})
        for (const float value : v.value<float>()) lost += std::isnan(value);
    return lost;
}

bool same_but_measured(const std::string& a, const std::string& b)
{
    const auto cut = [](std::string text) {
        const std::string begin = "<!-- measured -->", end = "<!-- end of measured -->";
        for (std::size_t from; (from = text.find(begin)) != std::string::npos;)
            text.erase(from, text.find(end, from) + end.size() - from);
        return text;
    };
    return !a.empty() && cut(a) == cut(b);
}

std::string file_text(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

int main(int argc, char** argv)
{
    common::Report report(common::options(
        argc, argv, "atlas", "The activation atlas: derived, drawn, and compared with what is declared."));
    const common::Options& options = report.options();

    std::size_t count = 0;
    for (const Family& family : families()) count += family.entries.size();
    const auto rows = declaring_rows();
    nn::Progress progress("the atlas", static_cast<std::int64_t>(count + rows.size()));

    std::vector<Facts> facts;
    std::vector<std::array<Errors, 2>> errors;
    Differences differences;
    int undeclared = 0, kinks = 0, unsaid = 0, failures = 0, in_float32 = 0;
    double everywhere = 0, middle = 0;
    for (const Family& family : families())
        for (const Entry& entry : family.entries) {
            const Op& row = *find_op(entry.row);
            const Traits declared = traits_of(row, entry.a, entry.b);
            facts.push_back(derive(entry));
            compare(entry.name, declared, facts.back(), differences);
            undeclared += !declared.continuity + (!declared.monotonicity && entry.name != "prelu");
            kinks += wrong_kinks(entry, row.traits.kink);
            unsaid += facts.back().continuity <= Continuity::c0 && row.traits.kink.empty();
            errors.push_back({measure(entry, 0, options.quick), measure(entry, 1, options.quick)});
            in_float32 += lost_in_float32(entry);
            for (const Errors& e : errors.back()) {
                if (e.failures || e.everywhere > 1e-12 || e.middle > 1e-12)
                    std::cout << entry.name << (&e == &errors.back()[0] ? "" : "'") << ": " << e.everywhere
                              << " everywhere, " << e.middle << " on [-4, 4], " << e.failures
                              << " failures\n";
                failures += e.failures;
                everywhere = std::max(everywhere, e.everywhere), middle = std::max(middle, e.middle);
            }
            progress.step();
        }
    report.equals(35, "functions_of_one_variable", static_cast<double>(count), 33);
    report.equals(35, "facts_that_rows_do_not_declare", undeclared,
                  0);  // but for prelu's way, which its weight decides
    report.equals(35, "declared_ranges_that_differ", differences.range, 0);
    report.equals(35, "declared_orders_of_continuity_that_differ", differences.continuity, 0);
    report.equals(35, "declared_monotonicities_that_differ", differences.monotonicity, 0);
    report.equals(35, "kinks_with_another_derivative_than_declared", kinks, 0);
    report.equals(35, "kinks_of_which_nothing_is_declared", unsaid, 0);
    report.at_most(35, "error_against_50_digits", everywhere, 1e-12);
    report.at_most(35, "relative_error_on_minus_4_to_4", middle, 1e-12);
    report.equals(35, "values_or_slopes_that_are_no_numbers", failures, 0);

    report.equals(35, "values_or_slopes_in_float32_that_are_nan", in_float32, 0);

    // The same for every other row that declares such facts, and for other options.
    Differences others;
    for (const auto& [entry, declared] : rows) {
        compare(entry.name, declared, derive(entry), others);
        progress.step();
    }
    progress.finish();
    report.at_least(35, "rows_of_the_registry_that_declare", static_cast<double>(rows.size()), 50);
    report.equals(35, "of_them_declared_otherwise_than_derived",
                  others.range + others.continuity + others.monotonicity, 0);

    several_inputs(report);
    circulating_errors(report);
    draw(facts, options.out);

    const std::string text = page(facts, errors);
    std::ofstream(options.out + "/atlas.md", std::ios::binary) << text;
    report.holds(35, "the_page_is_the_one_in_docs",
                 same_but_measured(file_text(XGRAD_SOURCE_DIR "/docs/atlas.md"), text));
    return report.finish();
}
