// Figures of the examples: tables of numbers, drawn by gnuplot in the hand of examples/figures/style.gp.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace common {

/// Columns of numbers with names; written as CSV it is a figure's data.
class Table {
  public:
    explicit Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}
    /// @throws std::logic_error unless there is one number a column. A NaN is written as an empty cell.
    void add(const std::vector<double>& row);
    /// An empty line: gnuplot begins a new curve, or a new row of a surface, there.
    void gap() { rows_.emplace_back(); }
    /// @throws xgrad::DataError if the file cannot be written
    void save(const std::string& path) const;

  private:
    std::vector<std::string> columns_;
    std::vector<std::vector<double>> rows_;
};

/// One figure for light and one for dark paper, as SVG text.
struct Figure {
    std::string light, dark;
};

/// Draws examples/figures/SCRIPT.gp as folder/NAME.svg and NAME-dark.svg. The script finds the variables `style` (to load),
/// `theme`, `result` (to write), `folder` (where the data lie) and those given, which are strings.
/// @throws xgrad::DataError if gnuplot fails, with the script's name
Figure draw_figure(const std::string& folder, const std::string& script, const std::string& name,
                   std::initializer_list<std::pair<std::string, std::string>> variables = {});

}  // namespace common
