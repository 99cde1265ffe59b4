// Watch the layers collapse: rows 15 and 24 to 26 of docs/experiments.md, the code of docs/tutorials/collapse.md.
//
//     collapse_layers [--quick] [--out FOLDER]
#include <cstdio>
#include <exception>

#include "parts.hpp"

int main(int argc, char** argv)
{
    try {
        common::Report report(common::options(argc, argv, "collapse_layers",
                                              "Stacks of affine layers are one layer: maps, refusals, "
                                              "certificates and pictures of the collapse."));
        collapse_layers::maps(report);
        collapse_layers::affine_activations(report);
        collapse_layers::output_layers(report);
        collapse_layers::one_layer(report);
        return report.finish();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "collapse_layers: %s\n", error.what());
        return 1;
    }
}
