// Running a plan: pointers are resolved once, then steps follow each other.
#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "autodiff/elementwise_call.hpp"
#include "autodiff/workspace_memory.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {

using detail::Group, detail::Location, detail::Plan, detail::Step;

namespace {
Array output_like(const Graph& graph, ValueId id)
{
    const Dims dims = graph.shape(id);
    return Array(graph.dtype(id), Shape(dims.begin(), dims.end()));
}

// Of the recorded numbers.
bool same_draw(const Node& x, const Node& y)
{
    return x.op == y.op && std::bit_cast<std::uint64_t>(x.a) == std::bit_cast<std::uint64_t>(y.a) &&
           std::bit_cast<std::uint64_t>(x.b) == std::bit_cast<std::uint64_t>(y.b);
}
}  // namespace

Workspace::Memory::Memory(const Plan& p, std::optional<Generator> from)
    : plan(p),
      generator(std::move(from)),
      memory(plan.memory_bytes),
      pointers(plan.pointers.size()),
      inputs(plan.inputs.size(), nullptr),
      parameters(plan.parameters.size(), nullptr)
{
    for (const ValueId id : plan.graph.outputs()) outputs.push_back(output_like(plan.graph, id));
    for (const ValueId id : plan.random) {
        const Node& node = plan.graph[id];
        auto as = static_cast<std::uint32_t>(random.size());
        if (node.flags & recomputed)
            for (std::uint32_t k = as; k-- > 0;)
                if (same_draw(random[k], node)) as = k;
        random.push_back(node);
        draws_as.push_back(as);
    }
    std::size_t sums_needed = 0;
    for (const Step& step : plan.steps)
        if (step.kind == Step::group) most_pointers = std::max<std::size_t>(most_pointers, step.pointers);
    threads.push_back(new_thread());
    for (const Group& group : plan.groups) sums_needed = std::max<std::size_t>(sums_needed, group.reductions);
    sums.resize(sums_needed);
    for (std::uint32_t i = 0; i < pointers.size(); ++i) {
        const Location& at = plan.pointers[i].at;
        switch (at.kind) {
        case Location::none: break;
        case Location::memory: pointers[i] = memory.data() + at.offset; break;
        case Location::scratch: pointers[i] = threads[0].scratch.data() + at.offset; break;
        case Location::constant: pointers[i] = const_cast<void*>(plan.constants[at.index].data()); break;
        case Location::input: to_inputs.push_back({i, at.index}); break;
        case Location::output: to_outputs.push_back({i, at.index}); break;
        case Location::parameter: to_parameters.push_back({i, at.index}); break;
        }
    }
    for (auto* bound : {&to_inputs, &to_outputs, &to_parameters})
        std::ranges::stable_sort(*bound, {}, &Bound::index);
    for (std::uint32_t k = 0; k < outputs.size(); ++k) set(to_outputs, k, outputs[k].mutable_data());
}

void Workspace::Memory::check(std::span<const Array* const> given) const
{
    if (given.size() != plan.inputs.size())
        throw ShapeError("program: it has " + counted(plan.inputs.size(), "input") + ", " +
                         std::to_string(given.size()) + (given.size() == 1 ? " was" : " were") + " given");
    for (std::size_t k = 0; k < given.size(); ++k) {
        const ValueId id = plan.inputs[k];
        const auto which = [&] {
            const std::string_view name = plan.graph.name(id);
            return "program: input " + std::to_string(k) +
                   (name.empty() ? "" : " '" + std::string(name) + "'");
        };
        if (given[k]->dtype() != plan.graph.dtype(id))
            throw DtypeError(which() + " is " + std::string(name_of(given[k]->dtype())) +
                             ", it was planned for " + std::string(name_of(plan.graph.dtype(id))));
        if (!std::ranges::equal(given[k]->shape(), plan.graph.shape(id)))
            throw ShapeError(which() + " has shape " + to_string(given[k]->shape()) +
                             ", it was planned for " + to_string(plan.graph.shape(id)));
    }
}

void Workspace::Memory::bind(std::span<const Array* const> given)
{
    for (std::uint32_t k = 0; k < given.size(); ++k)
        if (inputs[k] != given[k]->data()) {
            inputs[k] = given[k]->data();
            set(to_inputs, k, const_cast<void*>(inputs[k]));
        }
    for (std::uint32_t k = 0; k < parameters.size(); ++k)
        if (void* const data = plan.parameters[k].mutable_data(); parameters[k] != data) {
            parameters[k] = data;
            set(to_parameters, k, data);
        }
    // An output that somebody has kept stays as it is.
    for (std::uint32_t k = 0; k < outputs.size(); ++k)
        if (detail::header_of(outputs[k].buffer().data())->references.load(std::memory_order_acquire) > 1) {
            outputs[k] = output_like(plan.graph, plan.graph.outputs()[k]);
            set(to_outputs, k, outputs[k].mutable_data());
        }
}

void Workspace::Memory::draw()
{
    for (std::size_t k = 0; k < random.size(); ++k) {
        Node& node = random[k];
        if (draws_as[k] != k) {
            node.a = random[draws_as[k]].a;
            node.b = random[draws_as[k]].b;
            continue;
        }
        const auto [seed, stream] = detail::next_stream(generator);
        node.a = std::bit_cast<double>(seed);
        node.b = std::bit_cast<double>(stream);
    }
}

void Workspace::Memory::run_step(const Step& step)
{
    void* const* const at = pointers.data() + step.first_pointer;
    switch (step.kind) {
    case Step::group: return run_group(step);
    case Step::copy: std::memcpy(at[0], at[1], step.bytes); return;
    case Step::elementwise: return detail::run_elementwise(plan.graph, step.node, at[0], at + 1);
    case Step::kernel: break;
    }
    const Node& node = plan.graph[step.node];
    const auto outputs_count = static_cast<std::size_t>(step.pointers - node.arity);
    KernelCall call{plan.graph, step.node, {at, outputs_count}, {at + outputs_count, node.arity}};
    if (node.op->traits.stochastic) {
        const auto place = std::ranges::lower_bound(plan.random, step.node) - plan.random.begin();
        call.own = &random[static_cast<std::size_t>(place)];
    }
    node.op->kernel(call);
}

Workspace::Workspace(Program program, std::optional<Generator> generator)
    : program_(std::move(program)), memory_(std::make_unique<Memory>(program_.plan(), std::move(generator)))
{}
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;
Workspace::~Workspace() = default;

std::span<const Array> Workspace::run(std::span<const Array> inputs)
{
    const Memory::Turn turn(*memory_);
    memory_->given.clear();
    for (const Array& array : inputs) memory_->given.push_back(&array);
    return memory_->run(memory_->given);
}

std::span<const Array> Workspace::run(std::span<const Array* const> inputs)
{
    const Memory::Turn turn(*memory_);
    return memory_->run(inputs);
}

std::span<const Array> Workspace::Memory::run(std::span<const Array* const> inputs)
{
    check(inputs);
    bind(inputs);
    draw();
    for (const Step& step : plan.steps) run_step(step);
    for (const std::uint32_t k : plan.written) plan.parameters[k].wrote();
    return outputs;
}

}  // namespace xgrad
