// expect: xgrad: two Parameters .*use tape.parameter\(w\)
#include <xgrad/autodiff.hpp>

void wrong(const xgrad::Parameter& w, const xgrad::Parameter& b) { w + b; }
