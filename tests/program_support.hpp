// Replays beside what was recorded.
#pragma once

#include <cmath>
#include <random>

#include "support.hpp"
#include "xgrad/autodiff/ops.hpp"
#include "xgrad/autodiff/program.hpp"
#include "xgrad/autodiff/update.hpp"

using namespace xgrad;
using V = xt::xarray<double>;

// The same bits, but for the sign of a zero and the payload of a NaN.
inline void compare(const Array& got, const Array& want)
{
    BOOST_REQUIRE(got.dtype() == want.dtype());
    BOOST_REQUIRE(std::ranges::equal(got.shape(), want.shape()));
    const std::vector<double> a = values(got), b = values(want);
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!(std::isnan(a[i]) && std::isnan(b[i])))
            BOOST_TEST_REQUIRE(a[i] == b[i], a[i] << ", not " << b[i] << " at " << i);
}

// Records the outputs again as a program and compares a run with what the tape holds.
inline void check_replay(Tape& tape, const std::vector<Variable>& outputs, const std::vector<Array>& inputs,
                         std::uint64_t seed = 5)
{
    const Graph graph = tape.graph(outputs);
    Program program(graph);
    program.graph().verify();
    Workspace workspace(program, Generator(seed));
    const std::vector<ValueId> ids = graph.input_ids();
    BOOST_REQUIRE(ids.size() == inputs.size());
    const std::span<const Array> got = workspace.run(inputs);
    for (std::size_t k = 0; k < outputs.size(); ++k)
        BOOST_TEST_CONTEXT("output " << k << " of\n" << program.graph().text())
    compare(got[k], outputs[k].array());
}
