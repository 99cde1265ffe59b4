// Reads names from the headers: enough of C++ to tell what is declared at namespace scope.
#include "public_names.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

namespace shown {
namespace {

std::string read(const std::string& path)
{
    std::ifstream in(path);
    if (!in) throw xgrad::DataError(path + " cannot be read");
    return {std::istreambuf_iterator<char>(in), {}};
}

// The headers that one includes, itself too, as "autodiff/tape.hpp".
void reach(const std::string& header, std::set<std::string>& seen)
{
    if (!seen.insert(header).second) return;
    const std::string text = read(XGRAD_SOURCE_DIR "/include/xgrad/" + header);
    const std::string include = "#include \"xgrad/";
    for (std::size_t at = text.find(include); at != std::string::npos; at = text.find(include, at + 1)) {
        const std::size_t begin = at + include.size();
        reach(text.substr(begin, text.find('"', begin) - begin), seen);
    }
}

// Words and single characters; comments, preprocessor lines, texts and [[attributes]] left out.
std::vector<std::string> tokens_of(const std::string& text)
{
    const auto word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < text.size();) {
        if (text.compare(i, 2, "//") == 0 || text[i] == '#') {
            do i = std::min(text.find('\n', i), text.size() - 1) + 1;
            while (i < text.size() && i >= 2 && text[i - 2] == '\\');
        } else if (text.compare(i, 2, "[[") == 0) {
            i = text.find("]]", i) + 2;
        } else if (text[i] == '"') {
            for (++i; text[i] != '"'; ++i)
                if (text[i] == '\\') ++i;
            ++i;
            tokens.push_back("\"\"");
        } else if (word(text[i])) {
            std::size_t end = i;
            while (end < text.size() && word(text[end])) ++end;
            tokens.push_back(text.substr(i, end - i));
            i = end;
        } else {
            if (!std::isspace(static_cast<unsigned char>(text[i]))) tokens.push_back(text.substr(i, 1));
            ++i;
        }
    }
    return tokens;
}

// The place behind the bracket that closes the one at `i`; "->" closes nothing.
std::size_t behind(const std::vector<std::string>& tokens, std::size_t i, const char* open, const char* close)
{
    int depth = 0;
    do {
        if (tokens[i] == open) ++depth;
        if (tokens[i] == close && tokens[i - 1] != "-") --depth;
        ++i;
    } while (depth > 0 && i < tokens.size());
    return i;
}

bool is_word(const std::string& token)
{
    return std::isalpha(static_cast<unsigned char>(token[0])) || token[0] == '_';
}

// The name that a declaration at namespace scope declares; empty if there is none, or an operator, or part of another
// class ("Tape::variable").
std::string declared(const std::vector<std::string>& tokens)
{
    std::vector<std::string> words;  // without template <...> and what stands in < >
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i] == "operator" || tokens[i] == "friend" || tokens[i] == "static_assert") return {};
        if (tokens[i] == "extern") return {};
        if (tokens[i] == "requires" || (tokens[i] == "<" && i > 0)) {
            // A constraint is left out up to the type that follows it, which every function here begins with.
            if (tokens[i] == "<") {
                i = behind(tokens, i, "<", ">") - 1;
                continue;
            }
            if (i + 1 < tokens.size() && tokens[i + 1] == "(") {
                i = behind(tokens, i + 1, "(", ")") - 1;
                continue;
            }
            static const std::set<std::string> types = {
                "Variable",  "auto",           "inline",        "GradcheckReport",
                "void",      "CompiledStep",   "LstmCellState", "ValueAndTangent",
                "AffineMap", "LocalAffineMap", "bool",          "CustomOp",
                "std"};
            while (i + 1 < tokens.size() && (!types.contains(tokens[i + 1]) || tokens[i] == "<" ||
                                             (tokens[i + 1] == "std" && tokens[i] != ">")))
                ++i;
            continue;
        }
        words.push_back(tokens[i]);
    }
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const std::string& kind = words[i];
        if (kind == "enum" && (words[i + 1] == "class" || words[i + 1] == "struct")) continue;
        if (kind == "struct" || kind == "class" || kind == "enum" || kind == "concept") return words[i + 1];
        if (kind == "using") return i + 2 < words.size() && words[i + 2] == "=" ? words[i + 1] : "";
        if (kind == "(" || kind == "=" || kind == "{") break;
    }
    std::size_t end = 0;
    while (end < words.size() && words[end] != "(" && words[end] != "=" && words[end] != "{") ++end;
    if (end < 2 || !is_word(words[end - 1])) return {};
    if (words[end - 2] == ":") return {};
    return words[end - 1];
}

