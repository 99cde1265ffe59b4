// Synthetic gradients: row 30 of docs/experiments.md, the code of docs/tutorials/training_without_waiting.md.
//
//     synthetic_gradients [--quick] [--out FOLDER]
#include <cstdio>
#include <exception>

#include "parts.hpp"

int main(int argc, char** argv)
{
    try {
        common::Report report(common::options(
            argc, argv, "synthetic_gradients",
            "Layers that do not wait for their gradient: linear maps guess it (Jaderberg et al. 2017)."));
        synthetic_gradients::linear_may_be_exact(report);
        synthetic_gradients::nothing_leaks(report);
        synthetic_gradients::news_travels_down(report);
        synthetic_gradients::draw_steps(report);
        synthetic_gradients::learning_curves(report);
        return report.finish();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "synthetic_gradients: %s\n", error.what());
        return 1;
    }
}
