// A user's file compiles in at most twice the time of one that only includes xtensor's arrays.
#define BOOST_TEST_MODULE compile_time
#include <boost/test/unit_test.hpp>

#include <iostream>

#include "compile_time/measure.hpp"

namespace {

void check(const std::string& compiler)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    std::cout << "runs compilers, not our code: nothing to sanitize\n";
    return;
#endif
    if (!compile_time::available(compiler)) {
        std::cout << compiler << " is not there\n";
        return;
    }
    const compile_time::Measured measured = compile_time::measure(compiler, 5);
    std::cout << compiler << " -O2, C++20, user time and memory: baseline " << measured.baseline.seconds
              << " s, " << measured.baseline.megabytes << " MB; a user's file " << measured.user.seconds
              << " s, " << measured.user.megabytes << " MB; ratio " << measured.ratio << std::endl;
    BOOST_TEST(measured.ratio <= 2.0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(gcc_takes_at_most_twice_the_baseline) { check("g++"); }
BOOST_AUTO_TEST_CASE(clang_takes_at_most_twice_the_baseline) { check("clang++"); }
