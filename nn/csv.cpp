// Reads CSV files: fields, then columns, then numbers and labels.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "xgrad/autodiff/error.hpp"
#include "xgrad/nn/data.hpp"

namespace xgrad::nn {
namespace {

std::string read_file(const std::string& path)
{
    const auto fail = [&] { throw DataError(path + ": cannot be read: " + std::strerror(errno)); };
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
    if (!file) fail();
    std::string text;
    char block[1 << 16];
    while (const std::size_t got = std::fread(block, 1, sizeof block, file.get())) text.append(block, got);
    if (std::ferror(file.get())) fail();
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte order mark
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        throw DataError(path + ": the file is in UTF-16, expected UTF-8");
    return text;
}

struct Row {
    std::int64_t line;  // where it begins, from 1
    std::vector<std::string> cells;
};

constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

class Parser {
  public:
    Parser(const std::string& path, char separator)
        : path_(path), text_(read_file(path)), separator_(separator)
    {
        while (!text_.empty() && (text_.back() == '\n' || text_.back() == '\r')) text_.pop_back();
        if (text_.empty()) throw DataError(path + ": the file is empty");
    }

    std::optional<Row> next()
    {
        if (at_ > text_.size()) return std::nullopt;
        Row row{line_, {}};
        do row.cells.push_back(field(row));
        while (!line_ended_);
        return row;
    }

  private:
    bool at_end(std::size_t i) const { return i >= text_.size() || text_[i] == '\n' || text_[i] == '\r'; }

    // Steps over the separator or the end of the line behind a field.
    void leave()
    {
        line_ended_ = at_ >= text_.size() || text_[at_] != separator_;
        if (!line_ended_) {
            ++at_;
            return;
        }
        at_ += at_ + 1 < text_.size() && text_[at_] == '\r' && text_[at_ + 1] == '\n' ? 2 : 1;
        ++line_;
    }

    std::string field(const Row& row)
    {
        while (at_ < text_.size() && is_space(text_[at_]) && text_[at_] != separator_) ++at_;
        if (at_ < text_.size() && text_[at_] == '"') return quoted(row);
        const std::size_t begin = at_;
        while (!at_end(at_) && text_[at_] != separator_) ++at_;
        std::size_t end = at_;
        while (end > begin && is_space(text_[end - 1])) --end;
        std::string cell = text_.substr(begin, end - begin);
        leave();
        return cell;
    }

    std::string quoted(const Row& row)
    {
        const auto fail = [&](const char* what) {
            throw DataError(path_ + ", line " + std::to_string(row.line) + ", column " +
                            std::to_string(row.cells.size() + 1) + ": " + what);
        };
        std::string cell;
        for (++at_;; ++at_) {
            if (at_ >= text_.size()) fail("a quote is never closed");
            if (text_[at_] == '"') {
                if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
                ++at_;  // "" stands for "
            }
            if (text_[at_] == '\n') ++line_;
            cell += text_[at_];
        }
        ++at_;
        while (at_ < text_.size() && is_space(text_[at_]) && text_[at_] != separator_) ++at_;
        if (!at_end(at_) && text_[at_] != separator_) fail("there is text behind a closing quote");
        leave();
        return cell;
    }

    const std::string& path_;
    std::string text_;
    char separator_;
    std::size_t at_ = 0;
    std::int64_t line_ = 1;
    bool line_ended_ = false;
};

enum class Parsed { number, empty, not_a_number, not_finite, too_large };

// Whether a number outside the range of double is too small for it: rounded to 0, as everywhere else. The power of ten
// of its first digit that is not 0 decides: the position of that digit, and the exponent.
bool vanishes(std::string_view cell)
{
    const std::size_t e = cell.find_first_of("eE");
    const std::string_view digits = cell.substr(0, e);
    const std::size_t first = digits.find_first_of("123456789"),
                      point = std::min(digits.find('.'), digits.size());
    if (first == digits.npos) return true;
    const auto power = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
    if (e == cell.npos) return power <= 0;
    std::string_view number = cell.substr(e + 1);
    if (number.starts_with('+')) number.remove_prefix(1);
    std::int64_t exponent = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), exponent);
    if (error == std::errc::result_out_of_range) return number.starts_with('-');
    // power + exponent <= 0, without overflow
    return exponent < 0 ? exponent <= -power : power <= -exponent;
}

