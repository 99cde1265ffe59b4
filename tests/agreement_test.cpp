// Eager and replayed: every workload of the benchmarks and every model of the demo, number by number.
#define BOOST_TEST_MODULE agreement
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>
#include <map>

#include "../examples/demo/heads.hpp"
#include "benchmarks/workloads.hpp"
#include "support.hpp"
#include "xgrad/nn.hpp"

namespace {

// The loss and the gradients of the fourth iteration: three updates lie before it.
bench::Result computed(const bench::Workload& workload)
{
    const std::vector<bench::Step> steps = workload.make();
    BOOST_REQUIRE(steps.size() == 1u);
    bench::Result result;
    for (int i = 0; i < 4; ++i) steps[0](i == 3 ? &result : nullptr);
    return result;
}

namespace nn = xgrad::nn;
using xgrad::Variable;

std::string data_file(const std::string& name)
{
    return std::string(std::getenv("XGRAD_SOURCE_DIR")) + "/examples/data/" + name;
}

// Trains two equal models on the same batches, one by compiled steps, one on fresh tapes.
template <class Loss>
void train_both(const nn::Sequential& made, const nn::Dataset& data, const nn::BatchOptions& how, Loss loss)
{
    nn::Sequential compiled = nn::clone(made), eager = nn::clone(made);
    auto step = nn::compile(compiled, loss, nn::Adam{.rate = 1e-2});
    nn::Optimizer optimizer(nn::Adam{.rate = 1e-2}, eager);
    for (auto [x, t] : data.batches(32, how)) {
        xgrad::Tape tape;
        const Variable value = loss(eager(tape.constant(x)), tape.constant(t));
        const double want = value.item();
        optimizer.step(grad(value, optimizer.parameters()));
        BOOST_REQUIRE(step(x, t) == want);
    }
    BOOST_TEST(step.counts().replayed > 5 * step.counts().recorded);
    const std::vector<xgrad::Parameter> a = nn::parameters(compiled), b = nn::parameters(eager);
    for (std::size_t k = 0; k < a.size(); ++k) BOOST_TEST(same(a[k].array(), b[k].array()));
}

}  // namespace

// The models of examples/tour.cpp and examples/getting_started.cpp, which stand in their main files.
BOOST_AUTO_TEST_CASE(the_models_of_the_other_examples_are_trained_to_the_same_bits)
{
    nn::Dataset cancer =
        nn::read_csv<float>(data_file("breast_cancer.csv"), {.target = "diagnosis", .positive = "malignant"});
    nn::standardise(cancer);
    nn::Sequential tour(nn::Linear(30, 16), nn::Tanh{}, nn::Linear(16, 1));
    nn::initialise(tour, nn::xavier_uniform, /*seed=*/1);
    train_both(tour, cancer, {.epochs = 20, .seed = 2},
               [](Variable y, Variable t) { return nn::logistic_loss(y, t); });

    nn::Dataset iris = nn::read_csv<float>(data_file("iris.csv"), {.target = "species"});
    nn::standardise(iris);
    nn::Sequential model(nn::Linear(4, 16), nn::ReLU{}, nn::Linear(16, 3));
    nn::initialise(model, nn::xavier_uniform, /*seed=*/1);
    train_both(model, iris, {.epochs = 40, .seed = 2},
               [](Variable y, Variable t) { return nn::cross_entropy(y, t); });
}

BOOST_AUTO_TEST_CASE(every_workload_replays_to_the_same_bits)
{
    std::map<std::string, std::map<std::string, bench::Workload>> by_name;
    for (const bench::Workload& workload : bench::workloads())
        by_name[workload.name][workload.mode] = workload;
    std::size_t compared = 0;
    for (const auto& [name, modes] : by_name) {
        if (modes.size() < 2) continue;
        BOOST_TEST_CONTEXT(name)
        {
            const bench::Result eager = computed(modes.at("eager")), replay = computed(modes.at("replay"));
            BOOST_REQUIRE(eager.gradient.size() == replay.gradient.size());
            BOOST_TEST(std::isfinite(eager.loss));
            BOOST_TEST(eager.loss == replay.loss);
            std::size_t different = 0;
            for (std::size_t i = 0; i < eager.gradient.size(); ++i)
                different += eager.gradient[i] != replay.gradient[i];
            BOOST_TEST(different == 0u, different << " of " << eager.gradient.size() << " elements differ");
            ++compared;
        }
    }
    BOOST_TEST(compared >= 10u);
}

BOOST_AUTO_TEST_CASE(the_models_of_the_demo_are_trained_to_the_same_bits)
{
    const std::string csv = data_file("breast_cancer.csv");
    const demo::Heads compiled = demo::train_heads(csv, {.steps = 150, .compiled = true});
    const demo::Heads eager = demo::train_heads(csv, {.steps = 150, .compiled = false});
    BOOST_REQUIRE(compiled.results.size() == 5u);
    for (std::size_t k = 0; k < compiled.results.size(); ++k) BOOST_TEST_CONTEXT(eager.results[k].name)
        {
            BOOST_TEST(compiled.results[k].loss == eager.results[k].loss);
            BOOST_TEST(compiled.results[k].test_accuracy == eager.results[k].test_accuracy);
            BOOST_TEST(compiled.results[k].margin_share == eager.results[k].margin_share);
        }
    BOOST_REQUIRE(compiled.network.size() == 4u);
    for (std::size_t k = 0; k < compiled.network.size(); ++k)
        BOOST_TEST(same(compiled.network[k], eager.network[k]));
}
