// Curves and their exponents.
#include "scaling.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "process.hpp"

namespace bench {
namespace {

struct Point {
    double size = 0;
    double eager_us = 0, bytes = 0, plan_us = 0, replay_us = 0;
};

struct Curve {
    std::string name, unit;  // what the size counts
    std::vector<std::int64_t> sizes;
};

Point measure(const std::string& curve, std::int64_t size)
{
    const Run once = run({program("xgrad"), "curve", curve, std::to_string(size)});
    std::istringstream words(once.output);
    Point point{static_cast<double>(size)};
    if (once.status != 0 || !(words >> point.eager_us >> point.bytes >> point.plan_us >> point.replay_us))
        throw std::runtime_error("the curve " + curve + " failed at " + std::to_string(size));
    return point;
}

// One quantity along a curve: a member of the points, and what it is called.
struct Series {
    std::string name, mode, unit;
    double Point::*member;
    double scale;  // from the member's unit to the one of an element
};

// The slope of the least-squares line through (log size, log value).
double exponent(const std::vector<Point>& points, double Point::*member)
{
    double n = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (const Point& point : points) {
        const double u = std::log(point.size), v = std::log(point.*member);
        n += 1, x += u, y += v, xx += u * u, xy += u * v;
    }
    return (n * xy - x * y) / (n * xx - x * x);
}

std::string short_text(double value)
{
    std::ostringstream out;
    out.precision(3);
    out << value;
    return out.str();
}

void write_csv(const std::string& path, const Curve& curve, const std::vector<Point>& points)
{
    std::ofstream file(path);
    const std::string& unit = curve.unit;
    file << unit << "s,eager_us,bytes,plan_us,replay_us,eager_ns_per_" << unit << ",bytes_per_" << unit
         << ",plan_ns_per_" << unit << ",replay_ns_per_" << unit << '\n';
    for (const Point& p : points)
        file << p.size << ',' << p.eager_us << ',' << p.bytes << ',' << p.plan_us << ',' << p.replay_us << ','
             << p.eager_us * 1000 / p.size << ',' << p.bytes / p.size << ',' << p.plan_us * 1000 / p.size
             << ',' << p.replay_us * 1000 / p.size << '\n';
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

void add_rows(const Curve& curve, const Series& series, const std::vector<Point>& points,
              std::vector<Row>& rows)
{
    Row slope{"scaling." + curve.name + "." + series.name, series.mode, "exponent"};
    slope.ours = exponent(points, series.member);
    std::string each;
    for (const Point& point : points)
        each += (each.empty() ? "" : ", ") + short_text(point.*series.member * series.scale / point.size) +
                " at " + short_text(point.size);
    slope.note = series.unit + " for one " + curve.unit + ": " + each;
    rows.push_back(slope);
    if (curve.name != "tape" || series.name == "plan" || series.name == "replay") return;
    // The memory that a tape starts with is no node's.
    const bool memory = series.name == "memory";
    double least = INFINITY, most = 0;
    for (const Point& point : points) {
        if (memory && point.size < 1000) continue;
        least = std::min(least, point.*series.member / point.size);
        most = std::max(most, point.*series.member / point.size);
    }
    Row spread{slope.workload + ".spread", series.mode, "x"};
    spread.ours = most / least;
    spread.goals = {{Against::fixed, 2}};
    spread.note = std::string("the dearest node over the cheapest") +
                  (memory ? ", from 1000 nodes on: what a tape takes at its start is no node's" : "");
    rows.push_back(spread);
}

}  // namespace

void scaling_rows(bool quick, const std::string& folder, std::vector<Row>& rows)
{
    std::vector<Curve> curves = {{"tape", "node", {100, 1000, 10000, 100000, 1000000}},
                                 {"depth", "layer", {1, 10, 100, 1000, 10000, 100000}},
                                 {"batch", "row", {1, 4, 16, 64, 256, 1024}}};
    if (quick)
        for (Curve& curve : curves) curve.sizes.pop_back();
    const Series all[] = {{"time", "eager", "ns", &Point::eager_us, 1000},
                          {"memory", "eager", "bytes", &Point::bytes, 1},
                          {"plan", "replay", "ns", &Point::plan_us, 1000},
                          {"replay", "replay", "ns", &Point::replay_us, 1000}};
    for (const Curve& curve : curves) {
        std::vector<Point> points;
        for (const std::int64_t size : curve.sizes) {
            std::cerr << "scaling." << curve.name << ' ' << size << '\n';
            points.push_back(measure(curve.name, size));
        }
        write_csv(folder + "/scaling_" + curve.name + ".csv", curve, points);
        for (const Series& series : all) add_rows(curve, series, points, rows);
    }
}

}  // namespace bench
