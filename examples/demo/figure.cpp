// The figure of the error functions, drawn by gnuplot from values that the library's ops computed.
#include "figure.hpp"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

namespace demo {
namespace {

std::string read_file(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    if (!file) throw DataError("cannot read " + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// A path as one word of a POSIX shell.
std::string quoted(const std::string& text)
{
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

}  // namespace

Figure draw_losses(const std::string& folder)
{
    constexpr std::int64_t points = 241;
    Tape tape;
    // z = t y on [-2, 2] with t = 1.
    const Variable z = affine(arange(tape.constant(0.0), points, DType::float64), 4.0 / (points - 1), -2);
    const Variable t = ones_like(z);
    const auto at = z.value<double>();
    const auto hinge = nn::hinge_loss(z, t, nn::Reduction::none).value<double>();
    const auto logistic = (nn::logistic_loss(z, t, nn::Reduction::none) / std::log(2.0)).value<double>();
    const auto squared = nn::mse_loss(z, t, nn::Reduction::none).value<double>();
    const auto wrong = cast(z < 0.0, DType::float64).value<double>();

    const std::string csv = folder + "/losses.csv";
    std::ofstream file(csv);
    file << "z,wrong,hinge,logistic_over_ln2,squared\n";
    for (std::int64_t i = 0; i < points; ++i)
        file << at(i) << ',' << wrong(i) << ',' << hinge(i) << ',' << logistic(i) << ',' << squared(i)
             << '\n';
    file.close();
    if (!file) throw DataError("cannot write " + csv);

    const std::string scripts = XGRAD_SOURCE_DIR "/examples/figures";
    const auto draw = [&](const std::string& svg, const std::string& theme) {
        const std::string command = "gnuplot -e " +
                                    quoted("data='" + csv + "'; result='" + svg + "'; style='" + scripts +
                                           "/style.gp'; theme='" + theme + "'") +
                                    " " + quoted(scripts + "/losses.gp");
        if (std::system(command.c_str()) != 0)
            throw DataError("gnuplot could not draw " + svg + " (is the package gnuplot-nox installed?)");
        return read_file(svg);
    };
    return {draw(folder + "/losses.svg", "light"), draw(folder + "/losses-dark.svg", "dark")};
}

}  // namespace demo
