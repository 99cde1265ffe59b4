// Numbers as text.
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace {

// Three digits of the value in the largest unit of which it has one; what would round up to 1000 takes the next.
std::string scaled(double value, double step, std::span<const char* const> units, std::string_view after)
{
    std::size_t unit = 0;
    while (unit + 1 < units.size() && std::abs(value) >= 0.9995 * step) {
        value /= step;
        ++unit;
    }
    const std::string number =
        unit == 0 && value == std::floor(value) ? fixed_text(value, 0) : rate_text(value);
    return number + " " + units[unit] + std::string(after);
}

}  // namespace

std::string number_text(double value)
{
    if (value != value) return "nan";
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
}

std::string fixed_text(double value, int digits)
{
    std::array<char, 400> text;  // the largest double has 309 digits before the point
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, digits).ptr;
    return {text.data(), end};
}

std::string rate_text(double value)
{
    const double size = std::abs(value);
    return fixed_text(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

std::string time_text(double nanoseconds)
{
    static constexpr const char* units[] = {"ns", "us", "ms", "s"};
    return scaled(nanoseconds, 1000, units, "");
}

std::string amount_text(double value, std::string_view unit)
{
    static constexpr const char* prefixes[] = {"", "k", "M", "G", "T", "P", "E"};
    return scaled(value, 1000, prefixes, unit);
}

std::string counted(std::size_t count, std::string_view what)
{
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

std::string padded_left(std::string_view text, std::size_t width)
{
    return std::string(width > text.size() ? width - text.size() : 0, ' ') + std::string(text);
}

}  // namespace xgrad
