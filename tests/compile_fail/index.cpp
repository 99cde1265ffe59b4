// expect: xgrad: x\[i\] does not index a Variable: use slice
#include <xgrad/autodiff.hpp>

void wrong(xgrad::Variable x) { x[0]; }
