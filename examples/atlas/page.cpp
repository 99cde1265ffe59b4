// docs/atlas.md. What is between the lines "measured" depends on the machine's arithmetic; all else is the same everywhere.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <sstream>

#include "atlas.hpp"

namespace atlas {
namespace {

std::string number(double x, const char* format = "%.6g")
{
    if (x == 0) return "0";  // without a sign
    char text[40];
    std::snprintf(text, sizeof text, format, x);
    return text;
}

// Multiples of pi/2 as one writes them.
std::string place(double x)
{
    const double quarters = x / std::acos(0.);
    if (std::abs(quarters) > 0.5 && std::abs(quarters - std::round(quarters)) < 1e-9) {
        const int k = static_cast<int>(std::round(quarters));
        const std::string sign = k < 0 ? "-" : "",
                          times = std::abs(k) > 2 ? std::to_string(std::abs(k) / (k % 2 ? 1 : 2)) + " " : "";
        return sign + times + (k % 2 ? "pi/2" : "pi");
    }
    return number(x);
}

// As code in a cell of a table.
std::string code(const std::string& text)
{
    std::string escaped;
    for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return "`" + escaped + "`";
}

std::string picture(const std::string& name, const std::string& words)
{
    return "![" + words + "](images/atlas/" + name + ".svg)\n";
}

// What a heading is called in a link: "#silu-swish".
std::string anchor(const std::string& title)
{
    std::string text;
    for (const char c : title)
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '-')
            text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        else if (c == ' ')
            text += '-';
    return text;
}

std::string listed(const std::vector<std::string>& words)
{
    std::string text;
    for (std::size_t k = 0; k < words.size(); ++k)
        text += (k == 0 ? "" : k + 1 == words.size() ? " and " : ", ") + words[k];
    return text;
}

const char* const primes[] = {"f", "f'", "f''", "f'''", "f''''", "f'''''"};

std::string continuity_text(const Facts& facts)
{
    std::string text(name_of(facts.continuity));
    if (facts.jumps.empty()) return text;
    std::vector<std::string> at;
    for (const Jump& jump : facts.jumps) at.push_back(place(jump.x));
    return text + ": " + primes[facts.jumps[0].order] + " jumps at " + listed(at);
}

std::string monotonicity_text(const Facts& facts)
{
    return facts.monotonicity == Monotonicity::neither ? "neither increasing nor decreasing"
                                                       : std::string(name_of(facts.monotonicity));
}

std::string at_0_text(const Facts& facts)
{
    return "f(0) = " + number(facts.value_at_0) + ", f'(0) = " + number(facts.slope_at_0) +
           (facts.identity_at_0() ? ": like the identity" : "");
}

std::string bounds_text(const Facts& facts)
{
    std::string text = code(range_text(facts));
    for (const auto& [bound, word] : {std::pair(facts.low, "least"), std::pair(facts.high, "greatest")})
        if (bound.reached && !std::isnan(bound.at))
            text += std::string(", ") + word + " at x = " + place(bound.at) +
                    (bound.more ? " and elsewhere" : "");
    for (const auto& [bound, word] : {std::pair(facts.low, "lower"), std::pair(facts.high, "upper")})
        if (std::isfinite(bound.value) && !bound.reached)
            text += std::string("; the ") + word + " end is a limit";
    return text;
}

std::string kinks_text(const Facts& facts, const Op& row)
{
    std::string text;
    if (!facts.jumps.empty() && facts.jumps[0].order == 1)
        for (const Jump& jump : facts.jumps)
            text += (text.empty() ? "" : "; ") + ("at x = " + place(jump.x)) + " f' is " + number(jump.left) +
                    " on the left, " + number(jump.right) + " on the right, and **" + number(jump.at) +
                    "** is taken";
    if (!row.traits.kink.empty())
        text += (text.empty() ? "" : "; the registry says ") + code(std::string(row.traits.kink));
    return text;
}

void summary(std::ostream& out, const std::vector<Facts>& facts)
{
    out << "| function | range | continuity | monotonicity | identity at 0 |\n|---|---|---|---|---|\n";
    std::size_t n = 0;
    for (const Family& family : families())
        for (const Entry& entry : family.entries) {
            const Facts& own = facts[n++];
            out << "| [" << entry.title << "](#" << anchor(entry.title) << ") | " << code(range_text(own))
                << " | " << name_of(own.continuity) << " | "
                << (own.monotonicity == Monotonicity::neither ? "" : std::string(name_of(own.monotonicity)))
                << " | " << (own.identity_at_0() ? "yes" : "") << " |\n";
        }
}

void entry_text(std::ostream& out, const Entry& entry, const Facts& facts)
{
    const Op& row = *find_op(entry.row);
    out << "### " << entry.title << "\n\n"
        << picture(entry.name, entry.title + " and its derivative") << '\n'
        << entry.about << "\n\n"
        << "| " << code(entry.call) << " | " << code("f(x) = " + entry.formula) << " |\n|---|---|\n"
        << "| range | " << bounds_text(facts) << " |\n"
        << "| continuity | " << continuity_text(facts) << " |\n"
        << "| monotonicity | " << monotonicity_text(facts) << " |\n"
        << "| at 0 | " << at_0_text(facts) << " |\n"
        << "| gradient | " << code(std::string(row.gradient)) << " |\n";
    const std::string kinks = kinks_text(facts, row);
    if (!kinks.empty()) out << "| kinks | " << kinks << " |\n";
    out << '\n';
}

void measured(std::ostream& out, const std::vector<Facts>& facts,
              const std::vector<std::array<Errors, 2>>& errors)
{
    const auto error = [](double x) { return x == 0 ? std::string("0") : number(x, "%.0e"); };
    out << "<!-- measured -->\n"
           "| function | error of f everywhere | of f' | relative error of f on [-4, 4] | of f' | of f "
           "beyond | of f' beyond | "
           "limits that rounding returns |\n|---|---|---|---|---|---|---|---|\n";
    std::size_t n = 0;
    for (const Family& family : families())
        for (const Entry& entry : family.entries) {
            const auto& [value, slope] = errors[n];
            const auto tail = [&](const Errors& e) {
                return error(e.tails) + (e.tails > 1e-12 ? " (x = " + number(e.tails_at, "%.3g") + ")" : "");
            };
            std::string rounding;
            for (const auto& [bound, side] : {std::pair(facts[n].low, -1.), std::pair(facts[n].high, 1.)})
                if (!std::isnan(bound.rounded_from)) {
                    // of the two ends of the line, the one at which the function approaches this bound
                    const double end =
                        std::abs(evaluate(entry, {side * 1e308})[0] - bound.value) < 1e-9 ? side : -side;
                    rounding += (rounding.empty() ? "" : ", ") + number(bound.value) + " beyond " +
                                number(end * bound.rounded_from, "%.3g");
                }
            out << "| " << entry.title << " | " << error(value.everywhere) << " | " << error(slope.everywhere)
                << " | " << error(value.middle) << " | " << error(slope.middle) << " | " << tail(value)
                << " | " << tail(slope) << " | " << rounding << " |\n";
            ++n;
        }
    out << "<!-- end of measured -->\n";
}

}  // namespace

