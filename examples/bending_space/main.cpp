// The code of docs/tutorials/bending_space.md: how hidden layers separate what lines cannot (claims 16 and 23).
#include "boundaries.hpp"
#include "examples/common/report.hpp"
#include "xor.hpp"

int main(int argc, char** argv)
{
    common::Report report(common::options(argc, argv, "bending_space",
                                          "How do hidden layers separate what no line separates?"));
    bending_space::exclusive_or(report);
    bending_space::boundaries(report);
    return report.finish();
}
