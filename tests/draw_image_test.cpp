// Images and files of pictures: well formed, the same each time, from several threads; sizes and options that are refused.
#define BOOST_TEST_MODULE draw_image
#include <boost/test/unit_test.hpp>

#include <thread>

#include "draw_support.hpp"

using namespace xgrad;
using namespace draw_support;

namespace {

// A small check that XML is well formed: tags balance, attributes are quoted, no stray & or control characters.
void well_formed(const std::string& xml)
{
    std::vector<std::string> open;
    for (std::size_t i = 0; i < xml.size();) {
        const unsigned char c = static_cast<unsigned char>(xml[i]);
        BOOST_REQUIRE(c >= 0x20 || c == '\n' || c == '\t' || c == '\r');
        if (c == '&') {
            const std::size_t end = xml.find(';', i);
            BOOST_REQUIRE(end != std::string::npos && end - i < 10);
        }
        if (c != '<') {
            ++i;
            continue;
        }
        if (xml.compare(i, 4, "<!--") == 0) {
            i = xml.find("-->", i) + 3;
            continue;
        }
        std::size_t end = i;
        for (char quote = 0; quote || xml[end] != '>'; ++end) {
            BOOST_REQUIRE(end + 1 < xml.size());
            if (quote ? xml[end] == quote : xml[end] == '"' || xml[end] == '\'') quote = quote ? 0 : xml[end];
        }
        const std::string tag = xml.substr(i + 1, end - i - 1);
        i = end + 1;
        if (tag[0] == '?' || tag[0] == '!' || tag.back() == '/') continue;
        if (tag[0] != '/') {
            open.push_back(tag.substr(0, tag.find_first_of(" \n")));
            continue;
        }
        BOOST_REQUIRE(!open.empty());
        BOOST_TEST(open.back() == tag.substr(1));
        open.pop_back();
    }
    BOOST_TEST(open.empty());
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_same_graph_gives_the_same_bytes)
{
    const Network net(mlp());
    const Graph graph = net.training();
    const Picture first = draw(graph), second = draw(graph), other = draw(Network(mlp()).training());
    BOOST_TEST((first.dot() == second.dot()));
    BOOST_TEST((first.dot() == other.dot()));
    BOOST_TEST((first.svg() == second.svg()));
    BOOST_TEST((first.dot() != draw(graph, {.theme = Theme::dark}).dot()));
}

BOOST_AUTO_TEST_CASE(svg_is_well_formed_and_carries_ids_and_classes)
{
    for (const Picture& picture :
         {scalar(), scalar(Theme::dark), draw(Network(mlp()).training()), names(), collapse(), barrier()})
        well_formed(picture.svg());
    const std::string svg = draw(Network(mlp()).training()).svg();
    for (const char* part :
         {"class=\"node nonlin\"", "class=\"node op\"", "class=\"node grad\"", "class=\"node param\"",
          "class=\"cluster module\"", "class=\"cluster backward\"", "class=\"edge kept\"", "id=\"n1\""})
        BOOST_TEST((svg.find(part) != std::string::npos), part);
}

BOOST_AUTO_TEST_CASE(two_threads_draw_at_once)
{
    const std::string training = draw(Network(mlp()).training()).svg(), two = collapse().svg();
    std::vector<std::string> results[2];
    const auto work = [&](int which) {
        for (int k = 0; k < 8; ++k)
            results[which].push_back((which == 0 ? draw(Network(mlp()).training()) : collapse()).svg());
    };
    std::thread first(work, 0), second(work, 1);
    first.join();
    second.join();
    for (const std::string& svg : results[0]) BOOST_TEST((svg == training));
    for (const std::string& svg : results[1]) BOOST_TEST((svg == two));
}

BOOST_AUTO_TEST_CASE(a_graph_too_large_to_lay_out_is_still_dot)
{
    Tape tape;
    Variable a = tape.variable(1.0, "a"), b = tape.variable(2.0, "b");
    for (int k = 0; k < 10000; ++k) {
        const Variable sum = a + b;
        b = a * b;
        a = sum;
    }
    const Picture picture = draw(a + b);
    BOOST_TEST(picture.dot().size() > 1000000u);
    const std::string message = message_of([&] { picture.svg(); });
    BOOST_CHECK_THROW(picture.save("large.png"), DrawError);
    BOOST_TEST((message.find(std::to_string(layout_limit)) != std::string::npos), message);
    BOOST_TEST((message.find(".dot") != std::string::npos), message);
    const std::filesystem::path file = std::filesystem::temp_directory_path() / "xgrad_draw_test_large.dot";
    picture.save(file.string());
    BOOST_TEST((read(file) == picture.dot()));
    std::filesystem::remove(file);
}

BOOST_AUTO_TEST_CASE(files_are_written_by_their_ending)
{
    const Picture picture = scalar();
    const std::filesystem::path folder = std::filesystem::temp_directory_path();
    for (const auto& [ending, start] :
         std::initializer_list<std::pair<std::string, std::string>>{{".svg", "<?xml"},
                                                                    {".png", "\x89PNG"},
                                                                    {".pdf", "%PDF"},
                                                                    {".gv", "digraph"},
                                                                    {".SVG", "<?xml"}}) {
        const std::filesystem::path file = folder / ("xgrad_draw_test" + ending);
        picture.save(file.string());
        BOOST_TEST((read(file).compare(0, start.size(), start) == 0), ending);
        std::filesystem::remove(file);
    }
    for (const char* path : {"picture.jpg", "picture", "svg", "a.svg/picture"}) {
        BOOST_CHECK_THROW(picture.save(path), ValueError);
        BOOST_TEST((message_of([&] { picture.save(path); }).find(".dot, .gv, .svg, .png or .pdf") !=
                    std::string::npos));
    }
    BOOST_CHECK_THROW(picture.save("/no/such/folder/picture.dot"), DataError);
    BOOST_TEST(message_of([&] { picture.save("no/such/folder/picture.svg"); }) ==
               "save: cannot write 'no/such/folder/picture.svg': No such file or directory");
}

BOOST_AUTO_TEST_CASE(wrong_options_are_refused)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{1., 2.}, "x"), y = exp(x);
    BOOST_CHECK_THROW(draw(y, {.depth = 0}), ValueError);
    BOOST_CHECK_THROW(draw(y, {.depth = -2}), ValueError);
    BOOST_CHECK_THROW(draw(y, {.values = true}), ValueError);                // not scalar
    BOOST_CHECK_THROW(draw(tape.graph({y}), {.values = true}), ValueError);  // no values
    BOOST_CHECK_THROW(draw(std::span<const Variable>()), ValueError);
    const Variable two[] = {y, exp(y)};
    for (const int wrong : {-1, 0, 3, 7}) {
        const std::string message = message_of([&] { draw(two, {.forward_outputs = wrong}); });
        BOOST_TEST((message.find("forward_outputs is " + std::to_string(wrong) + ", expected 1 to 2") !=
                    std::string::npos),
                   message);
        BOOST_CHECK_THROW(draw(sum(y), {.values = true, .forward_outputs = wrong}), ValueError);
        const Certificate certificate = collapse_linear(tape.graph({y})).certificate;
        BOOST_CHECK_THROW(draw(certificate, {.forward_outputs = wrong}), ValueError);
    }
    BOOST_CHECK_NO_THROW(draw(two, {.forward_outputs = 2}));
    BOOST_CHECK_NO_THROW(draw(Graph()));
    Variable z = tape.variable(1.0, "z");
    for (int k = 0; k < 41; ++k) z = exp(z);
    BOOST_CHECK_THROW(draw(z, {.values = true}), ValueError);
}

