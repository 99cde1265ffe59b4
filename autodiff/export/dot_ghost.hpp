// The alternative that a certificate refuses, as a dashed tower. Internal.
#pragma once

#include <string>
#include <vector>

#include "autodiff/export/dot_parts.hpp"
#include "autodiff/export/dot_sheet.hpp"

namespace xgrad::detail {

/// One entry of a certificate: a statement, and what it is about in small.
struct Entry {
    std::string big;  ///< HTML
    std::string small;
    bool wrong = false;
};

/// One layer in place of the nodes of a refusal: what it would cost, and its tower.
struct Ghost {
    Ghost(const Certificate& certificate, const Refusal& refusal);

    RefusalReason reason;
    bool valid = false;  ///< its shapes are known
    bool biased = false;
    Shape in_shape, out_shape;
    std::int64_t rank = 0;  ///< the narrowest length on the way
    double parameters_before = 0, parameters_after = 0, flops_before = 0,
           flops_after = 0;  ///< flops per sample

    std::vector<Entry> entries() const;
    /// Draws it into the open cluster and returns the key of its last node.
    std::string draw(Sheet& sheet) const;
    /// What entries hang under.
    std::string under() const { return biased ? "gb" : "gw"; }
};

}  // namespace xgrad::detail
