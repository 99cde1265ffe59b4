// Programs: the passes in their order.
#include "xgrad/autodiff/program.hpp"

#include "autodiff/passes/planner.hpp"
#include "autodiff/passes/simplify.hpp"

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

}  // namespace xgrad
