// Which names are public: those that the headers declare, and the ops of the registry.
#pragma once

#include <string>
#include <vector>

#include "shown.hpp"

namespace shown {

/// What the headers that autodiff.hpp, draw.hpp and nn.hpp reach declare in the namespaces xgrad and xgrad::nn, without
/// detail; "nn::Linear". Operators are left out.
std::vector<std::string> names_of_headers();

/// Prints the public names that have no snippet, and snippets of names that there are not. Returns how many there are.
int missing_names(const std::vector<Snippet>& snippets);

}  // namespace shown
