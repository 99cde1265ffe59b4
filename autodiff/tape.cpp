// Tape and Variable: the public face of the recorder.
#include <algorithm>
#include <ostream>
#include <utility>

#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/rows.hpp"

namespace xgrad {

using detail::Recorder;

// ---------------------------------------------------------------- Variable

template <element T>
View<T> Variable::value() const
{
    Recorder& recorder = Recorder::of(*this);
    if (dtype() != dtype_of<T>)
        throw DtypeError("value<" + std::string(name_of(dtype_of<T>)) +
                         ">: " + std::string(recorder.graph[id_].op->name) + " " + to_string(shape()) +
                         " is " + std::string(name_of(dtype())));
    recorder.note_read(id_);
    return recorder.array(id_).value<T>();
}
template View<float> Variable::value<float>() const;
template View<double> Variable::value<double>() const;
template View<std::int64_t> Variable::value<std::int64_t>() const;
template View<bool> Variable::value<bool>() const;

Array Variable::array() const
{
    Recorder& recorder = Recorder::of(*this);
    recorder.note_read(id_);
    return recorder.array(id_);
}

double Variable::item() const
{
    Recorder& recorder = Recorder::of(*this);
    if (recorder.graph.count(id_) != 1)
        throw ShapeError("item: " + std::string(recorder.graph[id_].op->name) + " has shape " +
                         to_string(shape()) + ", not one element");
    recorder.check_current(id_);
    recorder.note_read(id_);
    const void* data = recorder.value(id_);
    switch (dtype()) {
    case DType::float32: return *static_cast<const float*>(data);
    case DType::float64: return *static_cast<const double*>(data);
    case DType::int64: return static_cast<double>(*static_cast<const std::int64_t*>(data));
    case DType::boolean: return *static_cast<const bool*>(data);
    }
    return 0;
}

Dims Variable::shape() const { return Recorder::of(*this).graph.shape(id_); }
DType Variable::dtype() const { return Recorder::of(*this).graph.dtype(id_); }
Tape Variable::tape() const { return Tape(&Recorder::of(*this), false); }

Variable Variable::named(std::string name) const
{
    Recorder::of(*this).graph.set_name(id_, std::move(name));
    return *this;
}

std::ostream& operator<<(std::ostream& out, Variable x) { return out << x.array(); }

Variable keep(Variable x)
{
    Recorder::of(x).mark_kept(x);
    return x;
}

// ---------------------------------------------------------------- Tape

Tape::Tape(const TapeOptions& options) : recorder_(Recorder::acquire())
{
    recorder_->training = options.training;
    recorder_->generator = options.generator;
    if (options.detect_anomaly) recorder_->watch(!options.allow_infinity);
}

Tape::Tape(Tape&& other) noexcept : recorder_(std::exchange(other.recorder_, nullptr)), owner_(other.owner_)
{}

Tape& Tape::operator=(Tape&& other) noexcept
{
    if (this == &other) return *this;
    if (recorder_ && owner_) Recorder::give_back(recorder_);
    recorder_ = std::exchange(other.recorder_, nullptr);
    owner_ = other.owner_;
    return *this;
}

Tape::~Tape()
{
    if (recorder_ && owner_) Recorder::give_back(recorder_);
}

Recorder& Tape::recorder() const
{
    if (!recorder_) throw StaleError("tape: it was moved from");
    return *recorder_;
}

Variable Tape::variable(const Array& value, std::string_view name)
{
    return recorder().leaf(detail::input_op, value, name);
}
Variable Tape::constant(const Array& value, std::string_view name)
{
    return recorder().leaf(detail::constant_op, value, name);
}
Variable Tape::parameter(const Parameter& parameter)
{
    recorder().keep_operands();
    return recorder().parameter(parameter);
}

void Tape::assign(const Parameter& slot, Variable value) { recorder().assign(slot, value); }
void Tape::commit() { recorder().commit(); }

Tape::Mark Tape::mark() const
{
    recorder().keep_operands();
    const std::size_t size = recorder().graph.size();
    return {size, size ? recorder().graph[static_cast<ValueId>(size - 1)].birth : recorder().epoch(),
            recorder_, recorder().update_count()};
}

void Tape::rewind(const Mark& mark)
{
    const Graph& graph = recorder().graph;
    if (mark.recorder != recorder_) throw GraphError("rewind: the mark was made by another tape");
    const bool there = mark.size <= graph.size() &&
                       (mark.size == 0 || graph[static_cast<ValueId>(mark.size - 1)].birth == mark.birth);
    if (!there) throw StaleError("rewind: the mark is no longer part of this recording");
    recorder().truncate(mark.size, mark.updates);
}

void Tape::clear() { recorder().clear(); }

Tape::ScopeGuard::ScopeGuard(Recorder* recorder, ScopeId outer)
    : recorder_(recorder), outer_(outer), recording_(recorder->recording())
{}
Tape::ScopeGuard::~ScopeGuard()
{
    if (recorder_->recording() == recording_) recorder_->scope = outer_;
}

Tape::ScopeGuard Tape::scope(std::string_view path, std::string_view type)
{
    const ScopeId outer = recorder().scope;
    if (path.find('.') == std::string_view::npos) {
        recorder().scope = recorder().graph.enter(outer, path, type);
        return {recorder_, outer};
    }
    ScopeId scope = 0;
    while (!path.empty()) {
        const std::size_t dot = path.find('.');
        const bool last = dot == std::string_view::npos;
        scope = recorder().graph.enter(scope, path.substr(0, dot), last ? type : std::string_view());
        path = last ? std::string_view() : path.substr(dot + 1);
    }
    recorder().scope = scope;
    return {recorder_, outer};
}

Graph Tape::graph(std::span<const Variable> outputs) const
{
    std::vector<ValueId> ids;
    for (const Variable& output : outputs) {
        recorder().check(output, "graph");
        ids.push_back(output.id());
    }
    return recorder().snapshot(ids);
}

std::size_t Tape::size() const { return recorder().graph.size(); }
bool Tape::training() const { return recorder().training; }
std::size_t Tape::bytes() const { return recorder().bytes(); }

}  // namespace xgrad
