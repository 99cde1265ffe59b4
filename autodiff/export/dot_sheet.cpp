// The sheet: a thin layer over libcgraph.
#include "autodiff/export/dot_sheet.hpp"

#include <graphviz/cgraph.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <unordered_map>

namespace xgrad::detail {

std::mutex& graphviz_mutex()
{
    static std::mutex mutex;
    return mutex;
}

// ---------------------------------------------------------------- messages

namespace {
std::string* messages = nullptr;
int collect(char* text)
{
    if (messages) messages->append(text);
    return 0;
}
agusererrf previous = nullptr;
}  // namespace

GraphvizMessages::GraphvizMessages()
{
    messages = new std::string;
    previous = agseterrf(collect);
}
GraphvizMessages::~GraphvizMessages()
{
    agseterrf(previous);
    delete messages;
    messages = nullptr;
}
std::string GraphvizMessages::text()
{
    std::string text = *messages;
    std::ranges::replace(text, '\n', ' ');
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}
bool GraphvizMessages::error() { return messages->find("Error") != std::string::npos; }

// ---------------------------------------------------------------- ids and text in memory

namespace {

// Ids count up. libcgraph keeps subgraphs sorted by id and by default takes addresses of their names, so that the
// order of clusters, and with it text and layout, would differ from run to run.
struct Ids {
    explicit Ids(Agraph_t* graph) : graph(graph) {}
    Agraph_t* graph;
    std::unordered_map<std::string, IDTYPE> by_name[3];
    std::vector<char*> names[3];  // libcgraph's counted strings: it looks before their first byte for a flag

    static void* open(Agraph_t* graph, Agdisc_t*) { return new Ids(graph); }
    static int kind(int type) { return type == AGINEDGE ? AGOUTEDGE : type; }
    static long map(void* state, int type, char* name, IDTYPE* id, int create)
    {
        Ids& ids = *static_cast<Ids*>(state);
        auto& names = ids.names[kind(type)];
        if (!name) {
            if (!create) return 0;
            names.push_back(nullptr);
            *id = names.size();
            return 1;
        }
        auto& table = ids.by_name[kind(type)];
        if (const auto it = table.find(name); it != table.end()) {
            *id = it->second;
            return 1;
        }
        if (!create) return 0;
        names.push_back(agstrdup(ids.graph, name));
        *id = table.emplace(name, names.size()).first->second;
        return 1;
    }
    static long alloc(void*, int, IDTYPE) { return 0; }
    static void free(void* state, int type, IDTYPE id)
    {
        Ids& ids = *static_cast<Ids*>(state);
        auto& names = ids.names[kind(type)];
        if (id == 0 || id > names.size() || !names[id - 1]) return;
        ids.by_name[kind(type)].erase(names[id - 1]);
        agstrfree(ids.graph, names[id - 1]);
        names[id - 1] = nullptr;
    }
    static char* print(void* state, int type, IDTYPE id)
    {
        const auto& names = static_cast<Ids*>(state)->names[kind(type)];
        return id == 0 || id > names.size() ? nullptr : names[id - 1];
    }
    static void close(void* state) { delete static_cast<Ids*>(state); }
    static void registered(void*, int, void*) {}
};

int read_some(void* channel, char* buffer, int size)
{
    auto& rest = *static_cast<std::string_view*>(channel);
    const std::size_t count = std::min(rest.size(), static_cast<std::size_t>(size));
    std::memcpy(buffer, rest.data(), count);
    rest.remove_prefix(count);
    return static_cast<int>(count);
}
int write_some(void* channel, const char* text)
{
    static_cast<std::string*>(channel)->append(text);
    return 0;
}
int flush(void*) { return 0; }

Agiddisc_t id_services = {Ids::open,  Ids::map,   Ids::alloc,     Ids::free,
                          Ids::print, Ids::close, Ids::registered};
Agiodisc_t io_services = {read_some, write_some, flush};
Agdisc_t services = {&AgMemDisc, &id_services, &io_services};

char* mutable_text(const char* text) { return const_cast<char*>(text); }  // libcgraph's signatures lack const
char* mutable_text(const std::string& text) { return const_cast<char*>(text.c_str()); }

}  // namespace

void* read_dot(std::string_view text) { return agread(&text, &services); }

// ---------------------------------------------------------------- sheet

struct Sheet::Graphviz {
    Agraph_t* root;
    std::vector<Agraph_t*> open;  // clusters, innermost last

