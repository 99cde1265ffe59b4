// Numbers as text, for dumps and messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace xgrad {

/// A number in the shortest form that reads back as the same one: "0.5", "1e-06", "inf".
std::string number_text(double value);

/// With that many digits after the point: "12.50".
std::string fixed_text(double value, int digits);
/// Three digits: "0.12", "1.23", "45.6", "789".
std::string rate_text(double value);
/// Three digits and a unit: "812 ns", "12.3 us", "4.56 ms", "1.23 s".
std::string time_text(double nanoseconds);
/// Three digits and a unit, in powers of 1000: "812 B", "12.3 kB", "4.56 MB"; "25.7 Mflop".
std::string amount_text(double value, std::string_view unit);
/// "1 step", "7 steps"
std::string counted(std::size_t count, std::string_view what);
/// At least `width` characters, spaces before the text.
std::string padded_left(std::string_view text, std::size_t width);

}  // namespace xgrad
