// Linear but useful: rows 27 to 29 of docs/experiments.md, the code of docs/tutorials/linear_but_useful.md.
//
//     linear_but_useful [--quick] [--out FOLDER]
#include <cstdio>
#include <exception>

#include "parts.hpp"

int main(int argc, char** argv)
{
    try {
        common::Report report(common::options(
            argc, argv, "linear_but_useful",
            "What stacks of linear layers are good for: learning curves of deep linear nets, the best "
            "plane, parts of digits."));
        linear_but_useful::learning_curves(report);
        linear_but_useful::best_plane(report);
        linear_but_useful::parts_of_digits(report);
        return report.finish();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "linear_but_useful: %s\n", error.what());
        return 1;
    }
}
