// The log of a rewriting as text.
#include <algorithm>
#include <ostream>

#include "xgrad/autodiff/rewrite.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace {

std::string ids(const std::vector<ValueId>& nodes)
{
    std::string text;
    for (const ValueId id : nodes) text += (text.empty() ? "%" : ", %") + std::to_string(id);
    return text.empty() ? "(replaced later)" : text;
}

}  // namespace

std::size_t RewriteLog::count(std::string_view rule) const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(applied, [&](const Application& a) { return a.rule == rule; }));
}

Exactness RewriteLog::exactness() const
{
    Exactness worst = Exactness::bitwise;
    for (const Application& application : applied) worst = std::max(worst, application.exactness);
    return worst;
}

std::string RewriteLog::text() const
{
    std::string text = counted(nodes_before, "node") + " became " + std::to_string(nodes_after) + "; " +
                       counted(applied.size(), "rewrite") + ", " + std::to_string(refused.size()) +
                       " refused\n";
    for (const Application& a : applied) {
        text += a.rule + (a.path.empty() ? "" : " (" + a.path + ")") + ": " + a.from + " -> " + a.to + "\n";
        text += "    " + ids(a.before) + " -> " + ids(a.after) + "; ";
        text += a.exactness == Exactness::bitwise        ? "the same bits"
                : a.exactness == Exactness::sign_of_zero ? "equal; the sign of a zero may differ"
                                                         : a.bound;
        text += "\n";
    }
    for (const NotApplied& r : refused)
        text += "not applied: " + r.rule + " at " + ids(r.nodes) + ": " + r.reason + "\n";
    return text;
}

std::ostream& operator<<(std::ostream& out, const RewriteLog& log) { return out << log.text(); }

}  // namespace xgrad
