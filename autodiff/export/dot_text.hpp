// Text for pictures: escaping for Graphviz, shortening, and how numbers are written. Internal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "xgrad/autodiff/array.hpp"

namespace xgrad::detail {

/// An attribute's value: plain, or HTML-like (between < and > in DOT).
struct Text {
    std::string text;
    bool html = false;
};

/// Well-formed UTF-8 without control characters but newline: what is not becomes U+FFFD.
std::string clean(std::string_view text);
/// More characters than `most`: the first ones, an ellipsis, the last `most` / 2 (of 32: 14 and 16).
std::string shorten(std::string_view text, std::size_t most = 32);
/// What names in running text, and any text that is not a label, are shortened to. Graphviz refuses to read an attribute
/// of over 16384 bytes, of which one character takes up to ten.
inline constexpr std::size_t longest_name = 100, longest_text = 600;
/// For plain labels, tooltips and ids: drawn as written, shortened to longest_text.
std::string plain(std::string_view text);
/// For HTML-like labels: the same. Empty text becomes a no-break space.
std::string html(std::string_view text);
/// Lines of at most `width` characters, broken at spaces.
std::vector<std::string> wrap(std::string_view text, std::size_t width = 72);

/// A label of a title and small lines under it, in the colour given; plain if there are no lines.
Text label(std::string_view title, const std::vector<std::string>& lines, const char* small_colour);

/// "7850", "51 k", "1.07 M".
std::string count_text(double number);
/// "2570 flop", "201 kflop".
std::string flop_text(double number);
/// Four significant digits, with a true minus sign.
std::string value_text(double number, int digits = 4);
/// One or two digits for errors and norms: "2.9e−15".
std::string error_text(double number);
/// Two digits, small and large ones with an exponent: "0.036", "2e−8".
std::string norm_text(double number);
/// "17 →" as HTML, the new number in bold, and in words how they compare: "68 times fewer".
std::string change_html(double before, double after);
std::string change_words(double before, double after);

}  // namespace xgrad::detail
