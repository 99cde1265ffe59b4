// What gradcheck found, in words.
#include <cstdio>
#include <ostream>

#include "xgrad/autodiff/check.hpp"

namespace xgrad {
namespace {

// As many digits as finite differences give.
std::string rounded(double value, int digits)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    return text;
}

}  // namespace

std::string GradcheckReport::text() const
{
    std::string text = check + (passed ? " passed: " : " failed: ");
    if (!why.empty()) return text + why;
    if (elements > 0)
        text += "largest error " + rounded(worst, 3) + " at " + where + " (gradient " +
                rounded(analytic, 10) + ", finite difference " + rounded(numeric, 10) +
                (random_cotangent ? ", both of sum(c * f) with random c)" : ")");
    else
        text += "no element was compared";
    if (kinks > 0)
        text += "; " + std::to_string(kinks) + (kinks == 1 ? " element" : " elements") +
                " left out, where finite differences do not converge (a kink is near, f is not finite, or "
                ".step is too large): " +
                (kinks == 1 ? "" : "first ") + first_kink;
    return text;
}

const GradcheckReport& GradcheckReport::throw_if_failed() const
{
    if (!passed) throw GradientError(text());
    return *this;
}

std::ostream& operator<<(std::ostream& out, const GradcheckReport& report) { return out << report.text(); }

namespace detail {

void fail_argument_count(std::size_t given, std::size_t taken)
{
    throw ValueError("gradcheck: " + std::to_string(given) + " inputs were given, the function takes " +
                     std::to_string(taken));
}

}  // namespace detail
}  // namespace xgrad
