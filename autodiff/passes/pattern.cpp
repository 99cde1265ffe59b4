// Reading patterns, and finding them.
#include "autodiff/passes/pattern.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstdlib>

namespace xgrad::detail {
namespace {

class Reader {
  public:
    Reader(std::string_view text, const std::vector<std::string_view>& further_ops)
        : text_(text), further_(further_ops)
    {
        pattern_.text = text;
    }

    Pattern read()
    {
        expression(0);
        skip();
        if (at_ != text_.size()) fail("nothing more");
        const PatternNode::Kind kind = pattern_.root().kind;
        if (kind != PatternNode::Kind::op && kind != PatternNode::Kind::any_op)
            fail("an op: a rule replaces nodes");
        for (const PatternNode& node : pattern_.nodes) pattern_.swaps += node.commutes;
        if (pattern_.swaps > 10) fail("at most 10 ops whose inputs may change places");
        return std::move(pattern_);
    }

  private:
    [[noreturn]] void fail(const std::string& expected) const
    {
        throw ValueError("rule: the pattern '" + std::string(text_) + "' cannot be read at character " +
                         std::to_string(at_ + 1) + ": expected " + expected);
    }
    void skip()
    {
        while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    }
    bool take(char c)
    {
        skip();
        if (at_ == text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string word()
    {
        skip();
        const std::size_t from = at_;
        const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
        while (at_ < text_.size() && fits(text_[at_])) ++at_;
        return std::string(text_.substr(from, at_ - from));
    }
    bool number_ahead()
    {
        skip();
        return at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) ||
                                      text_[at_] == '-' || text_[at_] == '.');
    }
    double number()
    {
        const std::string rest(text_.substr(at_));
        char* end = nullptr;
        const double value = std::strtod(rest.c_str(), &end);
        if (end == rest.c_str()) fail("a number");
        at_ += static_cast<std::size_t>(end - rest.c_str());
        return value;
    }
    int name_of(const std::string& name)
    {
        if (const int found = pattern_.find(name); found >= 0) return found;
        pattern_.names.push_back(name);
        return static_cast<int>(pattern_.names.size()) - 1;
    }
    std::size_t add(PatternNode node)
    {
        pattern_.nodes.push_back(std::move(node));
        return pattern_.nodes.size() - 1;
    }

    // As deep as the pattern is nested.
    std::size_t expression(int depth)
    {
        if (depth > 32) fail("an expression that is nested less deeply");
        PatternNode node;
        if (number_ahead()) {
            node.kind = PatternNode::Kind::number;
            node.number = number();
            return add(std::move(node));
        }
        std::string name;
        bool any_op = take('*');
        if (!any_op) {
            name = word();
            if (name.empty()) fail("an op, a name or a number");
            if (take(':')) {
                node.name = name_of(name);
                any_op = take('*');
                if (!any_op && (name = word()).empty()) fail("an op");
            }
        }
        if (!take('(')) {
            if (any_op || node.name >= 0) fail("'(' after an op");
            node.name = name_of(name);
            return add(std::move(node));
        }
        const Op* const op = any_op ? nullptr : find_op(name);
        if (!any_op && op == nullptr && std::ranges::find(further_, name) == further_.end())
            fail("an op: there is no '" + name + "'");
        node.kind = any_op ? PatternNode::Kind::any_op : PatternNode::Kind::op;
        node.op = name;
        node.commutes = op != nullptr && op->traits.commutes;
        const auto arity =
            op == nullptr || op->arity < 0 ? std::size_t{65535} : static_cast<std::size_t>(op->arity);
        do {
            if (node.inputs.size() < arity) {
                node.inputs.push_back(expression(depth + 1));
                continue;
            }
            if (!number_ahead() || node.b) fail("')': " + name + " has " + std::to_string(arity) + " inputs");
            (node.a ? node.b : node.a) = number();
        } while (take(','));
        if (!take(')')) fail("',' or ')'");
        if (arity != 65535 && node.inputs.size() < arity) fail(std::to_string(arity) + " inputs of " + name);
        return add(std::move(node));
    }

    std::string_view text_;
    const std::vector<std::string_view>& further_;
    std::size_t at_ = 0;
    Pattern pattern_;
};

bool same_bits(double x, double y)
{
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
}

// One order of the inputs of all ops that commute: bit k of `order` exchanges those of the k-th.
bool matches(const Pattern& pattern, const Graph& graph, ValueId root, const std::vector<double>& uniform,
             std::size_t order, Bindings& found)
{
    std::vector<ValueId> at(pattern.nodes.size(), no_value);
    at.back() = root;
    std::size_t swap = 0;
    for (std::size_t k = pattern.nodes.size(); k-- > 0;) {  // what reads comes before what is read
        const PatternNode& wanted = pattern.nodes[k];
        const ValueId given = at[k], id = without_check(graph, given);
        if (wanted.kind == PatternNode::Kind::any) {
            ValueId& name = found.named[static_cast<std::size_t>(wanted.name)];
            if (name != no_value && without_check(graph, name) != id) return false;
            if (name == no_value) name = given;
            continue;
        }
        if (wanted.kind == PatternNode::Kind::number) {
            if (!same_bits(uniform[id], wanted.number)) return false;
            continue;
        }
        const Node& node = graph[k + 1 == pattern.nodes.size() ? given : id];
        if (wanted.kind == PatternNode::Kind::op && node.op->name != wanted.op) return false;
        if (node.op->outputs != 1 || node.op->traits.leaf) return false;
        const auto inputs = graph.inputs(node);
        if (inputs.size() != wanted.inputs.size()) return false;
        if (wanted.a && !same_bits(*wanted.a, node.a)) return false;
        if (wanted.b && !same_bits(*wanted.b, node.b)) return false;
        const bool exchanged = wanted.commutes && (order >> swap++ & 1);
        for (std::size_t i = 0; i < inputs.size(); ++i)
            at[wanted.inputs[i]] = inputs[exchanged ? inputs.size() - 1 - i : i];
        if (wanted.name >= 0) found.named[static_cast<std::size_t>(wanted.name)] = id;
        if (k + 1 < pattern.nodes.size()) found.ops.push_back(id);
    }
    return true;
}

}  // namespace

int Pattern::find(std::string_view name) const
{
    const auto at = std::ranges::find(names, name);
    return at == names.end() ? -1 : static_cast<int>(at - names.begin());
}

Pattern parse_pattern(std::string_view text, const std::vector<std::string_view>& further_ops)
{
    return Reader(text, further_ops).read();
}

ValueId without_check(const Graph& graph, ValueId id)
{
    while (graph[id].op->traits.alias && graph[id].op->kernel != nullptr) id = graph.inputs(id)[0];
    return id;
}

std::optional<Bindings> match_pattern(const Pattern& pattern, const Graph& graph, ValueId root,
                                      const std::vector<double>& uniform)
{
    Bindings found;
    for (std::size_t order = 0; order < std::size_t{1} << pattern.swaps; ++order) {
        found.named.assign(pattern.names.size(), no_value);
        found.ops.clear();
        if (matches(pattern, graph, root, uniform, order, found)) return found;
    }
    return std::nullopt;
}

}  // namespace xgrad::detail
