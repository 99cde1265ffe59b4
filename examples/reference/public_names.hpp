// Which names are public: those that the headers declare, and the ops of the registry.
#pragma once

#include <string>
#include <vector>

#include "shown.hpp"

namespace shown {

/// What the installed headers (autodiff.hpp, draw.hpp, nn.hpp and autodiff/update.hpp, with what they include) declare in
/// the namespaces xgrad and xgrad::nn, without detail: "nn::Linear". Operators and types within others are left out;
/// snippets may show them too.
std::vector<std::string> names_of_headers();

/// Prints the public names that have no snippet, and snippets of names that there are not. Returns how many there are.
int missing_names(const std::vector<Snippet>& snippets);

}  // namespace shown