std::string range_text(const Facts& facts)
{
    const auto bound = [](const Bound& b) {
        return std::isinf(b.value) ? std::string(b.value < 0 ? "-inf" : "inf") : place(b.value);
    };
    return (facts.low.reached ? "[" : "(") + bound(facts.low) + ", " + bound(facts.high) +
           (facts.high.reached ? "]" : ")");
}

std::string page(const std::vector<Facts>& facts, const std::vector<std::array<Errors, 2>>& errors)
{
    std::ostringstream out;
    out << "# The atlas of activations\n\n"
           "<!-- Written by examples/atlas/, which compares it with what it writes: do not edit. -->\n\n"
           "37 activation functions: what they look like, and what is true of each. The tutorial\n"
           "[An atlas of activations](tutorials/atlas.md) says how to choose; the program "
           "[`examples/atlas/`](../examples/atlas/main.cpp)\n"
           "found the facts and wrote this page.\n\n"
        << picture("atlas", "All activations and their derivatives on one sheet")
        << "\n**Nothing here is copied from a table.** Ranges, orders of continuity, kinks, and which way a "
           "function goes are derived by "
           "evaluating\n"
           "the function and its derivatives of any order, as the tape gives them; then they are compared "
           "with what the op's row in the "
           "registry\n"
           "declares (`xgrad ops --json`). How to read them:\n\n"
           "* **range**: a round bracket is a limit that no finite x reaches. In floating point rounding may "
           "well return it: tanh(20) "
           "is 1 (last table).\n"
           "* **continuity**: C1 means that f and f' are continuous and f'' is not; *smooth* that none of "
           "the first "
        << most_derivatives
        << " derivatives jumps.\n"
           "* **monotonicity**: increasing functions are constant nowhere, non-decreasing ones on a "
           "stretch.\n"
           "* **identity at 0**: f(0) = 0 and f'(0) = 1, so that a network with small weights begins as a "
           "linear one.\n"
           "* **gradient**: what the cotangent g becomes; y is the value.\n"
           "* **kinks**: which derivative is taken where there is none.\n\n";
    summary(out, facts);
    std::size_t n = 0;
    for (const Family& family : families()) {
        out << (n ? "## " : "\n## ") << family.title << "\n\n";
        for (const Entry& entry : family.entries) entry_text(out, entry, facts[n++]);
    }
    out << "## Over several inputs\n\n"
           "They have no single curve; the pictures fix all inputs but x.\n\n";
    for (const Several& entry : several()) {
        const Op& row = *find_op(entry.name);
        out << "### " << entry.title << "\n\n"
            << picture(entry.name, entry.title) << '\n'
            << entry.about << "\n\n"
            << "| " << code(entry.call) << " | " << code(entry.formula) << " |\n|---|---|\n"
            << "| properties | " << entry.facts << " |\n"
            << "| gradient | " << code(std::string(row.gradient)) << " |\n\n";
    }
    out << "## Formulas that circulate with an error\n\n"
           "Each was tried against the tape and 50 digits: the left one fails, the right one holds.\n\n"
           "| printed | it should be | off by (on [-4, 4]) |\n|---|---|---|\n"
           "| softsign' = `1 / (1 + x)^2` | `1 / (1 + abs(x))^2` | without bound near x = -1 |\n"
           "| SELU' below 0 = `f + 1.67326` (that is ELU's rule) | `f + 1.7581` | 0.085 |\n"
           "| tanh = `2 / (1 + e^(2x)) - 1` | `2 / (1 + e^(-2x)) - 1` | its sign |\n"
           "| GELU by tanh with `0.447 x^3` ([a table of 2023](https://doi.org/10.1186/s13638-023-02326-4)) "
           "| `0.044715 x^3` | 0.09 |\n\n"
           "## How exact\n\n"
           "Against the same functions in 50 digits (Boost.Multiprecision, formulas of their own). "
           "*Everywhere* is |error| / max(1, |f|) for x "
           "from -1e308 to\n"
           "1e308; relative errors leave out 1/16 around zeros of the function. Claimed are 10^-12 for the "
           "first four columns. Beyond [-4, 4] "
           "the relative\n"
           "error has no bound where a small number is the difference of larger ones: 1 - tanh(x)^2 is 0 "
           "from x = 19 on, and the true value is "
           "not. What\n"
           "is measured depends a little on the machine:\n\n";
    measured(out, facts, errors);
    std::vector<std::string> lost;
    for (const Family& family : families())
        for (const Entry& entry : family.entries) {
            const Numbers ends = evaluate(entry, {-HUGE_VAL, HUGE_VAL});
            if (std::isnan(ends[0]) || std::isnan(ends[1])) lost.push_back(entry.title);
        }
    out << "\nAt infinite x itself " << listed(lost)
        << " are NaN at one end or both: their formulas are 0 times infinity there, or infinity over itself, "
           "and sines have no limit.\n";
    return out.str();
}

}  // namespace atlas
