// Graph: interning, building, lookups, verification.
#include <algorithm>
#include <functional>

#include "xgrad/autodiff/graph.hpp"
#include "xgrad/autodiff/op.hpp"

namespace xgrad {
namespace {

std::size_t hash_of(Dims values)
{
    std::size_t hash = values.size() + 0x9e3779b97f4a7c15u;
    for (const std::int64_t value : values)
        hash = (hash ^ static_cast<std::size_t>(value)) * 0x100000001b3u + (hash >> 29);
    return hash;
}

}  // namespace

// ---------------------------------------------------------------- lists

ListId Graph::Lists::add(Dims values)
{
    constexpr std::size_t chunk = 1024;
    if (values.size() > room_) {
        const std::size_t length = std::max(chunk, values.size());
        chunks_.push_back(std::make_unique<std::int64_t[]>(length));
        next_ = chunks_.back().get();
        room_ = length;
    }
    std::copy(values.begin(), values.end(), next_);
    // Unsigned: a list need not be a shape, and may hold the bits of other numbers.
    std::uint64_t count = 1;
    for (const std::int64_t value : values) count *= static_cast<std::uint64_t>(value);
    entries_.push_back({Dims(next_, values.size()), static_cast<std::int64_t>(count)});
    next_ += values.size();
    room_ -= values.size();
    const ListId id = static_cast<ListId>(entries_.size() - 1);
    by_hash_.emplace(hash_of(values), id);
    return id;
}

ListId Graph::Lists::intern(Dims values)
{
    if (values.empty()) return 0;
    // The last few lists first: consecutive nodes use the same ones.
    const std::size_t count = entries_.size();
    for (std::size_t i = count; i-- > (count > 8 ? count - 8 : 0);)
        if (std::ranges::equal(entries_[i].values, values)) return static_cast<ListId>(i);
    const auto [first, last] = by_hash_.equal_range(hash_of(values));
    for (auto it = first; it != last; ++it)
        if (std::ranges::equal(entries_[it->second].values, values)) return it->second;
    return add(values);
}

// ---------------------------------------------------------------- graph

Graph::Graph() : scopes_{Scope{0, "", ""}}, alike_{0} {}

Graph::Graph(const Graph& other)
    : nodes_(other.nodes_),
      more_inputs_(other.more_inputs_),
      scopes_(other.scopes_),
      alike_(other.alike_),
      scope_table_(other.scope_table_),
      names_(other.names_),
      parameters_(other.parameters_),
      constants_(other.constants_),
      updates_(other.updates_),
      outputs_(other.outputs_),
      own_rows_(other.own_rows_)
{
    // Interned in the same order, so that ids stay what they are.
    for (ListId id = 1; id < other.lists_.size(); ++id) lists_.append(other.lists_[id]);
}

Graph& Graph::operator=(Graph other) noexcept
{
    nodes_ = std::move(other.nodes_);
    more_inputs_ = std::move(other.more_inputs_);
    lists_ = std::move(other.lists_);
    scopes_ = std::move(other.scopes_);
    alike_ = std::move(other.alike_);
    scope_table_ = std::move(other.scope_table_);
    names_ = std::move(other.names_);
    parameters_ = std::move(other.parameters_);
    constants_ = std::move(other.constants_);
    updates_ = std::move(other.updates_);
    outputs_ = std::move(other.outputs_);
    own_rows_ = std::move(other.own_rows_);
    return *this;
}

std::string_view Graph::name(ValueId id) const
{
    const auto it = names_.find(id);
    return it == names_.end() ? std::string_view() : std::string_view(it->second);
}

std::string Graph::path(ScopeId id) const
{
    std::string path;
    for (; id != 0; id = scopes_[id].parent) {
        const Scope& scope = scopes_[id];
        const std::string& part = scope.name.empty() ? scope.type : scope.name;
        path = path.empty() ? part : part + "." + path;
    }
    return path;
}

std::vector<ValueId> Graph::input_ids() const
{
    static const Op* const input = find_op("input");
    std::vector<ValueId> ids;
    for (ValueId id = 0; id < size(); ++id)
        if (nodes_[id].op == input) ids.push_back(id);
    return ids;
}

namespace {
// Leaves are mostly entered in the order of their ids; where they are not, by looking at each.
template <class T>
const T* entry_of(const std::vector<std::pair<ValueId, T>>& entries, ValueId id)
{
    auto it = std::ranges::lower_bound(entries, id, {}, &std::pair<ValueId, T>::first);
    if (it == entries.end() || it->first != id)
        it = std::ranges::find(entries, id, &std::pair<ValueId, T>::first);
    return it == entries.end() ? nullptr : &it->second;
}
}  // namespace

const Parameter& Graph::parameter(ValueId id) const
{
    const auto* const found = entry_of(parameters_, id);
    if (found == nullptr) throw GraphError("node %" + std::to_string(id) + " is not a parameter");
    return *found;
}

const Array& Graph::constant(ValueId id) const
{
    const auto* const found = entry_of(constants_, id);
    if (found == nullptr) throw GraphError("node %" + std::to_string(id) + " is not a constant");
    return *found;
}

std::vector<std::uint32_t> Graph::use_counts() const
{
    std::vector<std::uint32_t> uses(size(), 0);
    for (ValueId id = 0; id < size(); ++id)
        for (const ValueId in : inputs(id)) ++uses[in];
    for (const ValueId id : outputs_) ++uses[id];
    for (const auto& update : updates_) ++uses[update.second];
    return uses;
}

ListId Graph::intern(Dims values) { return lists_.intern(values); }

void Graph::own(ValueId id, const Op& op)
{
    if (op.owner != nullptr && !own_rows_.contains(&op)) own_rows_.emplace(&op, OwnRow{id, op.owner(op)});
}

ValueId Graph::append(Node node, std::span<const ValueId> inputs)
{
    if (node.op != nullptr && node.op->owner != nullptr) own(static_cast<ValueId>(nodes_.size()), *node.op);
    node.arity = static_cast<std::uint16_t>(inputs.size());
    if (inputs.size() <= 3) {
        std::fill(std::copy(inputs.begin(), inputs.end(), node.in), node.in + 3, no_value);
    } else {
        const std::size_t at = more_inputs_.size();
        more_inputs_.resize(at + inputs.size());
        std::copy(inputs.begin(), inputs.end(), more_inputs_.data() + at);
        node.in[0] = static_cast<ValueId>(at);
        node.in[1] = node.in[2] = no_value;
    }
    nodes_.push_back(node);
    return static_cast<ValueId>(nodes_.size() - 1);
}

ScopeId Graph::enter(ScopeId parent, std::string_view name, std::string_view type)
{
    const std::uint64_t key = (std::hash<std::string_view>()(name) + 0x9e3779b97f4a7c15u * parent) | 1;
    const std::uint32_t latest = scope_table_.find(key);
    for (ScopeId id = latest == detail::IdTable::none ? 0 : latest; id != 0; id = alike_[id]) {
        Scope& scope = scopes_[id];
        if (scope.parent != parent || scope.name != name) continue;
        // A path names its inner modules before they say what they are.
        if (!name.empty() && scope.type.empty()) scope.type = type;
        if (scope.type == type || (!name.empty() && type.empty())) return id;
    }
    const auto made = static_cast<ScopeId>(scopes_.size());
    scopes_.push_back({parent, std::string(name), std::string(type)});
    alike_.push_back(latest == detail::IdTable::none ? 0 : latest);
    scope_table_.set(key, made);
    return made;
}

void Graph::set_name(ValueId id, std::string name) { names_[id] = std::move(name); }

void Graph::truncate(std::size_t size)
{
    for (std::size_t id = size; id < nodes_.size(); ++id)
        if (nodes_[id].arity > 3) {  // the first of those that go says where their inputs start
            more_inputs_.resize(nodes_[id].in[0]);
            break;
        }
    nodes_.resize(std::min(size, nodes_.size()));
    const auto gone = [size](const auto& entry) { return entry.first >= size; };
    if (!names_.empty()) std::erase_if(names_, gone);
    std::erase_if(parameters_, gone);
    std::erase_if(constants_, gone);
    std::erase_if(updates_, [size](const auto& entry) { return entry.second >= size; });
    std::erase_if(outputs_, [size](ValueId id) { return id >= size; });
    if (!own_rows_.empty())
        std::erase_if(own_rows_, [size](const auto& row) { return row.second.first >= size; });
}

void Graph::clear()
{
    nodes_.clear();
    more_inputs_.clear();
    names_.clear();
    parameters_.clear();
    constants_.clear();
    updates_.clear();
    outputs_.clear();
    own_rows_.clear();
    scopes_.resize(1);
    alike_.resize(1);
    scope_table_.clear();
    // Steps of ever new shapes must not fill memory; steps of equal shapes keep their lists.
    if (lists_.size() > 4096) lists_ = Lists();
}

void Graph::verify() const
{
    const auto fail = [this](ValueId id, const std::string& what) {
        const std::string op = nodes_[id].op ? std::string(nodes_[id].op->name) : "null";
        throw GraphError("verify: node %" + std::to_string(id) + " (" + op + "): " + what);
    };
    Graph scratch(*this);  // inference interns shapes; the copy numbers its lists as this graph does
    static const Op* const output = find_op("output");
    static const Op* const parameter_op = find_op("parameter");
    static const Op* const constant_op = find_op("constant");
    for (ValueId id = 0; id < size(); ++id) {
        const Node& node = nodes_[id];
        if (!node.op) fail(id, "has no op");
        if (node.op->arity >= 0 && node.arity != node.op->arity)
            fail(id, "has " + std::to_string(node.arity) + " inputs, the op takes " +
                         std::to_string(node.op->arity));
        if (node.shape >= lists_.size() || node.list >= lists_.size())
            fail(id, "refers to a list that does not exist");
        if (node.scope >= scopes_.size()) fail(id, "refers to a scope that does not exist");
        for (const ValueId in : inputs(id))
            if (in >= id) fail(id, "input %" + std::to_string(in) + " does not come before it");
        if (node.op == parameter_op) {
            const Parameter& value = parameter(id);
            if (value.dtype() != node.dtype || !std::ranges::equal(value.shape(), shape(id)))
                fail(id, "differs in shape or type from its parameter");
        } else if (node.op == constant_op) {
            const Array& value = constant(id);
            if (value.dtype() != node.dtype || !std::ranges::equal(value.shape(), shape(id)))
                fail(id, "differs in shape or type from its constant");
        }
        if (node.op->traits.leaf || node.op == output) continue;
        InferCall call{scratch, *node.op, inputs(id), node.a, node.b, node.list, node.scope, {}};
        try {
            infer_node(call);
        } catch (const Error& error) {
            fail(id, error.what());
        }
        const auto& expected = call.out;
        const std::size_t outputs = static_cast<std::size_t>(node.op->outputs);
        if (outputs > size() - id) fail(id, "its outputs are missing");
        for (std::size_t k = 0; k < outputs; ++k) {
            const ValueId out = id + static_cast<ValueId>(k);
            if (k > 0 && (nodes_[out].op != output || nodes_[out].in[0] != id))
                fail(id, "output " + std::to_string(k) + " does not follow it");
            if (nodes_[out].dtype != expected[k].dtype) fail(id, "its type is not the one that is inferred");
            if (nodes_[out].shape != expected[k].shape)
                fail(id, "its shape " + to_string(shape(out)) + " is not the one that is inferred");
        }
    }
    for (const ValueId id : outputs_)
        if (id >= size()) throw GraphError("verify: output %" + std::to_string(id) + " does not exist");
    for (const auto& [slot, id] : updates_)
        if (id >= size()) throw GraphError("verify: the update of '" + slot.name() + "' does not exist");
}

}  // namespace xgrad
