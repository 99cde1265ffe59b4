// Cutting a plane into the regions in which a piecewise affine graph is affine.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "autodiff/passes/affine_facts.hpp"
#include "xgrad/autodiff/program.hpp"
#include "xgrad/autodiff/statistics.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace detail {
namespace {

using Point = std::array<double, 2>;
using Polygon = std::vector<Point>;

double area_of(const Polygon& polygon)
{
    double twice = 0;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
        const Point &p = polygon[i], &q = polygon[(i + 1) % polygon.size()];
        twice += p[0] * q[1] - p[1] * q[0];
    }
    return twice / 2;
}

Point centre_of(const Polygon& polygon)
{
    const Point origin = polygon[0];
    double twice = 0, x = 0, y = 0;
    for (std::size_t i = 1; i + 1 < polygon.size(); ++i) {  // relative to a corner: nothing cancels
        const double ax = polygon[i][0] - origin[0], ay = polygon[i][1] - origin[1],
                     bx = polygon[i + 1][0] - origin[0], by = polygon[i + 1][1] - origin[1],
                     w = ax * by - ay * bx;
        twice += w;
        x += w * (ax + bx) / 3;
        y += w * (ay + by) / 3;
    }
    if (twice == 0) return origin;
    return {origin[0] + x / twice, origin[1] + y / twice};
}

// f(s, t) = c + a s + b t
struct Line {
    double c, a, b;
    double at(const Point& p) const { return c + a * p[0] + b * p[1]; }
};

// The part of a convex polygon where sign * f >= 0, given f at its corners.
Polygon clipped(const Polygon& polygon, const std::vector<double>& f, double sign)
{
    Polygon part;
    for (std::size_t i = 0; i < polygon.size(); ++i) {
        const std::size_t next = (i + 1) % polygon.size();
        const double here = sign * f[i], there = sign * f[next];
        if (here >= 0) part.push_back(polygon[i]);
        if ((here > 0 && there < 0) || (here < 0 && there > 0)) {
            const double w = here / (here - there);
            part.push_back({polygon[i][0] + w * (polygon[next][0] - polygon[i][0]),
                            polygon[i][1] + w * (polygon[next][1] - polygon[i][1])});
        }
    }
    return part;
}

// Whether a line passes through the inside of a polygon; f: its values at the corners.
bool crosses(const Polygon& polygon, const Line& line, std::vector<double>& f)
{
    f.clear();
    double low = 0, high = 0, size = std::abs(line.c);
    for (const Point& p : polygon) {
        f.push_back(line.at(p));
        low = std::min(low, f.back());
        high = std::max(high, f.back());
        size = std::max(size, std::abs(line.a * p[0]) + std::abs(line.b * p[1]));
    }
    const double noise = 1e-11 * size;  // of the line's coefficients
    return low < -noise && high > noise;
}

class Plane {
  public:
    Plane(const Question& question, const AffineFacts& facts, const Array& origin, const Array& u,
          const Array& v)
        : shape_(origin.shape().begin(), origin.shape().end()), dtype_(origin.dtype())
    {
        origin_ = numbers_of(origin);
        u_ = numbers_of(u);
        v_ = numbers_of(v);
        Tape tape({.training = false});
        const Variable x = tape.variable(origin), along_u = tape.constant(u), along_v = tape.constant(v);
        const std::vector<Variable> at = record_all(question.graph, x);
        std::vector<Variable> wanted = {at[question.graph.outputs()[0]]};
        for (const ValueId id : facts.pieces) {
            const Switches switches = switches_at(question.graph, id, at);
            if (switches.values.empty()) continue;
            nodes_.push_back({wanted.size(), switches.values.size(), switches.among});
            wanted.insert(wanted.end(), switches.values.begin(), switches.values.end());
        }
        // Slopes are derivatives: differences of values would lose half of their digits in float32.
        const std::size_t values = wanted.size();
        for (std::size_t k = 0; k < values; ++k) {
            const Variable f = wanted[k];
            const bool smooth = is_floating(f.dtype());
            for (const Variable& along : {along_u, along_v})
                wanted.push_back(smooth ? jvp(f, x, along) : zeros_like(f));
        }
        slopes_ = values;
        workspace_.emplace(Program(tape.graph(wanted)));
    }

