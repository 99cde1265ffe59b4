// The floor of lenet_mnist_b64: the products of a step with the images already unrolled (im2col itself is not counted),
// and the two large maps of tanh with their derivatives. Compiled as floors.cpp.
#include <cmath>

#include "floor_kit.hpp"
#include "floors.hpp"

namespace bench {
namespace {

constexpr int first = 50176, second = 6400;  // positions: 64 x 28 x 28, 64 x 10 x 10

Step products()
{
    float *x0 = numbers(first * 25), *w0 = numbers(25 * 6), *y0 = numbers(first * 6), *g0 = numbers(25 * 6);
    float *x1 = numbers(second * 150), *w1 = numbers(150 * 16), *y1 = numbers(second * 16),
          *g1 = numbers(150 * 16);
    float *x2 = numbers(64 * 400), *w2 = numbers(400 * 120), *y2 = numbers(64 * 120),
          *g2 = numbers(400 * 120);
    float *x3 = numbers(64 * 120), *w3 = numbers(120 * 84), *y3 = numbers(64 * 84), *g3 = numbers(120 * 84);
    float *x4 = numbers(64 * 84), *w4 = numbers(84 * 10), *y4 = numbers(64 * 10), *g4 = numbers(84 * 10);
    return [=](Result*) {
        forward(x0, w0, y0, first, 25, 6);
        forward(x1, w1, y1, second, 150, 16);
        forward(x2, w2, y2, 64, 400, 120);
        forward(x3, w3, y3, 64, 120, 84);
        forward(x4, w4, y4, 64, 84, 10);
        backward_input(y4, w4, x4, 64, 84, 10);
        backward_weight(x4, y4, g4, 64, 84, 10);
        backward_input(y3, w3, x3, 64, 120, 84);
        backward_weight(x3, y3, g3, 64, 120, 84);
        backward_input(y2, w2, x2, 64, 400, 120);
        backward_weight(x2, y2, g2, 64, 400, 120);
        backward_input(y1, w1, x1, second, 150, 16);
        backward_weight(x1, y1, g1, second, 150, 16);
        backward_weight(x0, y0, g0, first, 25, 6);
    };
}

Step tanh_maps()
{
    constexpr int n = first * 6, m = second * 16;
    float *x0 = numbers(n), *y0 = numbers(n), *d0 = numbers(n);
    float *x1 = numbers(m), *y1 = numbers(m), *d1 = numbers(m);
    return [=](Result*) {
        for (int i = 0; i < n; ++i) y0[i] = tanhf(x0[i]);
        for (int i = 0; i < m; ++i) y1[i] = tanhf(x1[i]);
        for (int i = 0; i < m; ++i) d1[i] = x1[i] * (1 - y1[i] * y1[i]);
        for (int i = 0; i < n; ++i) d0[i] = x0[i] * (1 - y0[i] * y0[i]);
    };
}

}  // namespace

std::vector<Workload> lenet_floors() { return {{"lenet_mnist_b64", "floor", pieces({products, tanh_maps})}}; }

}  // namespace bench
