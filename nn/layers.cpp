// Linear and Sequential.
#include "xgrad/nn/layers.hpp"

#include <cmath>

#include "nn/init_fill.hpp"

namespace xgrad::nn {

Linear::Linear(std::int64_t in, std::int64_t out, LinearOptions options)
{
    const auto text = "Linear{" + std::to_string(in) + ", " + std::to_string(out) + "}";
    if (in <= 0 || out <= 0) throw ValueError(text + ": the numbers of inputs and outputs must be positive");
    if (!is_floating(options.dtype))
        throw DtypeError(text + ": parameters are float32 or float64, not " +
                         std::string(name_of(options.dtype)));
    constexpr std::uint64_t key = 0x786772616400;  // a stream for each parameter
    const double bound = 1 / std::sqrt(static_cast<double>(in));
    const auto fill = [&](Parameter& parameter) {
        detail::fill_uniform(parameter, -bound, bound, key, parameter.id());
    };
    weight = Parameter(options.dtype, {in, out}, "weight");
    fill(weight);
    if (!options.bias) return;
    bias = Parameter(options.dtype, {out}, "bias");
    fill(bias);
}

Variable Linear::operator()(Variable x) const
{
    const auto guard = scope.enter(x);
    return bias ? linear(x, weight, bias) : linear(x, weight);
}

Sequential::Sequential(const Sequential& other) : scope(other.scope)
{
    stages_.reserve(other.stages_.size());
    for (const auto& stage : other.stages_) stages_.push_back(stage->copy());
}

Sequential& Sequential::operator=(Sequential other) noexcept
{
    stages_.swap(other.stages_);
    std::swap(scope, other.scope);
    return *this;
}

Variable Sequential::operator()(Variable x) const
{
    const auto run = [&] {
        for (const auto& stage : stages_) x = stage->call(x);
        return x;
    };
    if (scope.path.empty()) return run();
    const auto guard = scope.enter(x);
    return run();
}

void Sequential::walk(detail::Reader& reader) const
{
    for (std::size_t i = 0; i < stages_.size(); ++i) {
        const detail::Path::Level level(reader, i);
        stages_[i]->read(reader);
    }
}

void Sequential::walk(detail::Editor& editor)
{
    for (std::size_t i = 0; i < stages_.size(); ++i) {
        const detail::Path::Level level(editor, i);
        stages_[i]->edit(editor);
    }
}

void Sequential::append(std::unique_ptr<Stage> stage)
{
    stages_.push_back(std::move(stage));
    detail::Namer namer;  // "0", "1", ... until a walk from further out says more
    const detail::Path::Level level(namer, stages_.size() - 1);
    stages_.back()->edit(namer);
}

}  // namespace xgrad::nn