Parsed parse(std::string_view cell, double& value)
{
    if (cell.empty()) return Parsed::empty;
    if (cell.size() > 1 && cell[0] == '+' && cell[1] != '-') cell.remove_prefix(1);
    const char* end = cell.data() + cell.size();
    const auto [stop, error] = std::from_chars(cell.data(), end, value);
    if (stop != end || error == std::errc::invalid_argument) return Parsed::not_a_number;
    if (error == std::errc::result_out_of_range) {
        if (!vanishes(cell)) return Parsed::too_large;
        value = 0;
    }
    return std::isfinite(value) ? Parsed::number : Parsed::not_finite;
}

// A cell in a message: a wrong separator or a binary file makes it long, or worse.
std::string quoted(const std::string& cell)
{
    constexpr std::size_t longest = 60;
    std::string text = "'" + cell.substr(0, longest) + (cell.size() > longest ? "...'" : "'");
    for (char& c : text)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return text;
}

std::string joined(const std::vector<std::string>& words)
{
    constexpr std::size_t shown = 12;
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i == shown) return text + ", ... (" + std::to_string(words.size()) + " in all)";
        text += (i ? ", " : "") + quoted(words[i]);
    }
    return text;
}

// Distinct words; numbers in the order of their values.
std::vector<std::string> sorted_distinct(std::vector<std::string> words)
{
    std::ranges::sort(words);
    words.erase(std::unique(words.begin(), words.end()), words.end());
    const auto value_of = [](const std::string& word) {
        double value = 0;
        return parse(word, value) == Parsed::number ? std::optional(value) : std::nullopt;
    };
    if (std::ranges::all_of(words, [&](const std::string& word) { return value_of(word).has_value(); }))
        std::ranges::stable_sort(words,
                                 [&](const auto& a, const auto& b) { return *value_of(a) < *value_of(b); });
    return words;
}

constexpr std::size_t none = static_cast<std::size_t>(-1);

class Reader {
  public:
    Reader(const std::string& path, const CsvOptions& options, DType dtype)
        : path_(path), options_(options), dtype_(dtype)
    {}

    Dataset read()
    {
        Parser parser(path_, options_.separator);
        header_ = parser.next()->cells;
        choose_columns();
        std::vector<double> values;
        std::vector<std::string> targets;
        std::vector<std::int64_t> lines;
        while (const auto row = parser.next()) {
            check_length(*row);
            if (target_ != none) {
                const std::string& cell = row->cells[target_];
                if (cell.empty()) fail(row->line, target_, "the cell is empty");
                if (!options_.only.empty()) {
                    all_targets_.push_back(cell);
                    if (std::ranges::find(options_.only, cell) == options_.only.end()) continue;
                }
                targets.push_back(cell);
            }
            lines.push_back(row->line);
            for (const std::size_t column : columns_)
                values.push_back(number(row->cells[column], row->line, column));
        }
        for (const std::string& word : options_.only)
            if (std::ranges::find(targets, word) == targets.end())
                throw DataError(path_ + ": no row has " + quoted(word) + " in column " +
                                quoted(options_.target) + "; it holds " +
                                joined(sorted_distinct(all_targets_)));
        if (lines.empty()) throw DataError(path_ + ": there are no rows below the header");

        const auto n = static_cast<std::int64_t>(lines.size());
        Dataset data;
        data.x = array(values, {n, static_cast<std::int64_t>(columns_.size())});
        for (const std::size_t column : columns_) data.features.push_back(header_[column]);
        data.target = options_.target;
        if (target_ == none)
            data.t = Array(dtype_, {n, 0});
        else
            read_target(data, targets, lines);
        return data;
    }

  private:
    [[noreturn]] void fail(std::int64_t line, std::size_t column, const std::string& what) const
    {
        const std::string name = column < header_.size() ? " (" + header_[column] + ")" : "";
        throw DataError(path_ + ", line " + std::to_string(line) + ", column " + std::to_string(column + 1) +
                        name + ": " + what);
    }

    std::size_t find_column(const std::string& name) const
    {
        const auto found = std::ranges::find(header_, name);
        if (found == header_.end())
            throw DataError(path_ + ", line 1: there is no column " + quoted(name) + "; the columns are " +
                            joined(header_));
        if (std::find(found + 1, header_.end(), name) != header_.end())
            throw DataError(path_ + ", line 1: there are two columns " + quoted(name));
        return static_cast<std::size_t>(found - header_.begin());
    }

    void choose_columns()
    {
        if (options_.target.empty() && (!options_.positive.empty() || !options_.only.empty()))
            throw ValueError("read_csv: the options positive and only need a target");
        if (std::string_view("\"\r\n").find(options_.separator) != std::string_view::npos)
            throw ValueError("read_csv: a quote or the end of a line cannot separate fields");
        if (!options_.target.empty()) target_ = find_column(options_.target);
        std::vector<bool> skipped(header_.size());
        for (const std::string& name : options_.skip) skipped[find_column(name)] = true;
        if (target_ != none) skipped[target_] = true;
        for (std::size_t column = 0; column < header_.size(); ++column)
            if (!skipped[column]) {
                if (header_[column].empty())
                    throw DataError(
                        path_ + ", line 1, column " + std::to_string(column + 1) +
                        ": the column has no name (row numbers, often: skip = {\"\"} leaves it out)");
                columns_.push_back(column);
            }
    }

