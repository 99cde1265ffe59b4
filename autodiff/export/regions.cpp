// Regions as polygons.
#include "autodiff/export/regions.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "autodiff/export/theme.hpp"
#include "xgrad/autodiff/text.hpp"

namespace xgrad {
namespace {

constexpr double left = 56, top = 30, side = 440;

std::string escaped(const std::string& text)
{
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (static_cast<unsigned char>(c) < 32 && c != '\n')
            out += "\xEF\xBF\xBD";
        else
            out += c;
    }
    return out;
}

std::string with_minus(std::string text)  // U+2212, as in all pictures
{
    for (std::size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 3)
        text.replace(at, 1, "\u2212");
    return text;
}

class Canvas {
  public:
    Canvas(const LinearRegions& regions, const RegionDrawOptions& options)
        : r_(regions),
          o_(options),
          c_(detail::palette(options.theme)),
          scale_(side / std::max(regions.high_s - regions.low_s, regions.high_t - regions.low_t))
    {}

    std::string svg()
    {
        double low = INFINITY, high = -INFINITY;
        for (const LinearRegion& region : r_.regions) {
            const auto centre = region.centre();
            const double value = region.value(centre[0], centre[1], o_.element);
            low = std::min(low, value);
            high = std::max(high, value);
        }
        for (const LinearRegion& region : r_.regions) {
            const auto centre = region.centre();
            const double value = region.value(centre[0], centre[1], o_.element);
            const double share = high > low ? (value - low) / (high - low) : 0;
            const int step = std::min(static_cast<int>(share * 6), 5);
            body_ += "<polygon class=\"region\" fill=\"" + std::string(c_.ramp[step]) + "\" points=\"";
            for (const auto& p : region.polygon) body_ += xy(p[0], p[1]) + " ";
            body_ += "\"/>\n";
        }
        if (o_.zero_line)
            for (const LinearRegion& region : r_.regions) zero(region);
        for (const RegionMark& mark : o_.marks) put(mark);
        axes();
        return page();
    }

  private:
    double x(double s) const { return left + (s - r_.low_s) * scale_; }
    double y(double t) const { return top + (r_.high_t - t) * scale_; }
    std::string xy(double s, double t) const { return fixed_text(x(s), 2) + "," + fixed_text(y(t), 2); }

