// Escaping, shortening and number formats of pictures.
#include "autodiff/export/dot_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace xgrad::detail {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// Length of the well-formed UTF-8 sequence at the start of `text`, or 0.
std::size_t sequence(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    std::uint32_t code = first & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0u) != 0x80u) return 0;
        code = code << 6 | (byte(i) & 0x3Fu);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    const bool not_xml = code == 0xFFFE || code == 0xFFFF || (code >= 0x80 && code < 0xA0);
    if (code < least[length] || code > 0x10FFFF || surrogate || not_xml) return 0;
    return length;
}

std::string format(const char* form, int digits, double number)
{
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, form, digits, number);
    return buffer;
}

// ASCII minus to U+2212, "e-09" to "e−9", "e+06" to "e6".
std::string typeset(std::string text)
{
    if (const std::size_t e = text.find('e'); e != std::string::npos && e + 1 < text.size()) {
        if (text[e + 1] == '+') text.erase(e + 1, 1);
        const std::size_t digits = e + 1 + (text[e + 1] == '-');
        while (digits + 1 < text.size() && text[digits] == '0') text.erase(digits, 1);
    }
    std::string result;
    for (const char c : text) result += c == '-' ? std::string("\u2212") : std::string(1, c);
    return result;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }

std::size_t characters(std::string_view text)
{
    std::size_t count = 0;
    for (const char c : text) count += !continues(c);
    return count;
}

// Bytes of the first `count` characters.
std::size_t bytes(std::string_view text, std::size_t count)
{
    std::size_t i = 0;
    while (i < text.size() && count-- > 0) do
            ++i;
        while (i < text.size() && continues(text[i]));
    return i;
}

}  // namespace

std::string clean(std::string_view text)
{
    std::string result;
    while (!text.empty()) {
        const unsigned char first = static_cast<unsigned char>(text[0]);
        const std::size_t length = sequence(text);
        if (length == 0 || (first < 0x20 && first != '\n') || first == 0x7F) {
            result += replacement;
            text.remove_prefix(1);
        } else {
            result += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return result;
}

std::string plain(std::string_view text)
{
    std::string result;
    for (const char c : shorten(text, longest_text)) {
        if (c == '&')
            result += "&amp;";
        else if (c == '\\')
            result += "\\\\";
        else if (c == '\n')
            result += "\\n";
        else
            result += c;
    }
    return result;
}

std::string html(std::string_view text)
{
    std::string result;
    for (const char c : shorten(text, longest_text)) {
        switch (c) {
        case '&': result += "&amp;"; break;
        case '<': result += "&lt;"; break;
        case '>': result += "&gt;"; break;
        case '"': result += "&quot;"; break;
        case '\\': result += "&#92;&#92;"; break;  // entities are read first, then \N and the like
        case '\n': result += "<br/>"; break;
        default: result += c;
        }
    }
    return result.empty() ? "&#160;" : result;
}

std::string shorten(std::string_view text, std::size_t most)
{
    const std::string whole = clean(text);
    const std::size_t count = characters(whole);
    if (count <= most) return whole;
    return whole.substr(0, bytes(whole, most / 2 - 2)) + "\u2026" +
           whole.substr(bytes(whole, count - most / 2));
}

std::vector<std::string> wrap(std::string_view text, std::size_t width)
{
    std::vector<std::string> lines;
    const std::string whole = clean(text);
    std::string_view rest = whole;
    while (!rest.empty()) {
        std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size()));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        while (characters(line) > width) {
            const std::size_t end = bytes(line, width);
            std::size_t cut = line.rfind(' ', end);
            if (cut == std::string_view::npos || cut == 0) cut = end;
            lines.emplace_back(line.substr(0, cut));
            line.remove_prefix(cut);
            while (!line.empty() && line[0] == ' ') line.remove_prefix(1);
        }
        lines.emplace_back(line);
    }
    return lines;
}

Text label(std::string_view title, const std::vector<std::string>& lines, const char* small_colour)
{
    if (lines.empty()) return {plain(title)};
    std::string text = html(title) + "<br/><font point-size=\"9.5\" color=\"" + small_colour + "\">";
    for (std::size_t i = 0; i < lines.size(); ++i) text += (i ? "<br/>" : "") + html(lines[i]);
    return {text + "</font>", true};
}

std::string count_text(double number)
{
    if (number < 9999.5) return format("%.*f", 0, number);
    constexpr std::pair<double, const char*> units[] = {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
    for (const auto& [unit, name] : units)
        if (number >= 0.9995 * unit) {
            const double scaled = number / unit;
            return format("%.*f", scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0, scaled) + name;
        }
    return format("%.*f", 0, number);
}

std::string flop_text(double number)
{
    const std::string text = count_text(number);
    return text + (text.back() >= '0' && text.back() <= '9' ? " flop" : "flop");
}

std::string value_text(double number, int digits)
{
    if (std::isnan(number)) return "NaN";
    if (std::isinf(number)) return number < 0 ? "\u2212inf" : "inf";
    return typeset(format("%.*g", digits, number));
}

std::string error_text(double number)
{
    if (number == 0 || !std::isfinite(number)) return value_text(number);
    return typeset(format("%.*e", 1, number));
}

std::string norm_text(double number)
{
    if (number == 0 || !std::isfinite(number) || (number >= 0.00995 && number < 9999.5))
        return number >= 99.5 && number < 9999.5 ? value_text(std::round(number)) : value_text(number, 2);
    std::string text = format("%.*e", 1, number);
    if (const std::size_t zero = text.find(".0e"); zero != std::string::npos) text.erase(zero, 2);
    return typeset(text);
}

std::string change_html(double before, double after)
{
    return count_text(before) + " \u2192&#160;<b>" + count_text(after) + "</b>";
}

std::string change_words(double before, double after)
{
    if (before == after) return "as before";
    if (before <= 0 || after <= 0) return after < before ? "fewer" : "more";
    const double ratio = after < before ? before / after : after / before;
    const std::string words = after < before ? " times fewer" : " times more";
    return (ratio < 9.95 ? format("%.*f", 1, ratio) : count_text(std::round(ratio))) + words;
}

}  // namespace xgrad::detail
