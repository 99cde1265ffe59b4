// The activation atlas: what each function is, what is derived from evaluating it, and what its row declares.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include <xgrad/autodiff.hpp>
#include <xgrad/autodiff/op.hpp>

#include "examples/common/report.hpp"

namespace atlas {

using namespace xgrad;
using Numbers = std::vector<double>;

/// A function of one variable, and where it is drawn.
struct Entry {
    std::string name;     ///< of its pictures: "leaky_relu"
    std::string title;    ///< "Leaky ReLU"
    std::string call;     ///< "leaky_relu(x)"
    std::string formula;  ///< as a person writes it
    std::function<Variable(Variable)> f;
    std::string row;                  ///< the op that declares its facts
    double a = 0, b = 0;              ///< its attributes
    double left, right, bottom, top;  ///< of the picture
    std::string about;                ///< one sentence: where it is from, or what it is good for
};

/// The 33 functions of one variable, in five families; the first entry of each.
struct Family {
    std::string title;
    std::vector<Entry> entries;
};
const std::vector<Family>& families();

// ---------------------------------------------------------------- evaluation

/// f, or its derivative of some order, at many points: each order is one more grad() of the tape.
Numbers evaluate(const Entry& entry, const Numbers& x, int order = 0);

// ---------------------------------------------------------------- what is derived (derive.cpp)

/// A bound of the range.
struct Bound {
    double value;         ///< infinite: there is none
    bool reached;         ///< by some finite x, in exact arithmetic
    double rounded_from;  ///< not reached, but returned by rounding from this |x| on; NaN: nowhere
    double at;            ///< reached at this turning point; NaN: not at one
    bool more;            ///< and at others
};

/// A place where a derivative jumps.
struct Jump {
    double x;
    int order;               ///< of the derivative
    double left, at, right;  ///< f' on its two sides and at it, as the tape gives them
};

struct Facts {
    Bound low, high;
    Continuity continuity;
    Monotonicity monotonicity;
    std::vector<Jump> jumps;  ///< of the lowest order at which there are any
    double value_at_0, slope_at_0;
    bool identity_at_0() const { return value_at_0 == 0 && slope_at_0 == 1; }
};

/// Derivatives up to this order are searched for jumps; a function without any is called smooth.
inline constexpr int most_derivatives = 5;

/// Nothing is known in advance: not the kinks, not the bounds, not whether there are any.
Facts derive(const Entry& entry);

// ---------------------------------------------------------------- what is measured (accuracy.cpp)

/// Errors of f or f' against 50 digits.
struct Errors {
    double everywhere = 0;  ///< |error| / max(1, |f|), up to +-1e308
    double middle = 0;      ///< relative, on [-4, 4], away from zeros
    double tails = 0;       ///< relative, beyond, where the true value is a normal number
    double tails_at = 0;    ///< where it is worst
    int failures = 0;       ///< NaN, or not 0 where the truth is 0 over an interval
};
Errors measure(const Entry& entry, int order, bool quick);

// ---------------------------------------------------------------- the rest

/// What is claimed about softmax, log-softmax, maxout and GLU; their curves go to `folder`.
void several_inputs(common::Report& report);

/// The functions over several inputs, for the page and the pictures.
struct Several {
    std::string name, title, call, formula, facts, about;
    double left, right, bottom, top;
};
const std::vector<Several>& several();

/// Formulas that circulate with a slip: that they are wrong, and the tape's derivative right.
void circulating_errors(common::Report& report);

/// Data and figures: the sheet, and one picture for each function.
void draw(const std::vector<Facts>& facts, const std::string& folder);

/// docs/atlas.md as text. Between the lines "measured" are numbers that depend on the machine.
std::string page(const std::vector<Facts>& facts, const std::vector<std::array<Errors, 2>>& errors);

/// "(-1, 1)", "[0, inf)"
std::string range_text(const Facts& facts);

}  // namespace atlas
