// expect: xgrad: an array cannot take up a Variable in place
#include <xgrad/autodiff.hpp>

void wrong(xt::xarray<double>& array, xgrad::Variable x) { array += x; }
