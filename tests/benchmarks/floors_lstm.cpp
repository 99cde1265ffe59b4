// The floor of lstm_b32_t50_h128: its products alone, the inputs' and the weight gradients' over all steps at once.
#include "floor_kit.hpp"
#include "floors.hpp"

namespace bench {
namespace {

Step lstm_products()
{
    constexpr int steps = 50, batch = 32, rows = steps * batch, in = 64, hidden = 128, gates = 4 * hidden;
    float *x = numbers(rows * in), *w_ih = numbers(gates * in), *w_hh = numbers(gates * hidden);
    float *z = numbers(rows * gates), *h = numbers((rows + batch) * hidden), *step = numbers(batch * gates);
    float *dz = numbers(rows * gates), *dh = numbers(batch * hidden);
    float *dw_ih = numbers(gates * in), *dw_hh = numbers(gates * hidden);
    return [=](Result*) {
        forward(x, w_ih, z, rows, in, gates);
        for (int t = 0; t < steps; ++t) forward(h + t * batch * hidden, w_hh, step, batch, hidden, gates);
        for (int t = steps; t-- > 0;) backward_input(dz + t * batch * gates, w_hh, dh, batch, hidden, gates);
        backward_weight(x, dz, dw_ih, rows, in, gates);
        backward_weight(h, dz, dw_hh, rows, hidden, gates);
    };
}

}  // namespace

std::vector<Workload> lstm_floors() { return {{"lstm_b32_t50_h128", "floor", pieces({lstm_products})}}; }

}  // namespace bench
