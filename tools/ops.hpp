// `xgrad ops`: the registry as a table, as JSON, as a page.
#pragma once

#include <iosfwd>
#include <span>

#include "xgrad/autodiff/op.hpp"

namespace xgrad::tools {

/// A line an op: name, inputs, element types, kink rule, range.
void write_text(std::ostream& out, std::span<const Op* const> ops);

/// An array of objects: name, arity (null: any number), outputs, inputs, dtypes, traits, kink, low and high (null: no
/// bound), continuity and monotonicity (null: not declared), formula, gradient, differentiable, derived_from, and the names in numpy, torch and jax (null: none).
void write_json(std::ostream& out, std::span<const Op* const> ops);

/// The page "from NumPy, PyTorch and JAX to xgrad" in Markdown.
void write_page(std::ostream& out, std::span<const Op* const> ops);

}  // namespace xgrad::tools
