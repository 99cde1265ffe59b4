// Scalar graphs: value | gradient in each node, the local derivative on each arrow.
#include "autodiff/export/dot_values.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "autodiff/export/dot_parts.hpp"
#include "autodiff/export/dot_sheet.hpp"
#include "autodiff/export/dot_text.hpp"
#include "autodiff/recorder.hpp"
#include "xgrad/autodiff/transform.hpp"

namespace xgrad::detail {
namespace {

constexpr std::size_t node_limit = 40;

// The nodes of the tape that y needs, in order.
std::vector<ValueId> needed(const Graph& graph, ValueId y)
{
    std::vector<std::uint8_t> marked(y + 1);
    marked[y] = 1;
    for (ValueId id = y + 1; id-- > 0;)
        if (marked[id])
            for (const ValueId in : graph.inputs(id)) marked[in] = 1;
    std::vector<ValueId> ids;
    for (ValueId id = 0; id <= y; ++id)
        if (marked[id]) ids.push_back(id);
    return ids;
}

// Derivatives of one node's value by each of its inputs that can have one, the others fixed: its op recorded alone, on
// another tape.
std::vector<std::optional<double>> local_derivatives(Recorder& recorder, ValueId id)
{
    const Graph& graph = recorder.graph;
    const Node node = graph[id];
    Tape tape;
    std::vector<Variable> inputs;
    std::vector<Target> targets;
    for (const ValueId in : graph.inputs(id)) {
        inputs.push_back(tape.variable(recorder.array(in)));
        if (is_floating(inputs.back().dtype())) targets.push_back(inputs.back());
    }
    const ListId list = tape.recorder().graph.intern(graph.list(node.list));
    const Variable y = tape.recorder().record(*node.op, inputs, node.a, node.b, list);
    const Gradients gradients = grad(y, targets);
    std::vector<std::optional<double>> result(inputs.size());
    for (std::size_t k = 0, j = 0; k < inputs.size(); ++k)
        if (is_floating(inputs[k].dtype())) result[k] = gradients.gradient(j++).item();
    return result;
}

Text record(const Palette& colours, const char* fill, const std::string& title, const std::string& name,
            const std::string& value, const std::string& gradient)
{
    const std::string cell = "<td width=\"52\" bgcolor=\"";
    std::string head = "<td bgcolor=\"" + std::string(fill) + "\" colspan=\"2\"><font point-size=\"12\"><b>" +
                       html(title) + (name.empty() ? "" : "&#160;&#160;") + "</b></font>";
    if (!name.empty())
        head +=
            "<font point-size=\"9.5\" color=\"" + std::string(colours.ink2) + "\">" + html(name) + "</font>";
    std::string row = cell + colours.paper + "\"><font point-size=\"10.5\">" + html(value) + "</font></td>";
    if (!gradient.empty())
        row += cell + colours.gradient + "\"><font point-size=\"10.5\" color=\"" + colours.gradient_line +
               "\">" + html(gradient) + "</font></td>";
    return {"<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"3\" color=\"" +
                std::string(colours.line) + "\"><tr>" + head + "</td></tr><tr>" + row + "</tr></table>",
            true};
}

// Numbers of every node, taken before anything is recorded and dropped again.
struct Numbers {
    std::map<ValueId, double> value, gradient;

