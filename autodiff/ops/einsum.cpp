// Einstein's summation: each operand is reduced to axes that somebody needs, then two at a time become a matrix product.
#include <algorithm>
#include <map>
#include <string>

#include "autodiff/ops/axes.hpp"
#include "autodiff/ops/compose.hpp"

namespace xgrad {
namespace {

// An array and a letter for each of its axes. Axes of "..." have the characters 1, 2, ... from the last one on.
struct Term {
    Variable array;
    std::string letters;
};

struct Parsed {
    std::vector<std::string> inputs;
    std::string output;
};

[[noreturn]] void fail(std::string_view text, const std::string& why)
{
    throw ValueError("einsum: \"" + std::string(text) + "\" " + why);
}

bool has(std::string_view letters, char letter) { return letters.find(letter) != std::string_view::npos; }

// Replaces "..." by one character for each axis that it stands for.
std::string without_dots(std::string_view text, std::string_view part, std::size_t dots)
{
    std::string letters;
    for (std::size_t k = 0; k < part.size(); ++k) {
        const char c = part[k];
        if (c == ' ') continue;
        if (c == '.') {
            if (part.substr(k, 3) != "..." || part.find('.', k + 3) != std::string_view::npos)
                fail(text, "has a dot that does not belong to one \"...\"");
            for (std::size_t n = dots; n > 0; --n) letters += static_cast<char>(n);
            k += 2;
        } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            letters += c;
        } else {
            fail(text, std::string("has the character '") + c + "'; axes are letters");
        }
    }
    return letters;
}

Parsed parse(std::string_view text, std::span<const Variable> operands)
{
    const std::size_t arrow = text.find("->");
    const std::string_view left = text.substr(0, arrow);
    Parsed parsed;
    std::size_t most_dots = 0;
    std::map<char, int> times;
    for (std::size_t start = 0, k = 0;; ++k) {
        const std::size_t comma = left.find(',', start);
        const std::string_view part =
            left.substr(start, comma == std::string_view::npos ? comma : comma - start);
        if (k >= operands.size())
            fail(text, "names more operands than the " + std::to_string(operands.size()) + " given");
        const auto named = static_cast<std::size_t>(
            std::ranges::count_if(part, [](char c) { return c != ' ' && c != '.'; }));
        const std::size_t rank = operands[k].shape().size();
        const bool dots = has(part, '.');
        if (dots ? named > rank : named != rank)
            throw ShapeError("einsum: \"" + std::string(part) + "\" in \"" + std::string(text) +
                             "\" does not fit operand " + std::to_string(k) + " of shape " +
                             to_string(operands[k].shape()));
        const std::size_t further = dots ? rank - named : 0;
        most_dots = std::max(most_dots, further);
        parsed.inputs.push_back(without_dots(text, part, further));
        for (const char letter : parsed.inputs.back()) ++times[letter];
        if (comma == std::string_view::npos) break;
        start = comma + 1;
    }
    if (parsed.inputs.size() != operands.size())
        fail(text, "names " + std::to_string(parsed.inputs.size()) + " operands, " +
                       std::to_string(operands.size()) + " were given");
    if (arrow == std::string_view::npos) {
        for (std::size_t n = most_dots; n > 0; --n) parsed.output += static_cast<char>(n);
        for (const auto& [letter, count] : times)
            if (letter >= 'A' && count == 1) parsed.output += letter;
        return parsed;
    }
    parsed.output = without_dots(text, text.substr(arrow + 2), most_dots);
    for (std::size_t k = 0; k < parsed.output.size(); ++k) {
        if (!times.contains(parsed.output[k])) fail(text, "has an axis in its result that no operand has");
        if (parsed.output.find(parsed.output[k], k + 1) != std::string::npos)
            fail(text, "has an axis twice in its result");
    }
    return parsed;
}

std::int64_t length_of(const Term& term, char letter)
{
    return term.array.shape()[term.letters.find(letter)];
}

// An axis that comes twice is a diagonal.
void take_diagonals(Term& term, std::string_view text)
{
    for (std::size_t k = 0; k < term.letters.size();) {
        const char letter = term.letters[k];
        const std::size_t other = term.letters.find(letter, k + 1);
        if (other == std::string::npos) {
            ++k;
            continue;
        }
        const Dims shape = term.array.shape();
        if (shape[k] != shape[other])
            throw ShapeError("einsum: axis '" + std::string(1, letter) + "' of \"" + std::string(text) +
                             "\" has the lengths " + std::to_string(shape[k]) + " and " +
                             std::to_string(shape[other]) + " in one operand");
        term.array = diagonal(term.array, 0, static_cast<std::int64_t>(k), static_cast<std::int64_t>(other));
        term.letters.erase(other, 1);
        term.letters.erase(k, 1);
        term.letters += letter;
        k = 0;
    }
}

// Sums the axes that nobody else needs.
void drop(Term& term, std::string_view needed)
{
    Axes axes;
    std::string left;
    for (std::size_t k = 0; k < term.letters.size(); ++k)
        if (has(needed, term.letters[k]))
            left += term.letters[k];
        else
            axes.push_back(static_cast<std::int64_t>(k));
    if (!axes.empty()) term.array = sum(term.array, axes);
    term.letters = left;
}

// The array with its axes in this order.
Variable ordered(const Term& term, std::string_view order)
{
    Axes axes;
    bool same = true;
    for (std::size_t k = 0; k < order.size(); ++k) {
        axes.push_back(static_cast<std::int64_t>(term.letters.find(order[k])));
        same = same && axes.back() == static_cast<std::int64_t>(k);
    }
    return same ? term.array : permute(term.array, axes);
}

// Axes of "..." may have the length 1 in one of them: repeated.
void broadcast(Term& term, const std::map<char, std::int64_t>& lengths)
{
    Shape shape;
    for (const char letter : term.letters) shape.push_back(lengths.at(letter));
    term.array = broadcast_to(term.array, shape);
}

Term product(Term x, Term y, std::string_view needed, const std::map<char, std::int64_t>& lengths)
{
    std::string both, inner, left, right;
    for (const char letter : x.letters)
        (has(y.letters, letter) ? has(needed, letter) ? both : inner : left) += letter;
    for (const char letter : y.letters)
        if (!has(x.letters, letter)) right += letter;
    const auto size = [&](std::string_view letters) {
        std::int64_t n = 1;
        for (const char letter : letters) n *= lengths.at(letter);
        return n;
    };
    broadcast(x, lengths);
    broadcast(y, lengths);
    const Variable a = reshape(ordered(x, both + left + inner), {size(both), size(left), size(inner)}),
                   b = reshape(ordered(y, both + inner + right), {size(both), size(inner), size(right)});
    Term result{{}, both + left + right};
    Shape shape;
    for (const char letter : result.letters) shape.push_back(lengths.at(letter));
    result.array = reshape(matmul(a, b), shape);
    return result;
}

}  // namespace

