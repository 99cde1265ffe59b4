// expect: xgrad: x\(i, j\) does not index a Variable: use slice
#include <xgrad/autodiff.hpp>

void wrong(xgrad::Variable x) { x(0, 1); }