    struct Node {
        std::size_t first, count;  // its switches among the outputs
        bool among;
    };
    const std::vector<Node>& nodes() const { return nodes_; }

    /// The elements of `count` outputs from the `first` on, as functions on the polygon. They must be affine there.
    std::vector<std::vector<Line>> lines(const Polygon& polygon, std::size_t first, std::size_t count)
    {
        const Point c = centre_of(polygon);
        Array x(DType::float64, shape_);
        for (std::size_t i = 0; i < origin_.size(); ++i)
            static_cast<double*>(x.mutable_data())[i] = origin_[i] + c[0] * u_[i] + c[1] * v_[i];
        const auto outputs = workspace_->run({dtype_ == DType::float64 ? x : x.cast(dtype_)});
        std::vector<std::vector<Line>> result(count);
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t slope = slopes_ + 2 * (first + k);
            const std::vector<double> f = numbers_of(outputs[first + k]), a = numbers_of(outputs[slope]),
                                      b = numbers_of(outputs[slope + 1]);
            for (std::size_t i = 0; i < f.size(); ++i)
                result[k].push_back({f[i] - a[i] * c[0] - b[i] * c[1], a[i], b[i]});
        }
        return result;
    }

  private:
    Shape shape_;
    DType dtype_;
    std::vector<double> origin_, u_, v_;
    std::vector<Node> nodes_;
    std::size_t slopes_ = 0;  // where those of the first output stand: two for each
    std::optional<Workspace> workspace_;
};

}  // namespace
}  // namespace detail

double LinearRegion::area() const { return detail::area_of(polygon); }
std::array<double, 2> LinearRegion::centre() const { return detail::centre_of(polygon); }

const LinearRegion& LinearRegions::at(double s, double t) const
{
    const LinearRegion* best = nullptr;
    double closest = -std::numeric_limits<double>::infinity();
    for (const LinearRegion& region : regions) {  // where it lies deepest inside, or least outside
        double inside = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < region.polygon.size(); ++i) {
            const auto &p = region.polygon[i], &q = region.polygon[(i + 1) % region.polygon.size()];
            const double x = q[0] - p[0], y = q[1] - p[1], length = std::hypot(x, y);
            if (length > 0) inside = std::min(inside, (x * (t - p[1]) - y * (s - p[0])) / length);
        }
        if (inside > closest) {
            closest = inside;
            best = &region;
        }
    }
    if (best == nullptr || !(s >= low_s && s <= high_s && t >= low_t && t <= high_t))
        throw ValueError("regions: (" + number_text(s) + ", " + number_text(t) +
                         ") is outside the part of the plane");
    return *best;
}