    void set(void* object, int kind, const Attributes& attributes) const
    {
        for (const auto& [name, value] : attributes) {
            if (!agattr(root, kind, mutable_text(name), nullptr))
                agattr(root, kind, mutable_text(name),
                       mutable_text(name == "label" && kind == AGNODE ? "\\N" : ""));
            if (!value.html) {
                agset(object, mutable_text(name), mutable_text(value.text));
                continue;
            }
            char* const text = agstrdup_html(root, mutable_text(value.text));
            agset(object, mutable_text(name), text);
            agstrfree(root, text);
        }
    }
    void set_default(int kind, const Attributes& attributes) const
    {
        for (const auto& [name, value] : attributes)
            agattr(root, kind, mutable_text(name), mutable_text(value.text));
    }
};

Sheet::Sheet(Theme theme, bool top_to_bottom, const Attributes& graph)
    : graph_(std::make_unique<Graphviz>()), colours_(palette(theme)), top_to_bottom_(top_to_bottom)
{
    const std::lock_guard lock(graphviz_mutex());
    graph_->root = agopen(mutable_text("xgrad"), Agdirected, &services);
    if (!graph_->root) throw DrawError("draw: Graphviz cannot open a graph");
    graph_->open.push_back(graph_->root);
    graph_->set_default(AGRAPH, graph_defaults(colours_, top_to_bottom));
    graph_->set_default(AGRAPH, graph);
    graph_->set_default(AGNODE, node_defaults(colours_));
    graph_->set_default(AGEDGE, edge_defaults(colours_));
}

Sheet::~Sheet()
{
    const std::lock_guard lock(graphviz_mutex());
    agclose(graph_->root);
}

void Sheet::node(const std::string& key, Role role, const Text& label, const Attributes& more)
{
    const std::lock_guard lock(graphviz_mutex());
    Agnode_t* const node = agnode(graph_->open.back(), mutable_text(key), 1);
    graph_->set(node, AGNODE, {{"label", label}, {"id", {key}}});
    graph_->set(node, AGNODE, node_attributes(colours_, role));
    graph_->set(node, AGNODE, more);
    ++size_;
}

void Sheet::edge(const std::string& from, const std::string& to, Line line, const Attributes& more)
{
    const std::lock_guard lock(graphviz_mutex());
    Agnode_t* const tail = agnode(graph_->root, mutable_text(from), 1);
    Agnode_t* const head = agnode(graph_->root, mutable_text(to), 1);
    Agedge_t* const edge = agedge(graph_->root, tail, head, nullptr, 1);
    graph_->set(edge, AGEDGE, edge_attributes(colours_, line));
    graph_->set(edge, AGEDGE, more);
    ++size_;
}

void Sheet::same_rank(std::span<const std::string> keys)
{
    if (keys.size() < 2) return;
    const std::lock_guard lock(graphviz_mutex());
    Agraph_t* const rank = agsubg(graph_->open.back(), nullptr, 1);
    graph_->set(rank, AGRAPH, {{"rank", {"same"}}});
    for (const std::string& key : keys) agsubnode(rank, agnode(graph_->root, mutable_text(key), 1), 1);
}

void Sheet::first(const std::string& key)
{
    const std::lock_guard lock(graphviz_mutex());
    agnode(agsubg(graph_->root, nullptr, 1), mutable_text(key),
           1);  // subgraphs are written before other nodes
}

void Sheet::begin_cluster(const std::string& key, const Attributes& attributes)
{
    const std::lock_guard lock(graphviz_mutex());
    Agraph_t* const cluster = agsubg(graph_->open.back(), mutable_text("cluster_" + key), 1);
    graph_->open.push_back(cluster);
    graph_->set(cluster, AGRAPH, attributes);
}

void Sheet::end_cluster() { graph_->open.pop_back(); }

Text Sheet::edge_label(std::string_view text) const
{
    if (top_to_bottom_) return {" " + plain(text) + " "};
    return {html(text) + "<br/><font point-size=\"3\">&#160;</font>", true};
}

void Sheet::caption(std::string_view title, const std::vector<std::string>& lines,
                    const std::vector<std::pair<const char*, std::string>>& legend)
{
    const std::string cell = "<tr><td align=\"left\">", end = "</td></tr>";
    const auto grey = [this](const char* size, const std::string& text) {
        return "<font point-size=\"" + std::string(size) + "\" color=\"" + colours_.ink2 + "\">" + text +
               "</font>";
    };
    std::string rows = "<tr><td height=\"8\"></td></tr>";
    constexpr std::size_t room = 10000;  // Graphviz refuses to read text of over 16384 bytes
    bool full = false;
    const auto add_row = [&](const std::string& row) {
        if (full) return;
        full = rows.size() + row.size() > room;
        rows += cell + (full ? grey("10.5", "\u2026") : row) + end;
    };
    for (const std::string& line : wrap(title, 64))
        add_row("<font point-size=\"14\"><b>" + html(line) + "</b></font>");
    for (const std::string& line : lines) add_row(grey("10.5", html(line)));
    std::string row;
    std::size_t length = 0;
    const auto flush_row = [&] {
        if (!row.empty()) rows += cell + grey("9.5", row) + end;
        row.clear();
        length = 0;
    };
    for (const auto& [colour, words] : legend) {
        if (length + words.size() > 84) flush_row();
        row += (row.empty() ? "" : "&#160;&#160;&#160;") + ("<font color=\"" + std::string(colour)) +
               "\">&#9632;&#160;</font>" + html(words);
        length += words.size() + 6;
    }
    flush_row();
    const std::lock_guard lock(graphviz_mutex());
    graph_->set(
        graph_->root, AGRAPH,
        {{"labelloc", {"b"}},
         {"labeljust", {"l"}},
         {"label",
          {"<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"1\">" + rows + "</table>",
           true}}});
}

Picture Sheet::picture() const
{
    const std::lock_guard lock(graphviz_mutex());
    const GraphvizMessages gather;
    std::string text;
    if (agwrite(graph_->root, &text) != 0)
        throw DrawError("draw: Graphviz cannot write the picture: " + GraphvizMessages::text());
    return Picture(std::move(text), size_);
}

}  // namespace xgrad::detail
