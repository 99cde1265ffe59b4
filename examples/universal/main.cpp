// The code of docs/tutorials/universal.md: how many units does a hidden layer need, and which activations
// will do (claims 31 to 33)?
//
//     universal [--quick] [--out FOLDER]
#include <cstdio>
#include <exception>

#include "parts.hpp"

int main(int argc, char** argv)
{
    try {
        common::Report report(common::options(
            argc, argv, "universal",
            "Networks with one hidden layer: how many units do they need, and of which kind?"));
        universal::constructions(report);
        universal::training(report);
        universal::squasher(report);
        universal::squares(report);
        return report.finish();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "universal: %s\n", error.what());
        return 1;
    }
}
