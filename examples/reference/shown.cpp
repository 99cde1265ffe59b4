// Notes what show() prints, reads the comments of the sources and compares the two.
#include "shown.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <set>

namespace shown {
namespace {

struct Shown {
    std::string file;
    int line;
    std::string text;
};
std::vector<Shown> all_shown;
std::vector<const Page*>& table()
{
    static std::vector<const Page*> pages;
    return pages;
}

std::string name_of_file(const std::string& path) { return std::filesystem::path(path).filename().string(); }

// Without what is white at the end.
std::string trimmed(std::string text)
{
    text.erase(text.find_last_not_of(" \n\r\t") + 1);
    return text;
}

const std::vector<std::string>& source(const std::string& file)
{
    static std::map<std::string, std::vector<std::string>> sources;
    const auto [place, is_new] = sources.try_emplace(file);
    if (is_new) {
        const std::string path = XGRAD_SOURCE_DIR "/examples/reference/" + file;
        std::ifstream in(path);
        for (std::string line; std::getline(in, line);) place->second.push_back(trimmed(line));
        if (place->second.empty()) throw xgrad::DataError(path + " cannot be read");
    }
    return place->second;
}

std::string without_indent(const std::string& line)
{
    const std::size_t first = line.find_first_not_of(' ');
    return first == std::string::npos ? "" : line.substr(first);
}
bool is_mark(const std::string& line) { return without_indent(line).starts_with("//! ["); }
bool is_comment(const std::string& line) { return without_indent(line).starts_with("//") && !is_mark(line); }

// Where the comment behind a line's code begins: the last "//" that stands outside of quotes.
std::size_t comment_of(const std::string& line)
{
    bool quoted = false;
    for (std::size_t i = 0; i + 1 < line.size(); ++i) {
        if (line[i] == '\\')
            ++i;
        else if (line[i] == '"')
            quoted = !quoted;
        else if (!quoted && line[i] == '/' && line[i + 1] == '/')
            return i;
    }
    return std::string::npos;
}
std::string comment_text(const std::string& line, std::size_t from)
{
    const std::string text = line.substr(from + 2);
    return text.starts_with(' ') ? text.substr(1) : text;
}

// The comment that belongs to the call of show() in that line (counted from 1), or that ends behind it.
std::string comment_at(const std::vector<std::string>& lines, int number)
{
    for (std::size_t i = static_cast<std::size_t>(number) - 1; i < lines.size() && !is_mark(lines[i]); ++i) {
        if (!is_comment(lines[i])) {
            const std::size_t at = comment_of(lines[i]);
            if (at != std::string::npos) return comment_text(lines[i], at);
            continue;
        }
        std::string text;
        for (; i < lines.size() && is_comment(lines[i]); ++i)
            text += comment_text(lines[i], lines[i].find("//")) + "\n";
        return trimmed(text);
    }
    return {};
}

// Does this line call show()?
bool calls_show(const std::string& line)
{
    const std::string code = line.substr(0, comment_of(line));
    const std::size_t at = code.find("show(");
    return at != std::string::npos && (at == 0 || code[at - 1] == ' ' || code[at - 1] == '{');
}

// "[0, 1]  (0 at the kink)" says "[0, 1]".
bool says(const std::string& comment, const std::string& text)
{
    if (text.empty()) return comment.empty();
    return comment == text || (comment.starts_with(text) && comment.substr(text.size()).starts_with("  ("));
}

template <class T>
std::string element_text(T value)
{
    if constexpr (std::is_same_v<T, bool>)
        return value ? "true" : "false";
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return std::to_string(value);
    else
        return text(static_cast<double>(value));
}
template <class T>
std::string nested(const T* data, xgrad::Dims shape)
{
    if (shape.empty()) return element_text(*data);
    std::string out = "[";
    const std::int64_t stride = xgrad::element_count(shape.subspan(1));
    for (std::int64_t i = 0; i < shape[0]; ++i)
        out += (i > 0 ? ", " : "") + nested(data + i * stride, shape.subspan(1));
    return out + "]";
}

void report(const std::string& file, int line, const std::string& words, const std::string& expected,
            const std::string& got)
{
    const bool several = expected.find('\n') != std::string::npos || got.find('\n') != std::string::npos;
    const std::string between = several ? "\n" : " ";
    std::cerr << "examples/reference/" << file << ":" << line << ": " << words << between << expected
              << (several ? "\ngot" : ", got") << between << got << "\n";
}

}  // namespace

std::string text(double number)
{
    if (std::abs(number) < 1e-12) return "0";
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.4g", number);
    return std::isnan(number) ? "nan" : buffer;
}
std::string text(const xgrad::Array& array)
{
    switch (array.dtype()) {
    case xgrad::DType::float32: return nested(static_cast<const float*>(array.data()), array.shape());
    case xgrad::DType::float64: return nested(static_cast<const double*>(array.data()), array.shape());
    case xgrad::DType::int64: return nested(static_cast<const std::int64_t*>(array.data()), array.shape());
    case xgrad::DType::boolean: return nested(static_cast<const bool*>(array.data()), array.shape());
    }
    return {};
}
std::string text(xgrad::Dims list) { return xgrad::to_string(list); }
std::string text(const std::vector<double>& list)
{
    const std::int64_t length[] = {static_cast<std::int64_t>(list.size())};
    return nested(list.data(), length);
}

void line(std::string_view text, const Line& where)
{
    all_shown.push_back({name_of_file(where.file), where.number, trimmed(std::string(text))});
}

Page::Page(const char* title, std::vector<void (*)(xgrad::Tape& tape)> parts, Line where)
    : title(title), file(name_of_file(where.file)), parts(std::move(parts))
{
    table().push_back(this);
}

std::vector<const Page*> pages()
{
    std::vector<const Page*> sorted = table();
    std::sort(sorted.begin(), sorted.end(), [](const Page* a, const Page* b) { return a->file < b->file; });
    return sorted;
}

int check()
{
    int wrong = 0;
    for (const Page* page : pages()) {
        const std::vector<std::string>& lines = source(page->file);
        all_shown.clear();
        for (const auto part : page->parts) {
            xgrad::Tape tape;
            try {
                part(tape);
            } catch (const std::exception& error) {
                const std::string last =
                    all_shown.empty() ? "the beginning" : "line " + std::to_string(all_shown.back().line);
                std::cerr << "examples/reference/" << page->file << ": after " << last
                          << " it threw: " << error.what() << "\n";
                ++wrong;
            }
        }
        std::set<int> reached;
        for (const Shown& shown : all_shown) {
            std::cout << page->file << ":" << shown.line << "  " << shown.text << "\n";
            const std::string expected = comment_at(lines, shown.line);
            if (!says(expected, shown.text)) {
                report(page->file, shown.line, "expected", expected, shown.text);
                ++wrong;
            }
            reached.insert(shown.line);
        }
        // What is never shown is not checked either.
        for (std::size_t i = 0; i < lines.size(); ++i)
            if (calls_show(lines[i]) && !reached.contains(static_cast<int>(i) + 1)) {
                std::cerr << "examples/reference/" << page->file << ":" << i + 1
                          << ": this line was never run\n";
                ++wrong;
            }
        std::cout << page->title << " (" << page->file << "): " << all_shown.size() << " values\n";
    }
    return wrong;
}

std::vector<Snippet> snippets()
{
    std::vector<Snippet> all;
    for (const Page* page : pages()) {
        const std::vector<std::string>& lines = source(page->file);
        const auto fail = [&](std::size_t i, const std::string& words) {
            throw xgrad::DataError("examples/reference/" + page->file + ":" + std::to_string(i + 1) + ": " +
                                   words);
        };
        std::string open;
        std::size_t first = 0;
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const std::string line = without_indent(lines[i]);
            if (!is_mark(line)) {
                if (calls_show(line) && open.empty()) fail(i, "this is shown to nobody: it has no mark");
                if (line.starts_with("#if")) fail(i, "what may be left out by the compiler is no example");
            } else if (open.empty()) {
                open = line;
                first = i + 1;
            } else if (line != open) {
                fail(i, line + " stands within " + open);
            } else {
                std::istringstream names(line.substr(5, line.size() - 6));
                for (std::string name; std::getline(names >> std::ws, name, ',');)
                    all.push_back({name, page->file, static_cast<int>(first) + 1, static_cast<int>(i)});
                open.clear();
            }
        }
        if (!open.empty()) fail(first - 1, open + " does not end");
    }
    std::sort(all.begin(), all.end(), [](const Snippet& a, const Snippet& b) { return a.name < b.name; });
    const auto twice = std::adjacent_find(
        all.begin(), all.end(), [](const Snippet& a, const Snippet& b) { return a.name == b.name; });
    if (twice != all.end())
        throw xgrad::DataError("examples/reference: [" + twice->name + "] is marked in " + twice->file +
                               " and in " + std::next(twice)->file);
    return all;
}

}  // namespace shown
