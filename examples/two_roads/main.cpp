// Two roads to the support vector machine: unconstrained gradients, and the constrained dual.
#include "two_roads.hpp"

int main(int argc, char** argv)
{
    const auto options = common::options(argc, argv, "two_roads",
                                         "Two roads to the support vector machine: gradients on the hinge "
                                         "loss, and the dual with its constraints; "
                                         "support vectors, the widest line, folds (rows 5 and 10 to 13)");
    common::Report report(options);
    two_roads::objective(report);
    two_roads::gap_over_work(report);
    two_roads::support_vectors(report);
    two_roads::four_lines(report);
    two_roads::alike(report);
    return report.finish();
}