void collect(const std::vector<std::string>& tokens, std::set<std::string>& names)
{
    std::string space;  // "", then "xgrad", "xgrad::nn"
    std::vector<std::string> outer, declaration;
    for (std::size_t i = 0; i < tokens.size();) {
        if (tokens[i] == "namespace") {
            std::size_t open = i;
            std::string name;
            for (++open; tokens[open] != "{"; ++open) name += tokens[open];
            if (name == "detail" || name == "kernels" || name.empty() || name.ends_with("::detail")) {
                i = behind(tokens, open, "{", "}");
            } else {
                outer.push_back(space);
                space += (space.empty() ? "" : "::") + name;
                i = open + 1;
            }
            declaration.clear();
            continue;
        }
        if (tokens[i] == "}" && declaration.empty() && !outer.empty()) {
            space = outer.back();
            outer.pop_back();
            ++i;
            continue;
        }
        const bool ends = tokens[i] == ";", body = tokens[i] == "{";
        if (!ends && !body) {
            if (tokens[i] == "(") {  // parameters, with braces of their own
                const std::size_t end = behind(tokens, i, "(", ")");
                declaration.insert(declaration.end(), tokens.begin() + static_cast<std::ptrdiff_t>(i),
                                   tokens.begin() + static_cast<std::ptrdiff_t>(end));
                i = end;
            } else {
                declaration.push_back(tokens[i++]);
            }
            continue;
        }
        const bool specialised = declaration.size() > 2 && declaration[1] == "<" && declaration[2] == ">";
        const bool forward = ends && declaration.size() == 2;  // struct Op;
        const std::string name = specialised || forward ? "" : declared(declaration);
        if (!name.empty() && (space == "xgrad" || space == "xgrad::nn"))
            names.insert(space == "xgrad" ? name : "nn::" + name);
        i = body ? behind(tokens, i, "{", "}") : i + 1;
        if (body && i < tokens.size() && tokens[i] == ";") ++i;
        declaration.clear();
    }
}

bool is_operator(const std::string& name)
{
    return name.starts_with("operator") || name.starts_with("nn::operator");
}

}  // namespace

std::vector<std::string> names_of_headers()
{
    std::set<std::string> headers, names;
    for (const char* header : {"autodiff.hpp", "draw.hpp", "nn.hpp", "autodiff/update.hpp"})
        reach(header, headers);
    for (const std::string& header : headers)
        collect(tokens_of(read(XGRAD_SOURCE_DIR "/include/xgrad/" + header)), names);
    return {names.begin(), names.end()};
}

int missing_names(const std::vector<Snippet>& snippets)
{
    std::set<std::string> marked;
    for (const Snippet& snippet : snippets) marked.insert(snippet.name);
    const std::vector<std::string> declared = names_of_headers();
    int missing = 0;
    for (const std::string& name : declared)
        if (!marked.contains(name)) {
            std::cerr << "no snippet shows " << name
                      << ": write one in examples/reference, between two lines \"//! [" << name << "]\"\n";
            ++missing;
        }
    for (const xgrad::Op* op : xgrad::registry()) {
        if (op->internal || op->traits.leaf || !op->derived_from.empty()) continue;
        const std::string name(op->name);
        if (marked.contains(name) || marked.contains("nn::" + name)) continue;
        std::cerr << "no snippet shows the op " << name << " of the registry\n";
        ++missing;
    }
    const std::set<std::string> known(declared.begin(), declared.end());
    for (const std::string& name : marked)
        if (!known.contains(name) && !known.contains(name.substr(0, name.rfind("::"))) &&
            !is_operator(name)) {
            std::cerr << "a snippet shows " << name << ", which no public header declares\n";
            ++missing;
        }
    return missing;
}

}  // namespace shown