BOOST_AUTO_TEST_CASE(text_that_graphviz_refuses_throws_its_message)
{
    BOOST_CHECK_THROW(Picture("digraph {", 1).svg(), DrawError);
    BOOST_TEST(message_of([] { Picture("digraph {", 1).svg(); }).find("syntax error") != std::string::npos);
    BOOST_CHECK_NO_THROW(scalar().svg());  // and the next picture is drawn
}

BOOST_AUTO_TEST_CASE(pages_hold_several_pictures)
{
    const std::string svg = scalar().svg();
    const std::string page = html_page("a < b", inline_svg(svg, "first-") + inline_svg(svg, "second-"));
    BOOST_TEST((page.find("<title>a &lt; b</title>") != std::string::npos));
    BOOST_TEST((page.find("prefers-color-scheme: dark") != std::string::npos));
    BOOST_TEST((page.find("id=\"first-n0\"") != std::string::npos));
    BOOST_TEST((page.find("id=\"second-n0\"") != std::string::npos));
    BOOST_TEST((page.find("id=\"n0\"") == std::string::npos));
    BOOST_TEST((page.find("<?xml") == std::string::npos));
    BOOST_TEST((page.find("href=\"http") == std::string::npos));
    well_formed(inline_svg(svg, "p-"));
    BOOST_CHECK_THROW(inline_svg("no picture", "p"), ValueError);
}
