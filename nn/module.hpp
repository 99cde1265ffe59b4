// Modules are plain structs with named members; what walks them: parameters, names, copies, recordings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "xgrad/autodiff/graph.hpp"
#include "xgrad/autodiff/parameter.hpp"
#include "xgrad/autodiff/tape.hpp"

namespace xgrad {

/// A named member of a module.
template <class C, class M>
struct Field {
    const char* name;
    M C::*member;
};

/// Names a member: static constexpr auto members() { return std::tuple{field("hidden", &Net::hidden)}; } (std::array does where
/// all members have one type, and compiles quicker.)
template <class C, class M>
constexpr Field<C, M> field(const char* name, M C::*member)
{
    return {name, member};
}

namespace nn {

/// A module's own place in the tree of modules. A struct with a member `nn::ModuleScope scope{"Encoder"}` can
/// say `auto guard = scope.enter(x);` in its operator(): what it records then belongs to it, in pictures and
/// messages.
struct ModuleScope {
    std::string type;       ///< "Linear"
    std::string path = {};  ///< "encoder.layer2.linear"; set by name_parameters()

    /// What is recorded on x's tape until the guard ends belongs to this module. @throws StaleError
    [[nodiscard]] Tape::ScopeGuard enter(Variable x) const;
};

namespace detail {

// The path from the root to where a walk is.
class Path {
  public:
    const std::string& path() const { return path_; }

    class Level {
      public:
        Level(Path& path, std::string_view name);
        Level(Path& path, std::size_t index);
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;
        ~Level();

      private:
        Path& path_;
        std::size_t length_;
    };

  private:
    std::string path_;
};

// What a Reader visits.
enum class Kind { parameters, buffers, both };

// Visits each parameter once, under the first path that leads to it. Absent ones (a layer without bias) are
// skipped.
class Reader : public Path {
  public:
    explicit Reader(Kind kind = Kind::parameters) : kind_(kind) {}
    void parameter(const Parameter& parameter);
    void scope(const ModuleScope&) {}

  protected:
    ~Reader() = default;
    virtual void visit(const Parameter& parameter) = 0;

  private:
    Kind kind_;
    std::vector<std::uint64_t> seen_;  // ids, sorted
};

// Visits every member that may be changed.
class Editor : public Path {
  public:
    virtual void parameter(Parameter& parameter) = 0;
    virtual void scope(ModuleScope&) {}

  protected:
    ~Editor() = default;
};

template <class T>
inline constexpr bool is_vector = false;
template <class T, class A>
inline constexpr bool is_vector<std::vector<T, A>> = true;

template <class T>
concept has_members = requires
{
    T::members();
};
template <class T>
concept walks_itself = requires(const T& module, Reader& reader)
{
    module.walk(reader);
};

template <class T>
constexpr bool is_module()
{
    if constexpr (is_vector<T>)
        return is_module<typename T::value_type>();
    else
        return std::is_same_v<T, Parameter> || has_members<T> || walks_itself<T>;
}

// M is const with a Reader and not const with an Editor.
template <class M, class V>
void walk(M& module, V& visitor)
{
    using Plain = std::remove_const_t<M>;
    if constexpr (std::is_same_v<Plain, Parameter>) {
        visitor.parameter(module);
    } else if constexpr (is_vector<Plain>) {
        for (std::size_t i = 0; i < module.size(); ++i) {
            const Path::Level level(visitor, i);
            walk(module[i], visitor);
        }
    } else {
        if constexpr (requires { module.scope.enter(Variable()); }) visitor.scope(module.scope);
        if constexpr (walks_itself<Plain>) {
            module.walk(visitor);
        } else {
            const auto visit = [&](const auto& field) {
                const Path::Level level(visitor, field.name);
                walk(module.*field.member, visitor);
            };
            std::apply([&](const auto&... fields) { (visit(fields), ...); }, Plain::members());
        }
    }
}

// Through the base classes: one instantiation for all that read, one for all that edit.
template <class M>
void read(const M& module, Reader& reader)
{
    walk(module, reader);
}
template <class M>
void edit(M& module, Editor& editor)
{
    walk(module, editor);
}

template <class F>
class Each final : public Reader {
  public:
    explicit Each(F& f) : f_(f) {}

