// The code of docs/replay.md: where the time of a training step goes.
#include <iostream>

#include <xgrad/autodiff.hpp>
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>
#include <xtensor/xrandom.hpp>

using namespace xgrad;

int main()
{
    set_num_threads(1);
    //! [profile]
    nn::Sequential net(nn::Linear(784, 128), nn::ReLU{}, nn::Linear(128, 10));
    nn::initialise(net, nn::kaiming_uniform, /*seed=*/1);
    auto step = nn::compile(net, nn::cross_entropy, nn::Adam{.rate = 1e-3});

    const Array images = xt::random::rand<float>({64, 784});
    const Array digits = xt::random::randint<std::int64_t>({64}, 0, 10);
    step(images, digits);                                  // recorded and planned
    const Profile profile = step.profile(images, digits);  // timed; takes no step
    std::cout << step.report() << "\n" << profile;
    draw(profile, {.title = "Where the time of a training step goes"}).save("profile.svg");
    //! [profile]
}
