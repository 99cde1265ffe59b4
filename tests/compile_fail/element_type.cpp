// expect: constraints not satisfied
#include <xgrad/autodiff.hpp>

auto wrong(xgrad::Variable x) { return x.value<short>(); }