    Numbers(Variable y, const std::vector<ValueId>& ids, bool with_gradient)
    {
        Recorder& recorder = Recorder::of(y);
        std::vector<Target> targets;
        std::vector<ValueId> places;
        for (const ValueId id : ids) {
            const Variable x = recorder.handle(id);
            value[id] = x.item();
            if (!with_gradient || !is_floating(x.dtype())) continue;
            targets.push_back(x);
            places.push_back(id);
        }
        if (!with_gradient) return;
        Tape tape = y.tape();
        const Tape::Mark mark = tape.mark();
        const Gradients gradients = grad(y, targets);
        for (std::size_t k = 0; k < places.size(); ++k) gradient[places[k]] = gradients.gradient(k).item();
        tape.rewind(mark);
    }
};

}  // namespace

Picture draw_values(Variable y, const DrawOptions& options)
{
    Recorder& recorder = Recorder::of(y);
    const Graph& graph = recorder.graph;
    const std::vector<ValueId> ids = needed(graph, y.id());
    if (ids.size() > node_limit)
        throw ValueError("draw: values are drawn for up to " + std::to_string(node_limit) +
                         " nodes; this graph has " + std::to_string(ids.size()));
    for (const ValueId id : ids)
        if (graph.count(id) != 1)
            throw ValueError("draw: values are drawn for scalar graphs; " + std::string(graph[id].op->name) +
                             " has shape " + to_string(graph.shape(id)));
    if (options.backward && !is_floating(y.dtype()))
        throw DtypeError(
            "draw: y is " + std::string(name_of(y.dtype())) +
            ", which has no gradient; {.backward = false, .values = true} draws its values alone");
    const Numbers numbers(y, ids, options.backward);
    const Variable outputs[] = {y};
    const Graph snapshot = y.tape().graph(outputs);
    const Parts parts(snapshot, 1);

    Sheet sheet(options.theme, false,
                {{"ranksep", {options.backward ? "0.55" : "0.4"}}, {"nodesep", {"0.22"}}});
    const Palette& colours = sheet.colours();
    std::map<ValueId, ValueId> place;  // on the tape -> in the snapshot, which keeps the order
    bool nonlinear = false;
    std::map<ValueId, int> depths;                  // longest way from a leaf
    std::map<int, std::vector<std::string>> ranks;  // what is equally deep stands side by side
    for (const ValueId id : ids) {
        const ValueId at = static_cast<ValueId>(place.size());
        place[id] = at;
        if (parts.leaf[at] == Leaf::constant || parts.further[at]) continue;
        const bool leaf = parts.leaf[at] != Leaf::none;
        const std::string key = "n" + std::to_string(at);
        std::string title = leaf ? std::string(graph.name(id)) : op_title(graph, id), name;
        if (parts.leaf[at] == Leaf::parameter) title = parameter_name(snapshot, at, 0);
        if (leaf && title.empty()) title = "input";
        if (!leaf) name = graph.name(id);
        const char* fill = leaf ? parts.leaf[at] == Leaf::parameter ? colours.parameter : colours.data
                           : parts.nonlinear[at] ? colours.nonlinear
                                                 : colours.op;
        nonlinear = nonlinear || parts.nonlinear[at];
        std::string gradient;
        if (const auto it = numbers.gradient.find(id); it != numbers.gradient.end())
            gradient = value_text(it->second);
        const char* kind = leaf                  ? parts.leaf[at] == Leaf::parameter ? "param" : "data"
                           : parts.nonlinear[at] ? "nonlin"
                                                 : "op";
        sheet.node(
            key, Role::op,
            record(colours, fill, shorten(title), shorten(name), value_text(numbers.value.at(id)), gradient),
            {{"shape", {"plain"}},
             {"style", {""}},
             {"class", {kind}},
             {"tooltip", {plain(name.empty() ? title : name)}}});
        int& depth = depths[id];
        for (const ValueId in : graph.inputs(id))
            depth = std::max(depth, parts.leaf[place[in]] == Leaf::constant ? 1 : depths[in] + 1);
        ranks[depth].push_back(key);
    }
    for (const ValueId id : ids) {
        const ValueId at = place[id];
        if (parts.leaf[at] != Leaf::none || parts.further[at]) continue;
        const auto inputs = graph.inputs(id);
        std::vector<std::optional<double>> local;
        if (options.backward && graph[id].op->outputs == 1 && is_floating(graph.dtype(id)))
            local = local_derivatives(recorder, id);
        for (std::size_t k = 0; k < inputs.size(); ++k) {
            const std::string key = "n" + std::to_string(at);
            const ValueId from = place[inputs[k]];
            if (parts.leaf[from] == Leaf::constant) {
                const std::string constant = key + "c" + std::to_string(k);
                sheet.node(constant, Role::constant, {plain(value_text(numbers.value.at(inputs[k])))});
                sheet.edge(constant, key, Line::constant, {{"dir", {"forward"}}});
                continue;
            }
            Attributes more;
            if (k < local.size() && local[k])
                more = {{"label",
                         {"<font color=\"" + std::string(colours.gradient_line) + "\">× " +
                              html(value_text(*local[k])) + "</font>",
                          true}}};
            sheet.edge("n" + std::to_string(from), key, Line::data, more);
        }
    }
    for (const auto& [depth, keys] : ranks) sheet.same_rank(keys);

    std::vector<std::string> lines = wrap(options.caption);
    std::vector<std::pair<const char*, std::string>> legend;
    if (options.backward) {
        for (std::string& line :
             wrap("A gradient is the sum, over the arrows that leave the node, of the arrow's factor times "
                  "the gradient at its head"))
            lines.push_back(std::move(line));
        const std::string output = graph.name(y.id()).empty() ? "y" : shorten(graph.name(y.id()));
        legend = {{colours.ink, "value (left)"},
                  {colours.gradient_line,
                   "gradient ∂" + output + "/∂node (right), local derivative (on the arrow)"}};
    }
    if (nonlinear) legend.push_back({colours.nonlinear_line, "non-linear (tinted)"});
    sheet.caption(options.title, lines, legend);
    return sheet.picture();
}

}  // namespace xgrad::detail
