// RESULT lines, the table of claims, the command line of the experiments.
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <xgrad/autodiff.hpp>

namespace common {
namespace {

std::string number(double x)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", x);
    return text;
}

}  // namespace

Options options(int argc, char** argv, const std::string& name, const std::string& what_it_shows)
{
    Options options{.out = "out/" + name};
    const auto help = [&](std::FILE* to) {
        std::fprintf(to,
                     "%s\n\nUsage: %s [--quick] [--out FOLDER]\n\n"
                     "  --quick       the short form that the tests run\n"
                     "  --out FOLDER  where figures (SVG) and their data (CSV) go; %s unless given\n",
                     what_it_shows.c_str(), name.c_str(), options.out.c_str());
    };
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--quick") {
            options.quick = true;
        } else if (word == "--out" && i + 1 < argc) {
            options.out = argv[++i];
        } else {
            const bool asked = word == "--help" || word == "-h";
            if (!asked) std::fprintf(stderr, "%s: unknown argument: %s\n\n", name.c_str(), word.c_str());
            help(asked ? stdout : stderr);
            std::exit(asked ? 0 : 2);
        }
    }
    std::filesystem::create_directories(options.out);
    return options;
}

void Report::add(int row, std::string_view name, double measured, std::string bound, bool passed)
{
    const bool word = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!word) throw std::logic_error("a result's name is one word: " + std::string(name));
    lines_.push_back({row, std::string(name), number(measured), std::move(bound), passed});
    std::printf("RESULT %d %s %s%s\n", row, lines_.back().name.c_str(), lines_.back().measured.c_str(),
                passed ? "" : "   NOT AS CLAIMED");
    std::fflush(stdout);
}

void Report::value(int row, std::string_view name, double measured) { add(row, name, measured, "", true); }
void Report::at_most(int row, std::string_view name, double measured, double bound)
{
    add(row, name, measured, "<= " + number(bound), measured <= bound);
}
void Report::at_least(int row, std::string_view name, double measured, double bound)
{
    add(row, name, measured, ">= " + number(bound), measured >= bound);
}
void Report::equals(int row, std::string_view name, double measured, double expected, double tolerance)
{
    add(row, name, measured, number(expected) + (tolerance > 0 ? " +- " + number(tolerance) : ""),
        std::abs(measured - expected) <= tolerance);
}
void Report::holds(int row, std::string_view name, bool fact) { add(row, name, fact, "holds", fact); }

int Report::finish() const
{
    const std::string path = options_.out + "/claims.csv";
    std::ofstream file(path);
    file << "row,name,measured,bound,passed\n";
    for (const Line& line : lines_)
        file << line.row << ',' << line.name << ',' << line.measured << ',' << line.bound << ','
             << (line.passed ? "yes" : "no") << '\n';
    file.close();
    if (!file) throw xgrad::DataError("cannot write " + path);

    std::size_t width = 5;
    for (const Line& line : lines_) width = std::max(width, line.name.size());
    std::printf("\n%3s  %-*s  %-16s %-24s\n", "row", static_cast<int>(width), "claim", "measured",
                "has to be");
    bool all = true;
    for (const Line& line : lines_) {
        std::printf("%3d  %-*s  %-16s %-24s %s\n", line.row, static_cast<int>(width), line.name.c_str(),
                    line.measured.c_str(), line.bound.c_str(),
                    line.bound.empty() ? ""
                    : line.passed      ? "pass"
                                       : "FAIL");
        all = all && line.passed;
    }
    return all ? 0 : 1;
}

}  // namespace common
