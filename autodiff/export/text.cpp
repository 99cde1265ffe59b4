// The text dump of a graph: one line a node, for reading and for comparing.
#include "xgrad/autodiff/op.hpp"

namespace xgrad {

std::string Graph::text() const
{
    std::string out;
    for (ValueId id = 0; id < size(); ++id) {
        const Node& node = nodes_[id];
        out += "%" + std::to_string(id) + " = " + std::string(node.op->name);
        if (node.arity > 0) {
            out += "(";
            const auto in = inputs(id);
            for (std::size_t k = 0; k < in.size(); ++k) out += (k ? ", %" : "%") + std::to_string(in[k]);
            out += ")";
        }
        if (node.op->attributes) {
            const std::string attributes = node.op->attributes(*this, node);
            if (!attributes.empty()) out += " {" + attributes + "}";
        }
        out += "  " + to_string(shape(id)) + " " + std::string(name_of(node.dtype));
        if (const std::string where = path(node.scope); !where.empty()) out += "  " + where;
        if (const std::string_view given = name(id); !given.empty()) out += "  '" + std::string(given) + "'";
        for (const auto& [leaf, parameter] : parameters_)
            if (leaf == id && !parameter.name().empty()) out += "  '" + parameter.name() + "'";
        out += "\n";
    }
    if (!outputs_.empty()) {
        out += "return";
        for (const ValueId id : outputs_) out += " %" + std::to_string(id);
        out += "\n";
    }
    for (const auto& [slot, id] : updates_)
        out += "commit '" + slot.name() + "' <- %" + std::to_string(id) + "\n";
    return out;
}

}  // namespace xgrad
