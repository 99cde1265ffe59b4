// expect: xgrad: == does not compare Variables: use equal\(a, b\) for a mask
#include <xgrad/autodiff.hpp>

bool wrong(xgrad::Variable x, xgrad::Variable y) { return x == y; }
