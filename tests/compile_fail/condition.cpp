// expect: xgrad: a Variable is not a condition
#include <xgrad/autodiff.hpp>

int wrong(xgrad::Variable x)
{
    if (x) return 1;
    return 0;
}
