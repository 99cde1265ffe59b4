// Tables as CSV, and gnuplot.
#include "figure.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <xgrad/autodiff.hpp>

using xgrad::DataError;

namespace common {
namespace {

std::string read_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) throw DataError("cannot read " + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// A text as one word of a POSIX shell.
std::string quoted(const std::string& text)
{
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

}  // namespace

void Table::add(const std::vector<double>& row)
{
    if (row.size() != columns_.size()) throw std::logic_error("a row of a table has one number a column");
    rows_.push_back(row);
}

void Table::save(const std::string& path) const
{
    std::ofstream file(path);
    for (std::size_t k = 0; k < columns_.size(); ++k) file << (k ? "," : "") << columns_[k];
    file << '\n';
    for (const auto& row : rows_) {
        for (std::size_t k = 0; k < row.size(); ++k) {
            char text[32];
            std::snprintf(text, sizeof text, "%.10g", row[k]);
            file << (k ? "," : "") << (std::isnan(row[k]) ? "" : text);
        }
        file << '\n';
    }
    file.close();
    if (!file) throw DataError("cannot write " + path);
}

Figure draw_figure(const std::string& folder, const std::string& script, const std::string& name,
                   std::initializer_list<std::pair<std::string, std::string>> variables)
{
    const std::string scripts = XGRAD_SOURCE_DIR "/examples/figures";
    const auto draw = [&](const std::string& svg, const std::string& theme) {
        std::string set = "folder='" + folder + "'; result='" + svg + "'; style='" + scripts +
                          "/style.gp'; theme='" + theme + "'";
        for (const auto& [key, value] : variables) set += "; " + key + "='" + value + "'";
        const std::string command =
            "gnuplot -e " + quoted(set) + " " + quoted(scripts + "/" + script + ".gp");
        if (std::system(command.c_str()) != 0)
            throw DataError("gnuplot could not draw " + svg + " by " + script +
                            ".gp (is the package gnuplot-nox installed?)");
        return read_file(svg);
    };
    return {draw(folder + "/" + name + ".svg", "light"), draw(folder + "/" + name + "-dark.svg", "dark")};
}

}  // namespace common
