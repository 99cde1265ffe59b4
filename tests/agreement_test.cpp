// Eager and replayed: every workload of the benchmarks and every model of the demo, number by number.
#define BOOST_TEST_MODULE agreement
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>
#include <map>

#include "../examples/demo/heads.hpp"
#include "benchmarks/workloads.hpp"
#include "support.hpp"

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

}  // namespace

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
    const std::string csv = std::string(std::getenv("XGRAD_SOURCE_DIR")) + "/examples/data/breast_cancer.csv";
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
