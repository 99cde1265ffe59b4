// The code of docs/threads.md: one thread a tape, one workspace a thread.
#include <iostream>
#include <thread>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

int main()
{
    //! [count]
    set_num_threads(1);  // large loops and products stay on the calling thread, too
    std::cout << num_threads() << "\n";
    //! [count]

    const nn::Dataset data = nn::make_moons(400, 0.1, /*seed=*/1);
    nn::Sequential net(nn::Linear(2, 16), nn::Tanh{}, nn::Linear(16, 1));
    nn::initialise(net, nn::xavier_uniform, /*seed=*/2);

    //! [tapes]
    std::vector<xt::xarray<float>> part(2);  // the gradient of each half, by a thread of its own
    std::vector<std::thread> threads;
    for (std::int64_t k = 0; k < 2; ++k)
        threads.emplace_back([&, k] {
            Tape tape;  // a tape belongs to the thread that records on it; parameters may be shared
            const Variable x = tape.constant(data.x.rows(200 * k, 200 * (k + 1)));
            const Variable t = tape.constant(data.t.rows(200 * k, 200 * (k + 1)));
            const auto parameters = nn::parameters(net);
            part[k] = grad(nn::logistic_loss(net(x), t), parameters)[parameters[0]].value<float>();
        });
    for (std::thread& thread : threads) thread.join();
    const xt::xarray<float> halves = (part[0] + part[1]) / 2.f;
    //! [tapes]
    Tape tape;
    const auto parameters = nn::parameters(net);
    const xt::xarray<float> whole =
        grad(nn::logistic_loss(net(tape.constant(data.x)), tape.constant(data.t)), parameters)[parameters[0]]
            .value<float>();
    const bool same_gradient = xt::amax(xt::abs(halves - whole))() < 1e-6;

    //! [program]
    const Program program(record(net, data.x));  // immutable: shared by all threads
    std::vector<Array> answers(2);
    std::vector<std::thread> servers;
    for (std::size_t k = 0; k < 2; ++k)
        servers.emplace_back([&, k] {
            Workspace workspace(program);  // memory for one run at a time: one for each thread
            for (int request = 0; request < 100; ++request) answers[k] = workspace.run({data.x})[0];
        });
    for (std::thread& server : servers) server.join();
    //! [program]
    const bool same_answer = answers[0].value<float>() == answers[1].value<float>();
    return same_gradient && same_answer ? 0 : 1;
}
