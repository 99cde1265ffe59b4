// How the reference shows what its lines make, and how that is held against what the reader is told.
//
// A snippet stands between two lines "//! [name]", name as it is written from namespace xgrad ("tanh", "nn::Linear"), or
// several names with commas: "//! [svd, Svd]". show(value) prints the value; what it prints stands behind
// it as a comment, or in the lines of comments below it, and the program fails where the two differ. Two spaces and a
// bracket begin a remark, which is the author's word:
//
//     //! [relu]
//     const Variable x = tape.variable(xt::xarray<double>{-1., 0., 2.});
//     show(relu(x));                // [0, 0, 2]
//     show(grad(sum(relu(x)), x));  // [0, 0, 1]  (0 at the kink)
//     //! [relu]
//
// A snippet relies on `using namespace xgrad;`, a `Tape tape;` and the helpers below alone.
#pragma once

#include <concepts>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "xgrad/autodiff.hpp"

namespace shown {

/// Where a line of a snippet is; the defaults are those of the caller.
struct Line {
    const char* file = __builtin_FILE();
    int number = __builtin_LINE();
};

/// As in a comment: numbers with four significant digits (below 1e-12: 0), arrays in brackets.
std::string text(double number);
std::string text(const xgrad::Array& array);
std::string text(xgrad::Dims list);
std::string text(const std::vector<double>& list);

/// Prints a text, and notes it beside the comment of that line.
void line(std::string_view text, const Line& where);

/// A file of the reference: its snippets run when main() comes to it. Each of `parts` may rely on nothing of the others.
class Page {
  public:
    Page(const char* title, std::vector<void (*)(xgrad::Tape& tape)> parts, Line where = {});
    std::string title, file;
    std::vector<void (*)(xgrad::Tape&)> parts;
};

/// The pages, in the order of their files' names.
std::vector<const Page*> pages();

/// Runs all pages and compares; prints what differs, with file and line. Returns how often that is.
int check();

/// A name with the lines of its snippet: from the one behind the first mark to the one before the second.
struct Snippet {
    std::string name, file;
    int first = 0, last = 0;
};
/// All that the pages mark, by name. @throws xgrad::DataError for a mark that does not end, or comes twice
std::vector<Snippet> snippets();

}  // namespace shown

// ---------------------------------------------------------------- what snippets call

/// Prints a value: an array, a number, a list of numbers, a text.
inline void show(xgrad::Variable x, shown::Line where = {}) { shown::line(shown::text(x.array()), where); }
inline void show(const xgrad::Array& x, shown::Line where = {}) { shown::line(shown::text(x), where); }
inline void show(xgrad::Dims list, shown::Line where = {}) { shown::line(shown::text(list), where); }
inline void show(const std::vector<double>& list, shown::Line where = {})
{
    shown::line(shown::text(list), where);
}
inline void show(xgrad::DType dtype, shown::Line where = {}) { shown::line(xgrad::name_of(dtype), where); }
template <std::same_as<std::string_view> T>
void show(T text, shown::Line where = {})
{
    shown::line(text, where);
}
inline void show(const std::string& text, shown::Line where = {}) { shown::line(text, where); }
inline void show(const char* text, shown::Line where = {}) { shown::line(text, where); }
template <class T>
    requires std::is_arithmetic_v<T>
void show(T number, shown::Line where = {})
{
    if constexpr (std::is_same_v<T, bool>)
        shown::line(number ? "true" : "false", where);
    else if constexpr (std::is_integral_v<T>)
        shown::line(std::to_string(number), where);
    else
        shown::line(shown::text(static_cast<double>(number)), where);
}

/// What std::cout << value prints.
template <class T>
std::string printed(const T& value)
{
    std::ostringstream out;
    out << value;
    return out.str();
}

/// Is `part` somewhere in `text`?
inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
