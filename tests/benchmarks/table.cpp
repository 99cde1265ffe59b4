// Statistics and layout.
#include "table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace bench {
namespace {

std::string text(double value)
{
    char out[64];
    const int digits = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : value >= 1 ? 3 : 4;
    std::snprintf(out, sizeof out, "%.*f", digits, value);
    std::string result = out;
    if (result.find('.') != std::string::npos) {
        result.erase(result.find_last_not_of('0') + 1);
        if (result.back() == '.') result.pop_back();
    }
    return result;
}

std::string text(const std::optional<double>& value) { return value ? text(*value) : "-"; }

std::string text(const std::optional<Estimate>& ratio)
{
    if (!ratio) return "-";
    char out[96];
    if (ratio->low == ratio->high)
        std::snprintf(out, sizeof out, "%.3g", ratio->median);
    else
        std::snprintf(out, sizeof out, "%.3g [%.3g, %.3g]", ratio->median, ratio->low, ratio->high);
    return out;
}

std::string goal_text(const Row& row)
{
    std::string result;
    for (const Goal& goal : row.goals) {
        if (!result.empty()) result += ", ";
        result += "<= ";
        if (goal.against == Against::fixed)
            result += text(goal.limit) + " " + row.unit;
        else if (goal.against == Against::floor)
            result += text(goal.limit) + " x floor";
        else
            result +=
                goal.limit < 0.75 ? "libtorch / " + text(1 / goal.limit) : text(goal.limit) + " x libtorch";
    }
    return result;
}

std::string yes_no(const std::optional<bool>& value) { return !value ? "-" : *value ? "yes" : "no"; }

std::optional<bool> agree(const Row& row)
{
    if (!row.difference) return {};
    return *row.difference <= row.tolerance;
}

std::string agree_text(const Row& row)
{
    if (!row.difference) return "-";
    char out[64];
    std::snprintf(out, sizeof out, "%s (%.0e)", *agree(row) ? "yes" : "no", *row.difference);
    return out;
}

using Cells = std::vector<std::string>;

Cells heading()
{
    return {"workload",      "mode",       "unit", "ours", "libtorch", "floor",
            "ours/libtorch", "ours/floor", "goal", "met",  "agree"};
}

Cells cells(const Row& row)
{
    const std::string goal = goal_text(row);
    return {row.workload,
            row.mode,
            row.unit,
            text(row.ours),
            text(row.libtorch),
            text(row.floor),
            text(row.ratio_libtorch),
            text(row.ratio_floor),
            goal.empty() ? "-" : goal,
            yes_no(met(row)),
            agree_text(row)};
}

std::string quoted(const std::string& value)
{
    std::string result = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + '"';
}

std::string json(const std::optional<double>& value)
{
    if (!value || !std::isfinite(*value)) return "null";
    char out[64];
    std::snprintf(out, sizeof out, "%.6g", *value);
    return out;
}

std::string json(const std::optional<bool>& value) { return !value ? "null" : *value ? "true" : "false"; }

std::string interval(const std::optional<Estimate>& ratio)
{
    return ratio ? "[" + json(std::optional(ratio->low)) + ", " + json(std::optional(ratio->high)) + "]"
                 : "null";
}

std::optional<double> median(const std::optional<Estimate>& ratio)
{
    return ratio ? std::optional(ratio->median) : std::nullopt;
}

}  // namespace

Estimate estimate(std::vector<double> values)
{
    std::ranges::sort(values);
    const std::size_t n = values.size();
    // The largest k with P(Binomial(n, 1/2) < k) <= 2.5 %: the k-th smallest and k-th largest value hold the median.
    std::size_t k = 0;
    double below = 0, probability = std::pow(0.5, static_cast<double>(n));
    while (2 * k < n && below + probability <= 0.025) {
        below += probability;
        probability *= static_cast<double>(n - k) / static_cast<double>(k + 1);
        ++k;
    }
    const std::size_t first = k > 0 ? k - 1 : 0;
    const double middle = n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
    return {middle, values[first], values[n - 1 - first]};
}

std::optional<bool> met(const Row& row)
{
    bool all_known = !row.goals.empty();
    for (const Goal& goal : row.goals) {
        std::optional<double> reached = row.ours;
        if (goal.against != Against::fixed) {
            const auto& ratio = goal.against == Against::floor ? row.ratio_floor : row.ratio_libtorch;
            reached = ratio ? std::optional(ratio->low) : std::nullopt;
        }
        if (reached && *reached > goal.limit) return false;
        all_known &= reached.has_value();
    }
    return all_known ? std::optional(true) : std::nullopt;
}

std::string as_text(const std::vector<Row>& rows)
{
    std::vector<Cells> lines{heading()};
    for (const Row& row : rows) lines.push_back(cells(row));
    std::vector<std::size_t> widths(lines[0].size(), 0);
    for (const Cells& line : lines)
        for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
    std::string result;
    for (const Cells& line : lines) {
        std::string out;
        for (std::size_t i = 0; i < line.size(); ++i) {
            const std::string pad(widths[i] - line[i].size(), ' ');
            const bool number = i >= 3 && i <= 5;
            out += (number ? pad + line[i] : line[i] + pad) + "  ";
        }
        out.erase(out.find_last_not_of(' ') + 1);
        result += out + '\n';
    }
    for (const Row& row : rows)
        if (!row.note.empty()) result += row.workload + ": " + row.note + '\n';
    return result;
}

std::string as_markdown(const std::vector<Row>& rows)
{
    const auto line = [](const Cells& parts) {
        std::string out = "|";
        for (const std::string& part : parts) out += " " + part + " |";
        return out + '\n';
    };
    std::string result = line(heading()) + "|---|---|---|---:|---:|---:|---|---|---|---|---|\n";
    for (const Row& row : rows) result += line(cells(row));
    result += '\n';
    for (const Row& row : rows)
        if (!row.note.empty()) result += "- " + row.workload + ": " + row.note + '\n';
    return result;
}

std::string as_json(const std::vector<Row>& rows)
{
    std::string result = "[\n";
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        const bool time = row.unit == "us";
        const std::optional<double> none;
        const std::string goal = goal_text(row);
        result += "  {\"workload\": " + quoted(row.workload) + ", \"mode\": " + quoted(row.mode) +
                  ", \"unit\": " + quoted(row.unit) + ", \"ours_us\": " + json(time ? row.ours : none) +
                  ", \"libtorch_us\": " + json(time ? row.libtorch : none) +
                  ", \"floor_us\": " + json(time ? row.floor : none) + ", \"ours\": " + json(row.ours) +
                  ", \"libtorch\": " + json(row.libtorch) + ", \"floor\": " + json(row.floor) +
                  ", \"ratio_libtorch\": " + json(median(row.ratio_libtorch)) +
                  ", \"ratio_libtorch_interval\": " + interval(row.ratio_libtorch) +
                  ", \"ratio_floor\": " + json(median(row.ratio_floor)) +
                  ", \"ratio_floor_interval\": " + interval(row.ratio_floor) +
                  ", \"goal\": " + (goal.empty() ? "null" : quoted(goal)) + ", \"met\": " + json(met(row)) +
                  ", \"agree\": " + json(agree(row)) + ", \"difference\": " + json(row.difference) +
                  ", \"note\": " + (row.note.empty() ? "null" : quoted(row.note)) + "}" +
                  (i + 1 < rows.size() ? ",\n" : "\n");
    }
    return result + "]\n";
}

}  // namespace bench
