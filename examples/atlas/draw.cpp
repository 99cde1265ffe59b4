// The pictures: tables of the curves, what stands at each panel, and gnuplot.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "atlas.hpp"
#include "examples/common/figure.hpp"

namespace atlas {
namespace {

// A curve is broken where it, or its derivative, jumps; the values at the jump go to a table of their own.
void curves(const Entry& entry, const Facts& facts, const std::string& folder)
{
    Numbers x;
    for (int k = 0; k <= 160; ++k) x.push_back(entry.left + (entry.right - entry.left) * k / 160);
    Numbers breaks;
    for (const Jump& jump : facts.jumps)
        if (jump.order <= 1 && jump.x > entry.left && jump.x < entry.right) breaks.push_back(jump.x);
    for (const double at : breaks) {
        std::erase_if(x, [&](double other) { return std::abs(other - at) < 1e-6; });
        x.insert(x.end(), {at - 1e-6, at + 1e-6});
    }
    std::sort(x.begin(), x.end());
    const Numbers f = evaluate(entry, x), slope = evaluate(entry, x, 1);
    common::Table table({"x", "f", "slope"}), points({"x", "value"});
    // Three points on one line: the middle one draws nothing.
    const auto straight = [&](const Numbers& y, std::size_t k) {
        return std::abs((y[k] - y[k - 1]) * (x[k + 1] - x[k]) - (y[k + 1] - y[k]) * (x[k] - x[k - 1])) <
               1e-12;
    };
    for (std::size_t k = 0; k < x.size(); ++k) {
        for (const double at : breaks)
            if (k && x[k - 1] < at && x[k] > at) table.gap();
        if (k && k + 1 < x.size() && x[k] - x[k - 1] > 1e-5 && x[k + 1] - x[k] > 1e-5 && straight(f, k) &&
            straight(slope, k))
            continue;
        table.add({x[k], f[k], slope[k]});
    }
    const bool step = facts.continuity == Continuity::discontinuous;
    for (const double at : breaks) points.add({at, evaluate(entry, {at}, step ? 0 : 1)[0]});
    table.save(folder + "/" + entry.name + ".csv");
    points.save(folder + "/" + entry.name + "-jumps.csv");
}

// Curves of the functions over several inputs: y1 is drawn as the function, the others beside it.
void curves(const Several& entry, const std::string& folder)
{
    common::Table table({"x", "y1", "y2", "y3", "y4"});
    for (int k = 0; k <= 160; ++k) {
        const double x = entry.left + (entry.right - entry.left) * k / 160;
        Tape tape;
        const auto put = [&](const Numbers& numbers) {
            xt::xarray<double> values = xt::xarray<double>::from_shape({numbers.size()});
            std::copy(numbers.begin(), numbers.end(), values.begin());
            return tape.constant(values);
        };
        if (entry.name == "maxout") {
            const Numbers lines = {-x - 2, x / 4 - 0.5, x - 1};
            table.add({x, maxout(put(lines), 3).value<double>()(0), lines[0], lines[1], lines[2]});
        } else if (entry.name == "glu") {
            const auto y = glu(put({x, x, x, 2, 0, -2})).value<double>();
            table.add({x, y(0), y(1), y(2), NAN});
        } else {
            const auto y =
                (entry.name == "softmax" ? softmax(put({x, 0})) : log_softmax(put({x, 0}))).value<double>();
            table.add({x, y(0), y(1), NAN, NAN});
        }
    }
    table.save(folder + "/" + entry.name + ".csv");
}

std::string number(double x)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", x);
    return text;
}

// What gnuplot is told about each panel, as arrays of strings.
struct Panels {
    std::ostringstream names, titles, notes, windows, bounds, kinds, jumps;
    int count = 0;
    void add(const std::string& name, const std::string& title, const std::string& note,
             const Numbers& window, const std::string& bound, const std::string& kind, int jump)
    {
        const char* comma = count++ ? ", " : "";
        names << comma << '"' << name << '"';
        titles << comma << '"' << title << '"';
        notes << comma << '"' << note << '"';
        windows << comma << '"' << number(window[0]) << ' ' << number(window[1]) << ' ' << number(window[2])
                << ' ' << number(window[3]) << '"';
        bounds << comma << '"' << bound << '"';
        kinds << comma << '"' << kind << '"';
        jumps << comma << jump;
    }
};

std::string pair(const std::string& a, const std::string& b) { return a + "|" + b; }

}  // namespace

void draw(const std::vector<Facts>& facts, const std::string& folder)
{
    Panels panels;
    std::ostringstream headings, firsts;
    std::size_t n = 0;
    for (const Family& family : families()) {
        headings << (n ? ", " : "") << '"' << family.title << '"';
        firsts << (n ? ", " : "") << n + 1;
        for (const Entry& entry : family.entries) {
            const Facts& own = facts[n++];
            curves(entry, own, folder);
            std::string bounds;
            for (const Bound& bound : {own.low, own.high})
                if (std::isfinite(bound.value)) bounds += (bounds.empty() ? "" : " ") + number(bound.value);
            const bool neither = own.monotonicity == Monotonicity::neither;
            panels.add(entry.name, entry.title,
                       pair(std::string(name_of(own.continuity)),
                            neither ? "not monotone" : std::string(name_of(own.monotonicity))),
                       {entry.left, entry.right, entry.bottom, entry.top}, bounds, "",
                       own.jumps.empty() ? 0 : std::max(0, 2 - own.jumps[0].order));
        }
    }
    headings << ", \"Over several inputs\"";
    firsts << ", " << n + 1;
    const std::string notes[] = {"smooth|sums to 1", "smooth|exponentials sum to 1", "C0|convex",
                                 "smooth|linear in a"};
    const std::string keys[] = {"first output|second output", "first output|second output",
                                "the largest|its three inputs", "b = 2|b = 0|b = −2"};
    for (std::size_t k = 0; k < several().size(); ++k) {
        const Several& entry = several()[k];
        curves(entry, folder);
        panels.add(entry.name, entry.title, notes[k], {entry.left, entry.right, entry.bottom, entry.top},
                   entry.name == "softmax"       ? "0 1"
                   : entry.name == "log_softmax" ? "0"
                                                 : "",
                   keys[k], 0);
    }
    std::ofstream file(folder + "/panels.gp");
    file << "# What stands at each panel of the atlas; written by the program atlas.\n"
         << "array name[" << panels.count << "] = [" << panels.names.str() << "]\n"
         << "array title[" << panels.count << "] = [" << panels.titles.str() << "]\n"
         << "array note[" << panels.count << "] = [" << panels.notes.str() << "]\n"
         << "array window[" << panels.count << "] = [" << panels.windows.str() << "]\n"
         << "array bounds[" << panels.count << "] = [" << panels.bounds.str() << "]\n"
         << "array curves[" << panels.count << "] = [" << panels.kinds.str() << "]\n"
         << "array jumps[" << panels.count << "] = [" << panels.jumps.str() << "]\n"
         << "array heading[" << families().size() + 1 << "] = [" << headings.str() << "]\n"
         << "array first[" << families().size() + 1 << "] = [" << firsts.str() << "]\n";
    file.close();
    common::draw_figure(folder, "atlas", "atlas");
}

}  // namespace atlas
