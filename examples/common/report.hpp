// What an experiment measured, beside what was claimed: RESULT lines, a table, and a file that `./run.sh experiments` reads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace common {

/// How a program of examples/ was called: [--quick] [--out FOLDER].
struct Options {
    bool quick = false;  ///< the short form that the tests run
    std::string out;     ///< where figures, their data and claims.csv go; made if it is not there
};
/// Reads the command line. Without --out: out/NAME. Ends the program (status 0 or 2) after --help or an unknown word.
Options options(int argc, char** argv, const std::string& name, const std::string& what_it_shows);

/// Measured values and what they have to be. Every line is printed as it comes, "RESULT <row> <name> <value>"; `row` is the
/// number of the claim in docs/experiments.md, `name` one word of lower-case letters, digits and underscores.
class Report {
  public:
    explicit Report(Options options) : options_(std::move(options)) {}

    /// A value with nothing to hold it against.
    void value(int row, std::string_view name, double measured);
    /// measured <= bound, measured >= bound, |measured - expected| <= tolerance, a fact. NaN never passes.
    void at_most(int row, std::string_view name, double measured, double bound);
    void at_least(int row, std::string_view name, double measured, double bound);
    void equals(int row, std::string_view name, double measured, double expected, double tolerance = 0);
    void holds(int row, std::string_view name, bool fact);

    /// Writes claims.csv (row, name, measured, bound, passed) and prints the table.
    /// Returns the program's exit status: 0 if everything passed. @throws xgrad::DataError if the file cannot be written
    int finish() const;

    const Options& options() const { return options_; }

  private:
    struct Line {
        int row;
        std::string name, measured, bound;
        bool passed;
    };
    void add(int row, std::string_view name, double measured, std::string bound, bool passed);

    Options options_;
    std::vector<Line> lines_;
};

}  // namespace common
