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
        // the plan of a graph; x * x is shared
        const Program program(tape.graph({sum(x * x), grad(sum(x * x), x)}));
        show(program.input_count());   // 1
        show(program.output_count());  // 2
        //! [Program]
    }
    {
        //! [Workspace]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        // memory for one run at a time: one for each thread
        Workspace workspace(Program(tape.graph({sum(x * x)})));
        show(workspace.run({xt::xarray<double>{3., 4.}})[0]);  // 25
        show(workspace.run({xt::xarray<double>{6., 8.}})[0]);  // 100
        //! [Workspace]
    }
    {
        //! [ProgramReport, ProgramReport::Group, ProgramReport::Pass]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        const ProgramReport report = Program(tape.graph({sum(tanh(x) * x + 1)})).report();
        show(report.groups);     // 1  (a stretch of elementwise ops that runs block by block)
        show(report.fused_ops);  // 4  (tanh, mul, affine and the sum)
        const ProgramReport::Group& group = report.largest_groups[0];
        show(group.names);  // tanh, mul, affine, +1
        const ProgramReport::Pass& first = report.passes[0];
        show(first.after <= first.before);  // true  (nodes)
        //! [ProgramReport, ProgramReport::Group, ProgramReport::Pass]
    }
    {
        //! [Profile, Profile::Step]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x");
        Workspace workspace(Program(tape.graph({sum(tanh(x))})));
        const Profile profile = workspace.profile({xt::xarray<double>{3., 4.}}, /*runs=*/5);
        const Profile::Step& step = profile.steps[0];
        show(step.name);                              // tanh, sum
        show(profile.fastest() <= profile.median());  // true  (nanoseconds)
        std::cout << profile;                         // a table, the slowest step first
        //! [Profile, Profile::Step]
    }
}

const shown::Page page("Programs and replay", {replay});

}  // namespace
