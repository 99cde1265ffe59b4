// Samples that every elementwise row is tried on.
#include "autodiff/ops/elementwise.hpp"

namespace xgrad::detail {

std::vector<Sample> unary_samples(Variable (*call)(Variable), double low, double high)
{
    std::vector<Sample> samples;
    for (const Shape& shape : {Shape{2, 3}, Shape{}, Shape{1}, Shape{0, 2}, Shape{17}})
        samples.push_back(
            {{{shape, low, high}}, [call](std::span<const Variable> in) { return call(in[0]); }});
    return samples;
}

std::vector<Sample> binary_samples(Binary call, double low, double high, double low_y, double high_y)
{
    const std::pair<Shape, Shape> shapes[] = {
        {{2, 3}, {2, 3}}, {{2, 3}, {3}},       {{2, 3}, {2, 1}}, {{}, {4}}, {{4}, {}},
        {{1}, {}},        {{2, 1, 3}, {4, 1}}, {{0, 3}, {3}},    {{}, {}},  {{5, 70}, {70}}};
    std::vector<Sample> samples;
    for (const auto& [x, y] : shapes)
        samples.push_back({{{x, low, high}, {y, low_y, high_y}},
                           [call](std::span<const Variable> in) { return call(in[0], in[1]); }});
    return samples;
}

}  // namespace xgrad::detail