  private:
    void visit(const Parameter& parameter) override { f_(path(), parameter); }
    F& f_;
};

class Collector final : public Reader {
  public:
    explicit Collector(Kind kind = Kind::parameters) : Reader(kind) {}
    ~Collector();
    std::vector<std::pair<std::string, Parameter>> found;

  private:
    void visit(const Parameter& parameter) override;
};

class Namer final : public Editor {
  public:
    void parameter(Parameter& parameter) override;
    void scope(ModuleScope& scope) override;

  private:
    std::vector<std::uint64_t> seen_;  // ids, sorted
};

class Cloner final : public Editor {
  public:
    void parameter(Parameter& parameter) override;

  private:
    std::vector<std::pair<std::uint64_t, Parameter>> clones_;  // by the id of the original, sorted
};

std::vector<Parameter> without_names(std::vector<std::pair<std::string, Parameter>> named);

using Call = Variable (*)(const void* net, Variable x);
template <class M>
Variable call(const void* net, Variable x)
{
    return (*static_cast<const M*>(net))(x);
}
Graph record(Call call, const void* net, const Array& x, const TapeOptions& options);

}  // namespace detail

/// A struct with `static constexpr auto members()` (a std::tuple of fields), a layer of this library, a
/// Parameter, or a std::vector of modules ("layers.0.weight").
template <class T>
concept module_like = detail::is_module<std::remove_cvref_t<T>>();

/// A module that turns one Variable into another.
template <class T>
concept model_like = module_like<T> && requires(const std::remove_cvref_t<T>& net, Variable x)
{
    {
        net(x)
        } -> std::convertible_to<Variable>;
};

/// A module that is not const.
template <class M>
concept changeable_module = module_like<M> && !std::is_const_v<M>;

/// Gives every parameter the dotted path of its members as a name ("encoder.layer2.linear.weight"), and every
/// layer its own path, which then stands in messages and pictures. A shared parameter gets the first path.
///
/// Layers are written to only through a module that is not const: threads may record one const module at
/// once. So the functions below name the modules that they are given unless those are const.
template <changeable_module M>
void name_parameters(M& net)
{
    detail::Namer namer;
    detail::edit(net, namer);
}

/// Calls f(path, parameter) for every parameter, in the order of the members (buffers are none). A shared one comes once, under
/// the first path.
template <module_like M, class F>
void for_each_parameter(const M& net, F&& f)
{
    detail::Each<std::remove_reference_t<F>> each(f);
    detail::read(net, each);
}

/// The parameters with their paths.
template <module_like M>
std::vector<std::pair<std::string, Parameter>> named_parameters(const M& net)
{
    detail::Collector collector;
    detail::read(net, collector);
    return std::move(collector.found);
}

/// The parameters, each once.
template <module_like M>
std::vector<Parameter> parameters(const M& net)
{
    return detail::without_names(named_parameters(net));
}
/// The same; names them first.
template <changeable_module M>
std::vector<Parameter> parameters(M& net)
{
    name_parameters(net);
    return detail::without_names(named_parameters(net));
}

/// A copy with parameters and buffers of its own (copying a module shares them). Parameters that were shared within the
/// module are shared within the copy.
template <module_like M>
M clone(const M& net)
{
    M copy(net);
    detail::Cloner cloner;
    detail::edit(copy, cloner);
    return copy;
}

}  // namespace nn

/// Records a module on an example as a graph with an input "x" and an output "y". Names the module first; of
/// a const one, a copy. Recorded for inference (no dropout) unless the options say otherwise.
template <nn::model_like M>
Graph record(M&& net, const Array& x, const TapeOptions& options = {.training = false})
{
    using Net = std::remove_cvref_t<M>;
    if constexpr (std::is_const_v<std::remove_reference_t<M>>) {
        Net named(net);
        return record(named, x, options);
    } else {
        nn::name_parameters(net);
        return nn::detail::record(nn::detail::call<Net>, &net, x, options);
    }
}

namespace nn {
using xgrad::record;
}

}  // namespace xgrad
