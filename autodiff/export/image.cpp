// Picture: images of DOT text, and files.
#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "autodiff/export/layout.hpp"
#include "xgrad/autodiff/export/picture.hpp"

namespace xgrad {
namespace {

constexpr std::array<std::string_view, 5> formats = {"dot", "gv", "svg", "png", "pdf"};

// The ending of a file name without its dot, in lower case.
std::string ending(const std::string& path)
{
    const std::size_t dot = path.rfind('.');
    if (dot == std::string::npos || path.find('/', dot) != std::string::npos) return "";
    std::string text = path.substr(dot + 1);
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::string image(const Picture& picture, std::size_t size, const std::string& format)
{
    if (size > layout_limit)
        throw DrawError("draw: the picture has " + std::to_string(size) + " nodes and arrows; up to " +
                        std::to_string(layout_limit) +
                        " can be laid out. Close modules (DrawOptions::depth), or save it as .dot");
    return detail::render(picture.dot(), format);
}

}  // namespace

std::string Picture::svg() const { return image(*this, size_, "svg"); }

void Picture::save(const std::string& path) const
{
    const std::string format = ending(path);
    bool known = false;
    for (const std::string_view name : formats) known = known || name == format;
    if (!known) throw ValueError("save: '" + path + "' must end in .dot, .gv, .svg, .png or .pdf");
    const bool text = format == "dot" || format == "gv";
    const std::string data = text ? dot_ : image(*this, size_, format);
    errno = 0;
    std::ofstream file(path, std::ios::binary);
    file.write(data.data(), static_cast<std::streamsize>(data.size()));
    file.close();
    const int reason = errno;
    if (!file)
        throw DataError("save: cannot write '" + path + "'" +
                        (reason == 0 ? "" : ": " + std::system_category().message(reason)));
}

}  // namespace xgrad
