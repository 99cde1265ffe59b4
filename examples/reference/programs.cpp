// Graphs that are planned once and replayed, and where their time goes.
#include <xgrad/nn.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void replay(Tape& tape)
{
    {
        //! [Program]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        const Program program(
            tape.graph({sum(x * x), grad(sum(x * x), x)}));  // the plan of a graph; x * x is shared
        show(program.input_count());                         // 1
        show(program.output_count());                        // 2
        //! [Program]
    }
    {
        //! [Workspace]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        Workspace workspace(
            Program(tape.graph({sum(x * x)})));  // memory for one run at a time: one for each thread
        show(workspace.run({xt::xarray<double>{3., 4.}})[0]);  // 25
        show(workspace.run({xt::xarray<double>{6., 8.}})[0]);  // 100
        //! [Workspace]
    }
    {
        //! [ProgramReport]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        const ProgramReport report = Program(tape.graph({sum(tanh(x) * x + 1)})).report();
        show(report.groups);                   // 1  (a stretch of elementwise ops that runs block by block)
        show(report.fused_ops);                // 4  (tanh, mul, affine and the sum)
        show(report.largest_groups[0].names);  // tanh, mul, affine, +1
        //! [ProgramReport]
    }
    {
        //! [Profile]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        Workspace workspace(Program(tape.graph({sum(tanh(x))})));
        const Profile profile = workspace.profile({xt::xarray<double>{3., 4.}}, /*runs=*/5);
        show(profile.steps.size());                   // 1
        show(profile.fastest() <= profile.median());  // true  (nanoseconds)
        std::cout << profile;                         // a table, the slowest step first
        //! [Profile]
    }
}

const shown::Page page("Programs and replay", {replay});

}  // namespace
