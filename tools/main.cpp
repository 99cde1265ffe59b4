// The command line tool: xgrad VERB.
#include <CLI/CLI.hpp>
#include <iostream>

#include "op_facts.hpp"
#include "ops.hpp"

int main(int argc, char** argv)
{
    using namespace xgrad::tools;
    CLI::App app{"xgrad: automatic differentiation and neural networks for xtensor", "xgrad"};
    app.require_subcommand(1);

    std::string pattern;
    bool json = false, page = false, all = false;
    CLI::App* ops =
        app.add_subcommand("ops", "list the ops: inputs, element types, range, which derivative at kinks");
    ops->add_option("PATTERN", pattern, "only ops whose name contains this");
    auto* as_json = ops->add_flag(
        "--json", json, "as JSON: name, arity, dtypes, traits, kink rule, formula, names elsewhere");
    ops->add_flag("--page", page, "as the page 'Ops, side by side' (Markdown)")->excludes(as_json);
    ops->add_flag("--all", all,
                  "with the rows that only the library itself records: derivatives, leaves, updates");
    CLI11_PARSE(app, argc, argv);

    try {
        const auto chosen = chosen_ops(pattern, all);
        if (chosen.empty()) {
            std::cerr << "xgrad ops: no op has '" << pattern << "' in its name\n";
            return 1;
        }
        (json ? write_json : page ? write_page : write_text)(std::cout, chosen);
    } catch (const std::exception& error) {
        std::cerr << "xgrad ops: " << error.what() << '\n';
        return 1;
    }
    return std::cout.flush() ? 0 : 1;
}
