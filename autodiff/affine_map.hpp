// What a graph does as a matrix: the affine map of the whole, of the region around a point, and the regions of a plane.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xgrad/autodiff/transform.hpp"

namespace xgrad {

/// The node that keeps a graph from being affine (or piecewise affine), and why.
struct AffineBarrier {
    ValueId node = no_value;  ///< in the graph that was asked about (of a tape: in the tape's)
    std::string op;           ///< "relu"
    std::string path;         ///< its module, "net.2"; empty for the root
    std::string text;         ///< "relu (net.2) is not affine: relu'(0) = 0"
};

/// y = x W + b, or what is in the way. Decided from what the rows of the ops say, not from values: a ReLU is a barrier
/// although it is the identity where x > 0.
struct AffineMap {
    Array weight;  ///< W [n, m]; empty if there is a barrier
    Array bias;    ///< b [m]
    /// W and b act on each row of the last axis alike: n and m are lengths of last axes, as in x W + b. Otherwise (rows
    /// meet, or axes change) they act on all elements in row-major order: reshape(x, {n}) W + b = reshape(y, {m}).
    bool by_rows = false;
    std::vector<double> singular_values;  ///< of W, the largest first
    std::int64_t rank = 0;  ///< those over max(n, m) eps times the largest (NumPy's matrix_rank)
    std::optional<AffineBarrier> barrier;

    /// True if the graph is affine in x.
    explicit operator bool() const { return !barrier; }
};
/// "y = x W + b, W 3 x 2 of rank 2: singular values 1.2, 0.3", or the barrier's sentence.
std::ostream& operator<<(std::ostream& out, const AffineMap& map);

/// An input of a graph, by its place among input_ids() or by its name.
class InputOf {
  public:
    template <detail::axis I>
    InputOf(I place) : place_(static_cast<std::int64_t>(place))
    {}
    InputOf(const char* name) : name_(name) {}
    InputOf(std::string name) : name_(std::move(name)) {}
    /// @throws ValueError if the graph has no such input
    ValueId in(const Graph& graph) const;

  private:
    std::int64_t place_ = -1;
    std::string name_;
};

/// The affine map from an input of a graph to its first output. Parameters and constants count as they are now. Further
/// inputs are held at `others` (in the order of input_ids(), without x); they are needed only if the output depends on
/// them. W has the graph's element type and is exact but for the rounding of the graph's own arithmetic.
/// @throws ValueError for an input that there is none of, or without the value of another input that is needed;
///         GraphError for a graph without outputs, or a W of over 10^8 numbers.
AffineMap affine_map(const Graph& graph, InputOf x = 0, std::span<const Array> others = {});
/// The same on a tape: what else y was computed from is held at its values.
AffineMap affine_map(Variable y, Variable x);
/// The same for a function, recorded at x0 (whose values do not matter).
template <class F>
    requires std::is_invocable_r_v<Variable, const F&, Variable> AffineMap affine_map(const F& f,
                                                                                      const Array& x0)
    {
        Tape tape({.training = false});
        const Variable x = tape.variable(x0);
        return affine_map(f(x), x);
    }

// ---------------------------------------------------------------- piecewise affine

/// Which piece a node takes, element by element: -1, 0 (on a kink) or 1 for a sign; the place of the largest for maxima.
struct Activation {
    ValueId node = no_value;
    std::string op, path;
    std::vector<std::int32_t> pieces;
    bool operator==(const Activation&) const = default;
};

/// The affine map of the region around a point, in which no node takes another piece.
struct LocalAffineMap {
    Array weight;  ///< W [n, m]: reshape(x, {n}) W + b = reshape(y, {m}); empty if there is a barrier
    Array bias;    ///< b [m]
    std::vector<Activation> pattern;  ///< of every piecewise affine node, in the graph's order
    /// Where x0 lies on a kink: "relu (net.1) is at its kink at [3]". Then there is no region around x0, and W and b are
    /// those that the ops' kink rules choose.
    std::vector<std::string> kinks;
    std::vector<double> singular_values;
    std::int64_t rank = 0;
    std::optional<AffineBarrier> barrier;

    explicit operator bool() const { return !barrier; }
    bool on_kink() const { return !kinks.empty(); }
    /// Whether another point has the same pattern: then the same W and b hold there.
    bool same_region(const LocalAffineMap& other) const { return pattern == other.pattern; }
};
std::ostream& operator<<(std::ostream& out, const LocalAffineMap& map);

/// The affine map of a piecewise affine graph (ReLU, leaky ReLU by where() or maximum(), abs, clamp, maxima, max pooling,
/// hinge loss, comparisons) in the region around x0. @throws as affine_map(); ShapeError, DtypeError if x0 does not fit.
LocalAffineMap local_affine_map(const Graph& graph, const Array& x0, InputOf x = 0,
                                std::span<const Array> others = {});
/// The same on a tape, around the value of x.
LocalAffineMap local_affine_map(Variable y, Variable x);
template <class F>
    requires std::is_invocable_r_v<Variable, const F&, Variable> LocalAffineMap
    local_affine_map(const F& f, const Array& x0)
    {
        Tape tape({.training = false});
        const Variable x = tape.variable(x0);
        return local_affine_map(f(x), x);
    }

// ---------------------------------------------------------------- regions of a plane

/// A part of the plane in which a graph is affine.
struct LinearRegion {
    std::vector<std::array<double, 2>> polygon;  ///< convex, counter-clockwise, as (s, t)
    /// y = constant + s along_u + t along_v, for each element of y.
    std::vector<double> constant, along_u, along_v;
    double area() const;
    std::array<double, 2> centre() const;
    double value(double s, double t, std::size_t element = 0) const
    {
        return constant[element] + s * along_u[element] + t * along_v[element];
    }
};

/// The regions of the plane origin + s u + t v.
struct LinearRegions {
    std::vector<LinearRegion> regions;  ///< they do not overlap and fill the box
    double low_s = -1, high_s = 1, low_t = -1, high_t = 1;
    std::int64_t outputs = 1;
    std::optional<AffineBarrier> barrier;
    /// The region that a point lies in. @throws ValueError outside the box
    const LinearRegion& at(double s, double t) const;
};

/// Which part of the plane linear_regions() looks at.
struct RegionOptions {
    double low_s = -1, high_s = 1, low_t = -1, high_t = 1;  ///< the part of the plane
    std::size_t most = 100000;                              ///< GraphError if there are more regions
};

/// Cuts a part of a plane through input space into the regions in which a piecewise affine graph is affine. Exact: within
/// a region, what the next node's pieces depend on is affine, so its kinks are straight lines, along which the region is
/// cut; no grid is involved. Parts of less than 10^-12 of the box are left out.
/// @throws as local_affine_map(); ShapeError unless origin, u and v have the shape of the graph's input
LinearRegions linear_regions(const Graph& graph, const Array& origin, const Array& u, const Array& v,
                             const RegionOptions& options = {});

}  // namespace xgrad