    void check_length(const Row& row) const
    {
        const std::size_t got = row.cells.size(), expected = header_.size();
        if (got == expected) return;
        if (got == 1 && row.cells[0].empty()) fail(row.line, 0, "the line is empty");
        fail(row.line, std::min(got, expected),
             "the row has " + std::to_string(got) + " cells, the header " + std::to_string(expected));
    }

    double number(const std::string& cell, std::int64_t line, std::size_t column) const
    {
        double value = 0;
        switch (parse(cell, value)) {
        case Parsed::number: break;
        case Parsed::empty: fail(line, column, "the cell is empty");
        case Parsed::not_a_number: fail(line, column, quoted(cell) + " is not a number");
        case Parsed::not_finite: fail(line, column, quoted(cell) + " is not a finite number");
        case Parsed::too_large: fail(line, column, quoted(cell) + " is outside the range of float64");
        }
        if (dtype_ == DType::float32 && std::abs(value) > std::numeric_limits<float>::max())
            fail(line, column, quoted(cell) + " is outside the range of float32");
        return value;
    }

    Array array(const std::vector<double>& values, Shape shape) const
    {
        Array result(DType::float64, std::move(shape));
        if (!values.empty())
            std::memcpy(result.mutable_data(), values.data(), values.size() * sizeof(double));
        return dtype_ == DType::float64 ? result : result.cast(dtype_);
    }

    void read_target(Dataset& data, const std::vector<std::string>& targets,
                     const std::vector<std::int64_t>& lines)
    {
        const auto n = static_cast<std::int64_t>(targets.size());
        std::vector<double> values(targets.size());
        if (!options_.positive.empty()) {
            const std::vector<std::string> found = sorted_distinct(targets);
            if (std::ranges::find(found, options_.positive) == found.end())
                throw DataError(path_ + ": the positive label " + quoted(options_.positive) +
                                " does not occur in column " + quoted(options_.target) + "; it holds " +
                                joined(found));
            for (std::size_t i = 0; i < targets.size(); ++i)
                values[i] = targets[i] == options_.positive ? 1 : -1;
            std::string others;
            for (const std::string& word : found)
                if (word != options_.positive) others += (others.empty() ? "" : ", ") + word;
            data.classes = {others, options_.positive};
            data.t = array(values, {n, 1});
            return;
        }
        const auto is_word = [](const std::string& cell) {
            double value = 0;
            return parse(cell, value) == Parsed::not_a_number;
        };
        const std::size_t words = options_.labels
                                      ? targets.size()
                                      : static_cast<std::size_t>(std::ranges::count_if(targets, is_word));
        if (words == 0) {
            for (std::size_t i = 0; i < targets.size(); ++i)
                values[i] = number(targets[i], lines[i], target_);
            data.t = array(values, {n, 1});
            return;
        }
        if (words < targets.size()) {
            const auto word = std::ranges::find_if(targets, is_word);
            fail(lines[static_cast<std::size_t>(word - targets.begin())], target_,
                 quoted(*word) + " is not a number, as " + std::to_string(targets.size() - words) +
                     " others are; labels = true takes all of them for classes");
        }
        data.classes = sorted_distinct(targets);
        data.t = Array(DType::int64, {n});
        auto* labels = static_cast<std::int64_t*>(data.t.mutable_data());
        std::map<std::string_view, std::int64_t> number_of;
        for (std::size_t k = 0; k < data.classes.size(); ++k)
            number_of[data.classes[k]] = static_cast<std::int64_t>(k);
        for (std::size_t i = 0; i < targets.size(); ++i) labels[i] = number_of[targets[i]];
    }

    const std::string& path_;
    const CsvOptions& options_;
    DType dtype_;
    std::vector<std::string> header_, all_targets_;
    std::size_t target_ = none;
    std::vector<std::size_t> columns_;
};

}  // namespace

template <real_element T>
Dataset read_csv(const std::string& path, const CsvOptions& options)
{
    return Reader(path, options, dtype_of<T>).read();
}
template Dataset read_csv<float>(const std::string&, const CsvOptions&);
template Dataset read_csv<double>(const std::string&, const CsvOptions&);

}  // namespace xgrad::nn
