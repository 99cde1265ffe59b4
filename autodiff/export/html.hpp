// Pages that show pictures offline, and follow the reader's light or dark setting.
#pragma once

#include <string>
#include <string_view>

namespace xgrad {

/// A complete page in one file: nothing is loaded from elsewhere. `title` is text, `body` is HTML. Its style sheet
/// restyles inlined pictures for dark screens (draw them with Theme::light). A `figure`, and what has the class "wide",
/// pans where it is wider than the page; "on-light" and "on-dark" are seen in that setting alone. Pictures shrink to
/// three quarters of their size to fit, not further.
std::string html_page(std::string_view title, std::string_view body);

/// An SVG document as an element of a page: without XML prolog; `prefix` is put before its ids, so that several
/// pictures can share the page.
std::string inline_svg(std::string_view svg, std::string_view prefix);

}  // namespace xgrad
