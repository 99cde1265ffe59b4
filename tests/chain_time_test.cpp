// A chain of a million nodes: recorded, differentiated and freed in a small stack and in linear time.
#define BOOST_TEST_MODULE chain_time
#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <string>

#include "xgrad/autodiff/transform.hpp"

using namespace xgrad;

namespace {
struct Chain {
    std::int64_t length = 0;
    double value = 0, gradient = 0, curvature = 0;
    double record = 0, differentiate = 0, free = 0,
           bytes = 0;  // nanoseconds and bytes a node of the forward chain
    std::string error;
};
void* run_chain(void* data)
{
    auto& chain = *static_cast<Chain*>(data);
    const auto now = [] { return std::chrono::steady_clock::now(); };
    const auto ns = [&](auto from, auto to) {
        return std::chrono::duration<double, std::nano>(to - from).count() /
               static_cast<double>(chain.length);
    };
    try {
        auto tape = std::make_unique<Tape>();
        const Variable x = tape->variable(0.5);
        const auto start = now();
        Variable y = x;
        for (std::int64_t i = 0; i < chain.length / 3; ++i) y = y + tanh(y) * 1e-6;
        const auto recorded = now();
        const Variable g = grad(y, x);
        const auto differentiated = now();
        chain.value = y.item(), chain.gradient = g.item();
        chain.bytes = static_cast<double>(tape->bytes()) / static_cast<double>(chain.length);
        if (chain.length <= 100000) chain.curvature = grad(g, x).item();
        const auto before = now();
        tape.reset();
        chain.record = ns(start, recorded), chain.differentiate = ns(recorded, differentiated),
        chain.free = ns(before, now());
    } catch (const std::exception& error) {
        chain.error = error.what();
    }
    return nullptr;
}
// In a thread of its own with a small stack: recursion over the graph would overflow it.
Chain chain_of(std::int64_t length)
{
    Chain chain;
    chain.length = length;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    BOOST_REQUIRE(pthread_attr_setstacksize(&attributes, 128 * 1024) == 0);
    pthread_t thread;
    BOOST_REQUIRE(pthread_create(&thread, &attributes, run_chain, &chain) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    return chain;
}
}  // namespace

BOOST_AUTO_TEST_CASE(
    a_chain_of_a_million_nodes_is_recorded_differentiated_and_freed_in_a_small_stack_and_linear_time)
{
    chain_of(1000);
    const Chain tenth = chain_of(100000), full = chain_of(1000000);
    for (const Chain& chain : {tenth, full}) {
        BOOST_TEST(chain.error == "");
        double y = 0.5, slope = 1;
        for (std::int64_t i = 0; i < chain.length / 3; ++i) {
            const double t = std::tanh(y);
            slope *= 1 + (1 - t * t) * 1e-6;
            y += t * 1e-6;
        }
        BOOST_TEST(slope > 1.01);
        BOOST_TEST(std::abs(chain.value - y) < 1e-9);
        BOOST_TEST(std::abs(chain.gradient - slope) < 1e-9);
        BOOST_TEST_MESSAGE(chain.length << " nodes: record " << chain.record << " ns, gradient "
                                        << chain.differentiate << " ns, free " << chain.free << " ns a node, "
                                        << chain.bytes << " bytes a node with the gradient's");
    }
    BOOST_TEST(full.record + full.differentiate < 8 * (tenth.record + tenth.differentiate) + 200);
    BOOST_TEST(full.bytes < 600);
}
