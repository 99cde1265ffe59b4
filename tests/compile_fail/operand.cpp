// expect: no match for .operator\+.|invalid operands to binary expression
#include <string>

#include <xgrad/autodiff.hpp>

auto wrong(xgrad::Variable x, const std::string& text) { return x + text; }