namespace {

std::string shapes_of(std::span<const Variable> operands)
{
    std::string text;
    for (const Variable& x : operands) text += (text.empty() ? "" : ", ") + to_string(x.shape());
    return text;
}

Variable summed(std::string_view text, std::span<const Variable> operands)
{
    const Parsed parsed = parse(text, operands);
    std::vector<Term> terms;
    std::map<char, std::int64_t> lengths;
    for (std::size_t k = 0; k < operands.size(); ++k) {
        terms.push_back({operands[k], parsed.inputs[k]});
        take_diagonals(terms[k], text);
        for (const char letter : terms[k].letters) {
            const std::int64_t n = length_of(terms[k], letter);
            const auto [at, is_new] = lengths.try_emplace(letter, n);
            if (is_new || at->second == n) continue;
            const bool dots = letter < 'A';
            if (!dots || (at->second != 1 && n != 1))
                throw ShapeError(
                    "einsum: " +
                    (dots ? std::string("an axis of \"...\"") : "axis '" + std::string(1, letter) + "'") +
                    " of \"" + std::string(text) + "\" has the lengths " + std::to_string(at->second) +
                    " and " + std::to_string(n) + " in the shapes " + shapes_of(operands));
            at->second = std::max(at->second, n);
        }
    }
    const auto needed_after = [&](std::size_t k) {
        std::string needed = parsed.output;
        for (std::size_t later = k; later < terms.size(); ++later) needed += terms[later].letters;
        return needed;
    };
    Term result = terms[0];
    drop(result, needed_after(1));
    for (std::size_t k = 1; k < terms.size(); ++k) {
        const std::string needed = needed_after(k + 1);
        drop(terms[k], needed + result.letters);
        result = product(result, terms[k], needed, lengths);
    }
    drop(result, parsed.output);
    broadcast(result, lengths);
    return ordered(result, parsed.output);
}

}  // namespace

Variable einsum(std::string_view text, std::span<const Variable> operands)
{
    if (operands.empty()) fail(text, "has no operands");
    for (const Variable& x : operands.subspan(1)) detail::need_floats("einsum", {operands[0], x});
    return detail::compose("einsum", operands[0], [&] { return summed(text, operands); });
}

namespace {
using Inputs = std::span<const Variable>;
const bool described = detail::composed(
    {{.name = "einsum",
      .formula = "Einstein's summation over the axes that the text names",
      .gradient = "the einsum of g and the other operands",
      .elsewhere = {"np.einsum", "torch.einsum", "jnp.einsum"},
      .arity = -1,
      .samples = {{{{{2, 3}}, {{3, 4}}}, [](Inputs in) { return einsum("ij,jk->ik", in); }},
                  {{{{2, 3, 3}}}, [](Inputs in) { return einsum("bii->b", in); }},
                  {{{{2, 3}}, {{3, 2, 2}}, {{2, 2}}}, [](Inputs in) { return einsum("ni,ijk,nj->nk", in); }},
                  {{{{2, 1, 3}}, {{4, 3}}}, [](Inputs in) { return einsum("...i,...i", in); }},
                  {{{{}}, {{2}}}, [](Inputs in) { return einsum(",i->i", in); }},
                  {{{{0, 3}}, {{3}}}, [](Inputs in) { return einsum("ij,j->i", in); }}}}});
}  // namespace

void detail::einsum_rows() {}

}  // namespace xgrad
