// expect: xgrad: a Variable is not a condition.*logical_and, logical_or
#include <xgrad/autodiff.hpp>

bool wrong(xgrad::Variable x, xgrad::Variable y) { return x > 0.0 && y > 0.0; }
