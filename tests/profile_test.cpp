// Profiles and reports: what was planned and where time goes, counted by hand; profiling changes nothing; pictures
// coloured by time.
#define BOOST_TEST_MODULE profile
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>

#include "autodiff/export/theme.hpp"
#include "draw_support.hpp"
#include "xgrad/autodiff/text.hpp"

#include <xgrad/nn.hpp>

using namespace xgrad;
using namespace draw_support;

namespace {

std::vector<double> values(const Parameter& p)
{
    const Array array = p.array();
    std::vector<double> result;
    for (std::int64_t k = 0; k < array.size(); ++k)
        result.push_back(p.dtype() == DType::float32 ? static_cast<const float*>(array.data())[k]
                                                     : static_cast<const double*>(array.data())[k]);
    return result;
}

// sum(tanh(x W + b)): 8 rows, 4 columns in, 3 out.
struct Small {
    Tape tape;
    Parameter w = parameter({4, 3}, "w"), b = parameter({3}, "b");
    Array x = xt::xarray<double>(xt::ones<double>({8, 4}));
    Variable y = sum(tanh(matmul(tape.variable(x, "x"), w) + b));
};

struct Net {
    nn::Linear hidden{6, 5}, out{5, 2};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const { return out(dropout(tanh(hidden(x)), 0.5)); }
};

Net fresh()
{
    Net net;
    nn::initialise(net, nn::xavier_uniform, 3);
    return net;
}

std::string text_of_node(const std::string& svg, const std::string& id)
{
    const std::size_t at = svg.find("id=\"" + id + "\"");
    return at == std::string::npos ? "(no " + id + ")" : visible(svg.substr(at, svg.find("</g>", at) - at));
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

// ---------------------------------------------------------------- numbers counted by hand

BOOST_AUTO_TEST_CASE(a_report_counts_what_one_counts_by_hand)
{
    const Small small;
    const ProgramReport report = Program(small.tape.graph({small.y})).report();
    BOOST_TEST(report.steps == 2u);  // the product; bias, tanh and sum as one
    BOOST_TEST(report.kernels == 1u);
    BOOST_TEST(report.groups == 1u);
    BOOST_TEST(report.fused_ops == 3u);
    BOOST_TEST(report.fused_rows == 0u);
    BOOST_TEST(report.fused_sums == 1u);
    BOOST_TEST(report.updates + report.copies == 0u);
    BOOST_REQUIRE(report.largest_groups.size() == 1u);
    BOOST_TEST(report.largest_groups[0].names == "add, tanh, sum");
    BOOST_TEST(report.largest_groups[0].ops == 3u);
    BOOST_TEST(to_string(report.largest_groups[0].shape) == "[8, 3]");
    BOOST_TEST(report.planned_bytes == 192u);  // the product, 24 elements
    BOOST_TEST(report.naive_bytes == 192u);
    BOOST_TEST(report.unfused_bytes == 3 * 192u);  // with the sum and the tanh
    BOOST_TEST(report.parameters_read == 2u);
    BOOST_TEST(report.bytes_read == (12 + 3) * 8u);
    BOOST_TEST(report.parameters_written == 0u);
    BOOST_TEST(report.bytes_written == 0u);
    BOOST_TEST(report.flops == 2 * 8 * 4 * 3 + 24 + 24 + 24);
    BOOST_TEST(report.passes.front().before == 7u);
    BOOST_TEST(report.passes.back().after == 7u);
}

BOOST_AUTO_TEST_CASE(a_report_says_what_passes_and_updates_did)
{
    Tape tape;
    const Parameter w = parameter({3}, "w");
    const Variable x = tape.variable(xt::xarray<double>{1., 2., 3.}, "x"), p = tape.parameter(w);
    const Variable number = full(x, {}, 2.0) * full(x, {}, 3.0);
    const Variable y = softmax(exp(x * p) + exp(x * p)) * number;
    tape.assign(w, p - y);
    const ProgramReport report = Program(tape.graph({y})).report();
    // x, w, 2, 3, 2*3, x w, exp, x w, exp, +, softmax, * and -: 13; 2*3 is one number: 11; one x w and exp less: 9.
    std::map<std::string, std::pair<std::size_t, std::size_t>> passes;
    for (const auto& [name, before, after] : report.passes) passes.try_emplace(name, before, after);
    BOOST_TEST(passes.at("dead nodes").first == 13u);
    BOOST_TEST(passes.at("common nodes").first - passes.at("common nodes").second >= 2u);
    BOOST_TEST(report.passes.back().after == 9u);
    BOOST_TEST(report.fused_rows == 1u);
    BOOST_TEST(report.parameters_read == 1u);
    BOOST_TEST(report.parameters_written == 1u);
    BOOST_TEST(report.bytes_written == 24u);
    BOOST_TEST(report.copies == 1u);  // of w - y into w
    for (const char* part : {"program: 13 -> 9 nodes", "(1 row-wise)", "1 copy of outputs or parameters",
                             "parameters and other state: 1 read (24 B), 1 written (24 B)"})
        BOOST_TEST(contains(report.text(), part), part << " is not in:\n" << report.text());
}

BOOST_AUTO_TEST_CASE(the_page_of_a_report)
{
    ProgramReport report;
    report.passes = {{"dead nodes", 120, 100}, {"constants", 100, 97}};
    report.steps = 17;
    report.groups = 7;
    report.fused_ops = 41;
    report.fused_rows = 3;
    report.fused_sums = 1;
    report.kernels = 7;
    report.updates = 2;
    report.copies = 1;
    report.largest_groups = {{17, "tanh, mul x3, +13", {64, 128}}, {1, "relu", {}}};
    report.planned_bytes = 1234567;
    report.naive_bytes = 5000000;
    report.unfused_bytes = 9999999;
    report.scratch_bytes = 12288;
    report.constant_bytes = 64;
    report.parameters_read = 6;
    report.bytes_read = 400000;
    report.flops = 27.4e6;
    BOOST_TEST(report.text() == R"(program: 120 -> 97 nodes, 17 steps and 27.4 Mflop a run
passes
  dead nodes  120 -> 100 nodes
  constants   100 -> 97 nodes
steps
  7 groups of 41 fused ops (3 row-wise, 1 sum over everything)
    17 ops on [64, 128]: tanh, mul x3, +13
    1 op on []: relu
    5 smaller ones
  7 ops by themselves
  2 optimizer updates
  1 copy of outputs or parameters
memory
  1.23 MB of intermediate values, laid out by liveness
  5.00 MB if each had its own, 4.05 times as much
  10.0 MB if what lives within groups had memory too, 8.10 times as much
  12.3 kB of scratch for groups, for each thread
  64 B of constants
  parameters and other state: 6 read (400 kB), 0 written
)");
}

BOOST_AUTO_TEST_CASE(a_profile_counts_work_and_memory_of_each_step)
{
    Small small;
    Workspace workspace{Program(small.tape.graph({small.y}))};
    const Profile profile = workspace.profile({small.x}, 3);
    BOOST_REQUIRE(profile.steps.size() == 2u);
    BOOST_TEST(profile.runs == 3);
    BOOST_TEST(profile.graph.text() == workspace.program().graph().text());
    const Profile::Step &product = profile.steps[0], &group = profile.steps[1];
    BOOST_TEST(product.name == "matmul");
    BOOST_TEST(product.flops == 192);
    BOOST_TEST(product.bytes == (32 + 12 + 24) * 8);
    BOOST_TEST(product.where == "");
    BOOST_TEST(group.name == "add, tanh, sum");
    BOOST_TEST(group.nodes.size() == 3u);
    BOOST_TEST(group.flops == 72);
    BOOST_TEST(group.bytes == (24 + 3 + 1) * 8);  // product, bias, result
    BOOST_TEST(profile.flops() == workspace.program().report().flops);
    BOOST_TEST(profile.bytes() == product.bytes + group.bytes);
    BOOST_TEST(profile.fastest() == product.fastest + group.fastest);
    for (const Profile::Step& step : profile.steps) {
        BOOST_TEST(step.fastest >= 0);
        BOOST_TEST(step.median >= step.fastest);
    }
    const Profile::Step made{{}, "", "", 10, 12, 50, 20};
    BOOST_TEST(made.gflops() == 5);
    BOOST_TEST(made.gigabytes() == 2);
    BOOST_TEST(Profile::Step().gflops() == 0);
}

BOOST_AUTO_TEST_CASE(a_larger_product_takes_longer)
{
    Tape tape;
    const Array x = xt::xarray<double>(xt::ones<double>({200, 300}));
    const Variable v = tape.variable(x), thin = tape.constant(xt::xarray<double>(xt::ones<double>({300, 2})));
    Workspace workspace{Program(tape.graph({sum(matmul(v, thin)), sum(matmul(v, transpose(v)))}))};
    const Profile profile = workspace.profile({x});
    const Profile::Step *small = nullptr, *large = nullptr;
    for (const Profile::Step& step : profile.steps)
        if (step.name == "matmul") (step.flops < 1e6 ? small : large) = &step;
    BOOST_REQUIRE((small && large));
    BOOST_TEST(small->fastest < large->fastest);
    BOOST_TEST(profile.text().find("%" + std::to_string(large->nodes[0]) + "  matmul") <
               profile.text().find("%" + std::to_string(small->nodes[0]) + "  matmul"));
}

BOOST_AUTO_TEST_CASE(numbers_have_three_digits_and_a_unit)
{
    const auto times = [](double ns) { return time_text(ns); };
    BOOST_TEST(times(0) == "0 ns");
    BOOST_TEST(times(7.5) == "7.50 ns");
    BOOST_TEST(times(812) == "812 ns");
    BOOST_TEST(times(999.4) == "999 ns");
    BOOST_TEST(times(999.6) == "1.00 us");
    BOOST_TEST(times(12345) == "12.3 us");
    BOOST_TEST(times(9.996e3) == "10.0 us");
    BOOST_TEST(times(4.56e6) == "4.56 ms");
    BOOST_TEST(times(123.4e9) == "123 s");
    BOOST_TEST(times(5e12) == "5000 s");
    BOOST_TEST(amount_text(0, "B") == "0 B");
    BOOST_TEST(amount_text(64, "B") == "64 B");
    BOOST_TEST(amount_text(1e3, "B") == "1.00 kB");
    BOOST_TEST(amount_text(25.69e6, "flop") == "25.7 Mflop");
    BOOST_TEST(counted(1, "step") + ", " + counted(2, "step") == "1 step, 2 steps");
}

BOOST_AUTO_TEST_CASE(the_table_of_a_profile)
{
    Profile profile = made_up(Network(mlp()).graph());  // matmul; add, relu; matmul; add
    profile.steps.resize(4);
    profile.steps[1].flops = 16000;
    profile.steps[1].bytes = 40000;
    profile.steps[3].nodes.clear();
    profile.steps[3].name = "copy";
    BOOST_TEST("\n" + profile.text() == R"(
profile: 30.0 us a run: the sum of 4 steps, each the fastest of 20 runs on 1 thread
  share   fastest    median         work    GF/s     moved    GB/s  step
 53.3 %   16.0 us   20.0 us            -       -         -       -  copy
 30.0 %   9.00 us   11.2 us            -       -         -       -  %8  matmul  [64, 10]  net.2
 13.3 %   4.00 us   5.00 us   16.0 kflop    4.00   40.0 kB    10.0  %5  add, relu  [64, 128]  net.0
  3.3 %   1.00 us   1.25 us            -       -         -       -  %3  matmul  [64, 128]  net.0
100.0 %   30.0 us   37.5 us   16.0 kflop    0.53   40.0 kB    1.33  all
)");
    BOOST_TEST(contains(profile.text(2), "2 more steps"));
    BOOST_TEST(contains(profile.text(2), " 16.7 %"));     // of those
    BOOST_TEST(!contains(profile.text(3), "more step"));  // one line either way
    BOOST_TEST(contains(Profile().text(), "0 steps"));
}

// ---------------------------------------------------------------- profiling changes nothing

BOOST_AUTO_TEST_CASE(profiling_a_training_step_leaves_everything_as_it_was)
{
    const Array x = xt::xarray<float>(xt::ones<float>({4, 6}));
    const Array t = xt::xarray<std::int64_t>{0, 1, 1, 0};
    struct Side {
        Net net = fresh();
        Generator generator{5};
        nn::CompiledStep step =
            nn::compile(net, nn::cross_entropy, nn::Adam{.rate = 1e-2}, {.generator = generator});
    } plain, profiled;
    for (int i = 0; i < 12; ++i) {
        BOOST_TEST(plain.step(x, t) == profiled.step(x, t));  // with the same dropout
        const std::vector<double> weight = values(profiled.net.hidden.weight);
        const std::uint64_t version = profiled.net.hidden.weight.version(),
                            writes = detail::slot_writes.load(), steps = profiled.step.optimizer().steps();
        const auto counts = profiled.step.counts();
        const Profile profile = profiled.step.profile(x, t, 3);
        BOOST_TEST(values(profiled.net.hidden.weight) == weight, boost::test_tools::per_element());
        BOOST_TEST(profiled.net.hidden.weight.version() == version);
        BOOST_TEST(detail::slot_writes.load() == writes);
        BOOST_TEST(profiled.step.optimizer().steps() == steps);
        BOOST_TEST(profiled.step.counts().replayed == counts.replayed);
        BOOST_TEST(profiled.step.counts().recorded == counts.recorded);
        std::vector<std::string> updates, backward;
        for (const Profile::Step& step : profile.steps) {
            if (step.name == "adam_update") updates.push_back(step.where);
            if (step.name == "matmul" && step.where == "out, backward") backward.push_back(step.where);
        }
        const std::vector<std::string> names = {"out.bias", "out.weight", "hidden.bias", "hidden.weight"};
        BOOST_TEST(updates == names, boost::test_tools::per_element());
        BOOST_TEST(backward.size() == 2u);  // by the weight and by what came in
    }
    BOOST_TEST(values(plain.net.out.weight) == values(profiled.net.out.weight),
               boost::test_tools::per_element());
    const auto next = [](const Generator& generator) { return detail::next_stream(generator); };
    BOOST_TEST((next(plain.generator) == next(profiled.generator)));
}

BOOST_AUTO_TEST_CASE(profiling_leaves_the_stream_of_the_process_and_kept_outputs)
{
    Tape tape;
    const Array x = xt::xarray<float>(xt::ones<float>({64}));
    const Parameter w = parameter({64}, "w");
    const Variable y = dropout(tape.variable(x), 0.5);
    tape.assign(w, cast(y, DType::float64) + 1.0);
    Workspace workspace{Program(tape.graph({y}))};
    const Array kept = workspace.run({x})[0];
    const std::vector<float> before(static_cast<const float*>(kept.data()),
                                    static_cast<const float*>(kept.data()) + 64);
    const std::vector<double> written = values(w);
    const auto stream = detail::next_stream({}).second;
    workspace.profile({x}, 2);
    BOOST_TEST(detail::next_stream({}).second == stream + 1);
    const std::vector<float> after(static_cast<const float*>(kept.data()),
                                   static_cast<const float*>(kept.data()) + 64);
    BOOST_TEST(before == after, boost::test_tools::per_element());
    BOOST_TEST(values(w) == written, boost::test_tools::per_element());
    const std::uint64_t version = w.version();
    workspace.run({x});  // writes the parameter itself again
    BOOST_TEST(w.version() == version + 1);
    BOOST_TEST((values(w) != written));
}

BOOST_AUTO_TEST_CASE(a_profile_that_fails_leaves_parameters_alone)
{
    Net net = fresh();
    nn::CompiledStep step = nn::compile(net, nn::cross_entropy, nn::Sgd{.rate = 0.1});
    const Array x = xt::xarray<float>(xt::ones<float>({4, 6}));
    const Array good = xt::xarray<std::int64_t>{0, 1, 1, 0}, bad = xt::xarray<std::int64_t>{0, 1, 2, 0};
    BOOST_TEST(contains(message_of([&] { step.profile(x, good); }), "before the first step"));
    for (int i = 0; i < 3; ++i) step(x, good);
    const std::vector<double> before = values(net.out.weight);
    BOOST_TEST(contains(message_of([&] { step.profile(x, bad); }), "cross_entropy"));
    BOOST_TEST(contains(message_of([&] { step.profile(x, good, 0); }), "0 runs"));
    const Array five = xt::xarray<float>(xt::ones<float>({5, 6}));
    BOOST_TEST(contains(message_of([&] { step.profile(five, good); }), "of this shape"));
    BOOST_TEST(values(net.out.weight) == before, boost::test_tools::per_element());
    for (int i = 0; i < 3; ++i) step(x, good);
    BOOST_TEST(values(net.out.weight) != before, boost::test_tools::per_element());
}

// ---------------------------------------------------------------- pictures

BOOST_AUTO_TEST_CASE(each_node_shows_the_time_of_its_step)
{
    const Graph graph = Network(mlp()).graph();  // %3 matmul; %4 add, %5 relu; %8 matmul; %9 add
    const std::string svg = draw(made_up(graph)).svg();
    BOOST_TEST(contains(text_of_node(svg, "n3"), "1.00 µs"));
    BOOST_TEST(contains(text_of_node(svg, "n4"), "A: 4.00 µs"));
    BOOST_TEST(contains(text_of_node(svg, "n5"), "A: 4.00 µs"));
    BOOST_TEST(contains(text_of_node(svg, "n8"), "9.00 µs"));
    BOOST_TEST(!contains(text_of_node(svg, "n8"), ":"));
    BOOST_TEST(contains(text_of_node(svg, "n9"), "16.0 µs"));
    const std::string text = visible(svg);
    for (const char* part :
         {"30.0 µs a run: 4 steps, each the fastest of 20 runs, 1 thread",
          "slowest: add (net.2) 16.0 µs, 53 %", "then: matmul (net.2) 9.00 µs, 30 %",
          "then: A: add, relu (net.0) 4.00 µs, 13 %", "same letter", "50 % of the time or more"})
        BOOST_TEST(contains(text, part), part << " is not in:\n" << text);
    BOOST_TEST(!contains(text, "≈"));
    BOOST_TEST(!contains(text, "not drawn"));
}

BOOST_AUTO_TEST_CASE(closed_modules_show_the_sum_of_their_ops)
{
    const Graph graph = Network(mlp()).graph();
    const std::string svg = draw(made_up(graph), {.depth = 1}).svg(), text = visible(svg);
    BOOST_TEST(contains(text, "≈ 3.00 µs"), text);  // the product and half of its group
    BOOST_TEST(contains(text, "\n25.0 µs"), text);
    BOOST_TEST(contains(text_of_node(svg, "n5"), "A: 4.00 µs"), text);  // the relu, in no module
    BOOST_TEST(contains(text, "a share by their number"), text);
}

BOOST_AUTO_TEST_CASE(folded_modules_show_the_time_of_all_copies)
{
    std::vector<Layer> layers;
    for (int k = 0; k < 4; ++k) layers.push_back({"layers." + std::to_string(k), "Linear", 16, 16});
    const Profile profile = made_up(Network(layers).graph());  // 1, 4, ..., 64 us: product, sum, product, ...
    const std::string text = visible(draw(profile).svg());
    for (const char* part : {"84.0 µs", "120 µs", "× 4", "the time of all n together"})
        BOOST_TEST(contains(text, part), part << " is not in:\n" << text);
}

BOOST_AUTO_TEST_CASE(what_is_not_drawn_is_said)
{
    Profile profile = made_up(Network(mlp()).training());
    profile.steps.push_back({.name = "copy", .fastest = 2000, .median = 2000});
    std::string text = visible(draw(profile).svg());
    BOOST_TEST(contains(text, "not drawn: 2.00 µs in copies"), text);
    text = visible(draw(profile, {.backward = false}).svg());
    BOOST_TEST(contains(text, "ops that are left out and copies"), text);

    // A check of labels has a step, but no node of its own: ids of the picture are not those of the graph.
    Tape tape;
    const Array y = xt::xarray<double>{{1., 2.}}, t = xt::xarray<double>{{1., -1.}};
    const Variable loss = nn::hinge_loss(exp(tape.variable(y, "y")), tape.variable(t, "t"));
    Profile checked;
    checked.graph = tape.graph({loss});
    checked.runs = 1;
    ValueId check = no_value, last = no_value;
    for (const ValueId id : ops(checked.graph)) {
        if (checked.graph[id].op->traits.alias) check = id;
        last = id;
        checked.steps.push_back({.nodes = {id}, .name = std::string(checked.graph[id].op->name)});
    }
    BOOST_REQUIRE(check != no_value);
    for (Profile::Step& step : checked.steps)
        step.fastest = step.nodes[0] == check ? 7000 : step.nodes[0] == last ? 91000 : 1000;
    const std::string svg = draw(checked).svg();
    BOOST_TEST(contains(visible(svg), "not drawn: 7.00 µs in checks of values"), visible(svg));
    BOOST_TEST(contains(text_of_node(svg, "n" + std::to_string(last - 1)), "91.0 µs"), visible(svg));
}

BOOST_AUTO_TEST_CASE(a_measured_training_step_is_drawn)
{
    Net net = fresh();
    const Array x = xt::xarray<float>(xt::ones<float>({4, 6}));
    const Array t = xt::xarray<std::int64_t>{0, 1, 1, 0};
    nn::CompiledStep step = nn::compile(net, nn::cross_entropy, nn::Adam{.rate = 1e-2});
    step(x, t);
    const Profile profile = step.profile(x, t, 2);
    for (const int depth : {-1, 1}) {
        const std::string svg = draw(profile, {.depth = depth}).svg();
        // Every update, and every op with a time, has a number; nothing is lost.
        for (std::size_t at = svg.find("class=\"node state\""); at != std::string::npos;
             at = svg.find("class=\"node state\"", at + 1)) {
            const std::string text = visible(svg.substr(at, svg.find("</g>", at) - at));
            BOOST_TEST((contains(text, " ns") || contains(text, " µs")), text);
        }
        BOOST_TEST(!contains(visible(svg), "not drawn"), visible(svg));
    }
    BOOST_TEST(contains(message_of([&] { draw(profile, {.values = true}); }), "times, not values"));
    BOOST_TEST(contains(message_of([&] { draw(profile, {.depth = 0}); }), "depth 0"));
    Profile broken = profile;
    broken.steps[0].nodes = {9999};
    BOOST_TEST(contains(message_of([&] { draw(broken); }), "%9999"));
    BOOST_CHECK_NO_THROW(draw(Profile()).svg());
}

BOOST_AUTO_TEST_CASE(text_is_read_on_every_step_of_the_ramp)
{
    const auto luminance = [](const std::string& colour) {
        double sum = 0;
        const double weights[] = {0.2126, 0.7152, 0.0722};
        for (std::size_t k = 0; k < 3; ++k) {
            const double c = std::stoi(colour.substr(1 + 2 * k, 2), nullptr, 16) / 255.0;
            sum += weights[k] * (c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4));
        }
        return sum;
    };
    for (const Theme theme : {Theme::light, Theme::dark}) {
        const detail::Palette& colours = detail::palette(theme);
        const double paper = luminance(colours.paper);
        double distance = -1;
        for (int k = 0; k < static_cast<int>(std::size(colours.ramp)); ++k) {
            const double fill = luminance(colours.ramp[k]),
                         text = luminance(k < detail::inverted_from(colours) ? colours.ink : colours.paper);
            BOOST_TEST((std::max(fill, text) + 0.05) / (std::min(fill, text) + 0.05) >= 4.5);
            BOOST_TEST(std::abs(fill - paper) > distance);  // away from the paper, step by step
            distance = std::abs(fill - paper);
        }
    }
}