LinearRegions linear_regions(const Graph& graph, const Array& origin, const Array& u, const Array& v,
                             const RegionOptions& options)
{
    using namespace detail;
    LinearRegions result{{}, options.low_s, options.high_s, options.low_t, options.high_t, 1, {}};
    if (!(options.low_s < options.high_s && options.low_t < options.high_t) ||
        !std::isfinite(options.high_s - options.low_s) || !std::isfinite(options.high_t - options.low_t))
        throw ValueError("linear_regions: the part of the plane, s from " + number_text(options.low_s) +
                         " to " + number_text(options.high_s) + " and t from " + number_text(options.low_t) +
                         " to " + number_text(options.high_t) + ", is empty or infinite");
    const Question question = question_of(graph, InputOf(0).in(graph), {}, "linear_regions");
    for (const auto& [array, name] : {std::pair(&origin, "origin"), std::pair(&u, "u"), std::pair(&v, "v")}) {
        const Dims shape = question.graph.shape(question.x);
        if (!std::ranges::equal(array->shape(), shape))
            throw ShapeError("linear_regions: " + std::string(name) + " is " + to_string(array->shape()) +
                             ", the graph's input is " + to_string(shape));
        if (array->dtype() != question.graph.dtype(question.x))
            throw DtypeError("linear_regions: " + std::string(name) + " is " +
                             std::string(name_of(array->dtype())) + ", the graph's input is " +
                             std::string(name_of(question.graph.dtype(question.x))));
        if (!statistics(*array).finite())
            throw ValueError("linear_regions: " + std::string(name) + " has elements that are not finite");
    }
    const AffineFacts facts = affine_facts(question, true);
    if (facts.barrier) {
        result.barrier = facts.barrier;
        return result;
    }
    Plane plane(question, facts, origin, u, v);
    std::vector<Polygon> parts = {{{options.low_s, options.low_t},
                                   {options.high_s, options.low_t},
                                   {options.high_s, options.high_t},
                                   {options.low_s, options.high_t}}};
    const double least = 1e-12 * area_of(parts[0]);
    std::vector<double> f;
    for (const Plane::Node& node : plane.nodes()) {
        std::vector<Polygon> next;
        for (const Polygon& part : parts) {
            const auto lines = plane.lines(part, node.first, node.count);
            std::vector<Polygon> pieces = {part};
            const auto cut = [&](const Line& line) {
                std::vector<Polygon> now;
                for (Polygon& piece : pieces) {
                    if (!crosses(piece, line, f)) {
                        now.push_back(std::move(piece));
                        continue;
                    }
                    for (const double sign : {1., -1.})
                        if (Polygon half = clipped(piece, f, sign); half.size() > 2 && area_of(half) > least)
                            now.push_back(std::move(half));
                }
                pieces = std::move(now);
            };
            const std::size_t elements = lines.empty() ? 0 : lines[0].size();
            if (!node.among) {
                for (const auto& value : lines)
                    for (const Line& line : value) cut(line);
            } else {
                for (std::size_t i = 0; i < elements; ++i) {  // where each candidate is the largest
                    std::vector<Polygon> now;
                    for (const Polygon& piece : pieces)
                        for (std::size_t k = 0; k < lines.size(); ++k) {
                            if (!std::isfinite(lines[k][i].c)) continue;  // padding
                            Polygon won = piece;
                            for (std::size_t other = 0; other < lines.size() && won.size() > 2; ++other) {
                                const Line &a = lines[k][i], &b = lines[other][i];
                                if (other == k || !std::isfinite(b.c)) continue;
                                const Line d{a.c - b.c, a.a - b.a, a.b - b.b};
                                const bool mixed = crosses(won, d, f);
                                const double middle = d.at(centre_of(won));
                                if (mixed)
                                    won = clipped(won, f, 1);
                                else if (middle < 0 || (middle == 0 && other < k))
                                    won.clear();  // of equal ones the first
                            }
                            if (won.size() > 2 && area_of(won) > least) now.push_back(std::move(won));
                        }
                    pieces = std::move(now);
                }
            }
            std::ranges::move(pieces, std::back_inserter(next));
            if (next.size() > options.most)
                throw GraphError("linear_regions: more than " + std::to_string(options.most) +
                                 " regions (RegionOptions::most); a smaller part of the plane has fewer");
        }
        parts = std::move(next);
    }
    for (Polygon& part : parts) {
        LinearRegion region;
        const auto y = plane.lines(part, 0, 1);
        for (const Line& line : y[0]) {
            region.constant.push_back(line.c);
            region.along_u.push_back(line.a);
            region.along_v.push_back(line.b);
        }
        result.outputs = static_cast<std::int64_t>(region.constant.size());
        region.polygon = std::move(part);
        result.regions.push_back(std::move(region));
    }
    return result;
}

}  // namespace xgrad
