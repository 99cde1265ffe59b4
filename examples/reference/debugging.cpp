// Where a NaN was born, and numbers about values and gradients.
#include <cmath>

#include "shown.hpp"
using namespace xgrad;

namespace {

void anomalies(Tape& tape)
{
    {
        //! [find_anomaly, Anomaly, Anomaly::Birth, Anomaly::Element]
        const Variable x = tape.variable(xt::xarray<double>{1., 0.}, "x");
        const Graph graph = tape.graph({sum(x * log(x))});  // 0 times minus infinity
        const std::optional<Anomaly> found = find_anomaly(graph, {x.array()});
        show(std::string(found->graph[found->infinity->node].op->name));  // log  (made the first infinity)
        show(std::string(found->graph[found->nan->node].op->name));       // mul  (made the first NaN)
        const Anomaly::Birth& nan = *found->nan;
        const Anomaly::Element& element = nan.origin[0];
        show(element.index);     // [1]  (there)
        show(element.operands);  // [0, -inf]
        //! [find_anomaly, Anomaly, Anomaly::Birth, Anomaly::Element]
    }
    {
        //! [CallSite]
        // who recorded a node
        const CallSite site{.function = "train(Net&)", .file = "train.cpp", .line = 42};
        show(site.text());  // train(Net&) (train.cpp:42)
        //! [CallSite]
    }
}

void numbers(Tape& tape)
{
    {
        //! [statistics, ValueStatistics]
        const ValueStatistics s = statistics(Array(xt::xarray<double>{0., 3., -4., std::nan("")}));
        show(s.count);         // 4
        show(s.nans);          // 1
        show(s.norm);          // 5  (of those that are finite)
        show(s.zero_share());  // 0.25
        //! [statistics, ValueStatistics]
    }
    {
        //! [Statistics, StatisticsOptions]
        const Variable x = tape.variable(xt::xarray<double>{-1., -2.}, "x");
        const Statistics numbers = statistics(sum(relu(x)), {.gradients = true});
        show(numbers.values[1].zero_share());  // 1  (node 1, the relu, is dead)
        show(numbers.gradients[0].norm);       // 0  (so x gets no gradient)
        show(numbers.barriers().size());       // 1  (the node that no gradient passes)
        std::cout << numbers;                  // a table
        //! [Statistics, StatisticsOptions]
    }
}

const shown::Page page("Finding what went wrong", {anomalies, numbers});

}  // namespace