    void line(double x1, double y1, double x2, double y2, const std::string& style)
    {
        body_ += "<line x1=\"" + fixed_text(x1, 2) + "\" y1=\"" + fixed_text(y1, 2) + "\" x2=\"" +
                 fixed_text(x2, 2) + "\" y2=\"" + fixed_text(y2, 2) + "\" " + style + "/>\n";
    }
    void write(double at_x, double at_y, const std::string& text, const std::string& style)
    {
        body_ += "<text x=\"" + fixed_text(at_x, 1) + "\" y=\"" + fixed_text(at_y, 1) + "\" " + style + ">" +
                 escaped(text) + "</text>\n";
    }
    // Where the element is 0 within a region: a piece of a line, if there is one.
    void zero(const LinearRegion& region)
    {
        std::vector<std::array<double, 2>> ends;
        for (std::size_t i = 0; i < region.polygon.size(); ++i) {
            const auto &p = region.polygon[i], &q = region.polygon[(i + 1) % region.polygon.size()];
            const double f = region.value(p[0], p[1], o_.element), g = region.value(q[0], q[1], o_.element);
            if ((f >= 0) == (g >= 0)) continue;
            const double w = f / (f - g);
            ends.push_back({p[0] + w * (q[0] - p[0]), p[1] + w * (q[1] - p[1])});
        }
        if (ends.size() != 2) return;
        line(x(ends[0][0]), y(ends[0][1]), x(ends[1][0]), y(ends[1][1]), "class=\"zero\"");
    }
    void put(const RegionMark& mark)
    {
        const double cx = x(mark.s), cy = y(mark.t);
        if (mark.kind == 0)
            body_ += "<circle cx=\"" + fixed_text(cx, 1) + "\" cy=\"" + fixed_text(cy, 1) +
                     "\" r=\"3.2\" class=\"a\"/>\n";
        else
            body_ += "<path d=\"M" + fixed_text(cx - 3.6, 1) + " " + fixed_text(cy + 2.8, 1) +
                     " h7.2 l-3.6 -6.4 z\" class=\"b\"/>\n";
    }
    void axes()
    {
        const double bottom = y(r_.low_t), right = x(r_.high_s);
        line(left, bottom, right, bottom, "class=\"axis\"");
        line(left, top, left, bottom, "class=\"axis\"");
        for (int k = 0; k <= 4; ++k) {
            const double s = r_.low_s + (r_.high_s - r_.low_s) * k / 4,
                         t = r_.low_t + (r_.high_t - r_.low_t) * k / 4;
            line(x(s), bottom, x(s), bottom + 4, "class=\"axis\"");
            write(x(s), bottom + 17, with_minus(number_text(s)), "class=\"tick\" text-anchor=\"middle\"");
            line(left - 4, y(t), left, y(t), "class=\"axis\"");
            write(left - 8, y(t) + 3.5, with_minus(number_text(t)), "class=\"tick\" text-anchor=\"end\"");
        }
        write(right, bottom + 32, "s, along u", "class=\"tick\" text-anchor=\"end\"");
        write(left - 44, top - 12, "t, along v", "class=\"tick\"");
        height_ = bottom + 40;
    }
    std::string page()
    {
        double at = height_ + 16;
        if (!o_.title.empty()) {
            write(16, at, o_.title, "class=\"title\"");
            at += 18;
        }
        std::string rest = o_.caption + (o_.caption.empty() ? "" : "\n") + std::to_string(r_.regions.size()) +
                           (r_.regions.size() == 1 ? " region" : " regions") +
                           ", affine in each; the darker, the larger y" +
                           (r_.outputs > 1 ? "[" + std::to_string(o_.element) + "]" : "");
        if (o_.theme == Theme::dark) rest.replace(rest.rfind("darker"), 6, "brighter");
        if (o_.zero_line) rest += "; bold: y = 0";
        for (std::size_t from = 0; from <= rest.size();) {
            const std::size_t end = std::min(rest.find('\n', from), rest.size());
            write(16, at, rest.substr(from, end - from), "class=\"caption\"");
            at += 15;
            from = end + 1;
        }
        const std::string width = fixed_text(x(r_.high_s) + 24, 0), high = fixed_text(at, 0);
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + high +
               "\" viewBox=\"0 0 " + width + " " + high + "\" font-family=\"" + detail::font_name +
               "\">\n<style>.region{stroke:" + c_.line +
               ";stroke-width:0.7;stroke-linejoin:round}.zero{stroke:" + c_.ink +
               ";stroke-width:2.2;stroke-linecap:round}.axis{stroke:" + c_.ink2 +
               ";stroke-width:0.8}.tick{font-size:10.5px;fill:" + c_.ink2 +
               "}.title{font-size:14px;font-weight:bold;fill:" + c_.ink +
               "}.caption{font-size:10.5px;fill:" + c_.ink2 + "}.a{fill:" + c_.paper +
               ";stroke:" + c_.touched_line + ";stroke-width:1.5}.b{fill:" + c_.wrong_line +
               ";stroke:" + c_.paper +
               ";stroke-width:0.8}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"" + c_.paper +
               "\"/>\n" + body_ + "</svg>\n";
    }

    const LinearRegions& r_;
    const RegionDrawOptions& o_;
    const detail::Palette& c_;
    double scale_, height_ = 0;
    std::string body_;
};

}  // namespace

void Drawing::save(const std::string& path) const
{
    if (!path.ends_with(".svg"))
        throw ValueError("save: '" + path + "' does not end in .svg: regions are drawn as SVG");
    std::ofstream file(path, std::ios::binary);
    file << svg_;
    file.close();
    if (!file) throw DataError("save: '" + path + "' cannot be written");
}

Drawing draw(const LinearRegions& regions, const RegionDrawOptions& options)
{
    if (regions.barrier) throw ValueError("draw: there are no regions: " + regions.barrier->text);
    if (options.element >= static_cast<std::size_t>(regions.outputs))
        throw ValueError("draw: y has " + counted(static_cast<std::size_t>(regions.outputs), "element") +
                         ", there is no element " + std::to_string(options.element));
    return Drawing(Canvas(regions, options).svg());
}

}  // namespace xgrad
