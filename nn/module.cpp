// Walks over modules: paths, names, copies and recordings.
#include "xgrad/nn/module.hpp"

#include <algorithm>

namespace xgrad::nn {

Tape::ScopeGuard ModuleScope::enter(Variable x) const
{
    if (!path.empty()) return x.tape().scope(path, type);
    // A layer that nobody has named goes by its type.
    std::string name = type;
    for (char& c : name)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return x.tape().scope(name, type);
}

namespace detail {

Path::Level::Level(Path& path, std::string_view name) : path_(path), length_(path.path_.size())
{
    if (length_ != 0) path_.path_ += '.';
    path_.path_ += name;
}

Path::Level::Level(Path& path, std::size_t index) : Level(path, std::to_string(index)) {}

Path::Level::~Level() { path_.path_.resize(length_); }

namespace {

// Ids mostly come in their order, so that they are appended.
bool is_new(std::vector<std::uint64_t>& seen, std::uint64_t id)
{
    const auto at = std::ranges::lower_bound(seen, id);
    if (at != seen.end() && *at == id) return false;
    seen.insert(at, id);
    return true;
}

}  // namespace

void Reader::parameter(const Parameter& parameter)
{
    if (!parameter) return;
    if (kind_ != Kind::both && parameter.is_buffer() != (kind_ == Kind::buffers)) return;
    if (is_new(seen_, parameter.id())) visit(parameter);
}

Collector::~Collector() = default;

void Collector::visit(const Parameter& parameter) { found.emplace_back(path(), parameter); }

void Namer::parameter(Parameter& parameter)
{
    if (!parameter || !is_new(seen_, parameter.id())) return;
    if (parameter.name() != path() && !path().empty()) parameter.set_name(path());
}

void Namer::scope(ModuleScope& scope) { scope.path = path(); }

void Cloner::parameter(Parameter& parameter)
{
    if (!parameter) return;
    const std::uint64_t id = parameter.id();
    auto at = std::ranges::lower_bound(clones_, id, {}, &std::pair<std::uint64_t, Parameter>::first);
    if (at == clones_.end() || at->first != id) at = clones_.emplace(at, id, parameter.clone());
    parameter = at->second;
}

std::vector<Parameter> without_names(std::vector<std::pair<std::string, Parameter>> named)
{
    std::vector<Parameter> result;
    result.reserve(named.size());
    for (auto& [path, parameter] : named) result.push_back(std::move(parameter));
    return result;
}

Graph record(Call call, const void* net, const Array& x, const TapeOptions& options)
{
    Tape tape(options);
    const Variable y = call(net, tape.variable(x, "x"));
    return tape.graph({y.named("y")});
}

}  // namespace detail
}  // namespace xgrad::nn
