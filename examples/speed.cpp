// The code of docs/speed.md: what makes a training step faster, measured.
#include <algorithm>
#include <chrono>
#include <iomanip>
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>
#include <xtensor/xrandom.hpp>

using namespace xgrad;

// The fastest of many runs, in microseconds: whatever else the machine does can only make a run slower.
template <class F>
double microseconds(F run)
{
    double fastest = 1e30;
    for (int k = 0; k < 60; ++k) {
        const auto start = std::chrono::steady_clock::now();
        run();
        const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
        fastest = std::min(fastest, time.count());
    }
    return fastest;
}

void line(const std::string& what, double time, std::int64_t rows)
{
    std::cout << std::left << std::setw(44) << what << std::right << std::fixed << std::setprecision(0)
              << std::setw(8) << time << " us a step" << std::setprecision(2) << std::setw(9)
              << time / static_cast<double>(rows) << " us a row\n";
}

nn::Sequential mlp(std::int64_t in, std::int64_t width, DType dtype)
{
    return nn::Sequential(nn::Linear(in, width, {.dtype = dtype}), nn::Tanh{},
                          nn::Linear(width, width, {.dtype = dtype}), nn::Tanh{},
                          nn::Linear(width, 10, {.dtype = dtype}));
}

void measure(const std::string& name, std::int64_t in, std::int64_t width, std::int64_t rows)
{
    const Array x = xt::random::rand<float>({rows, in});
    const Array t = xt::random::randint<std::int64_t>({rows}, 0, 10);
    set_num_threads(1);

    //! [eager]
    nn::Sequential net = mlp(in, width, DType::float32);
    nn::Optimizer optimizer(nn::Adam{.rate = 1e-3}, net);
    const auto eager = [&] {
        Tape tape;
        const Variable loss = nn::cross_entropy(net(tape.constant(x)), tape.constant(t));
        optimizer.step(grad(loss, optimizer.parameters()));
    };
    //! [eager]
    line(name + ", eager", microseconds(eager), rows);

    //! [compiled]
    auto step = nn::compile(net, nn::cross_entropy, nn::Adam{.rate = 1e-3});
    step(x, t);  // recorded and planned; from here on it is replayed
    //! [compiled]
    line(name + ", compiled", microseconds([&] { step(x, t); }), rows);

    //! [double]
    nn::Sequential twice = mlp(in, width, DType::float64);
    const Array x64 = x.cast(DType::float64);
    auto slow = nn::compile(twice, nn::cross_entropy, nn::Adam{.rate = 1e-3});
    //! [double]
    slow(x64, t);
    line(name + ", compiled, float64", microseconds([&] { slow(x64, t); }), rows);

    //! [threads]
    set_num_threads(2);
    step(x, t);
    //! [threads]
    line(name + ", compiled, 2 threads", microseconds([&] { step(x, t); }), rows);
    set_num_threads(1);
    if (rows == 256) {
        //! [profile]
        std::cout << step.profile(x, t).text(/*most=*/5);
        //! [profile]
    }
}

int main()
{
    measure("16-16-16-10, batch 1", 16, 16, 1);
    measure("16-16-16-10, batch 64", 16, 16, 64);
    measure("784-256-256-10, batch 1", 784, 256, 1);
    measure("784-256-256-10, batch 32", 784, 256, 32);
    measure("784-256-256-10, batch 256", 784, 256, 256);
}
