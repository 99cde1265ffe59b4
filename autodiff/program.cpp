// Programs: the passes in their order, and what they report.
#include "xgrad/autodiff/program.hpp"

#include <ostream>

#include "autodiff/passes/planner.hpp"
#include "autodiff/passes/simplify.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {

Program::Program(const Graph& graph)
{
    graph.verify();
    auto plan = std::make_shared<detail::Plan>();
    Graph current = graph;
    const auto pass = [&](const char* name, Graph (*run)(const Graph&)) {
        const std::size_t before = current.size();
        current = run(current);
        plan->report.passes.push_back({name, before, current.size()});
    };
    pass("dead nodes", detail::without_dead_nodes);
    pass("constants", detail::with_folded_constants);
    pass("common nodes", detail::with_shared_nodes);
    pass("products added up", detail::with_accumulated_products);
    pass("dead nodes", detail::without_dead_nodes);
    detail::make_plan(*plan, std::move(current));
    plan_ = std::move(plan);
}

const Graph& Program::graph() const { return plan_->graph; }
std::size_t Program::input_count() const { return plan_->inputs.size(); }
std::size_t Program::output_count() const { return plan_->graph.outputs().size(); }
ProgramReport Program::report() const { return plan_->report; }

std::string ProgramReport::text() const
{
    std::string text;
    for (const Pass& pass : passes)
        text +=
            pass.name + ": " + std::to_string(pass.before) + " -> " + std::to_string(pass.after) + " nodes\n";
    text += std::to_string(steps) + " steps, of them " + std::to_string(groups) + " groups of " +
            std::to_string(fused_ops) + " elementwise ops\n";
    text += "memory " + std::to_string(planned_bytes) + " bytes by liveness (" + std::to_string(naive_bytes) +
            " if every value had its own), blocks " + std::to_string(scratch_bytes) + " bytes\n";
    text += number_text(flops) + " floating point operations a run\n";
    return text;
}

std::ostream& operator<<(std::ostream& out, const ProgramReport& report) { return out << report.text(); }

}  // namespace xgrad
