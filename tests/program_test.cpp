// Programs: a replay computes what the recording computed, for every op, for random graphs, and with state.
#define BOOST_TEST_MODULE program
#include "count_allocations.hpp"
#include "registry_cases.hpp"

#include <cstdlib>
#include <limits>
#include <random>
#include <thread>

#include "autodiff/passes/memory.hpp"
#include "program_support.hpp"

BOOST_AUTO_TEST_CASE(every_row_replays_as_it_was_recorded_with_its_gradients)
{
    int runs = 0;
    for (const DType dtype : {DType::float32, DType::float64})
        for (const Case& c : cases()) BOOST_TEST_CONTEXT(c.name << ", " << name_of(dtype))
            {
                Tape tape({.generator = Generator(5)});
                const std::vector<Variable> x = put(tape, draw(c.sample, dtype));
                if (tape.graph(x).input_ids().size() != x.size()) continue;
                const Variable y = c.sample.call(x);
                std::vector<Variable> outputs = {y};
                const Op& op = *find_op(c.op);
                if (is_floating(y.dtype()) && !op.traits.update) {
                    const Variable loss = sum(y * y + 0.5 * y);
                    std::vector<Target> targets;
                    for (const Variable& v : x)
                        if (is_floating(v.dtype())) targets.push_back(v);
                    if (!targets.empty()) {
                        const Gradients first = grad(loss, targets);
                        Variable total = loss;
                        for (std::size_t k = 0; k < first.size(); ++k) {
                            outputs.push_back(keep(first.gradient(k)));
                            total = total + cast(sum(square(first.gradient(k))), loss.dtype());
                        }
                        const Gradients second = grad(total, targets);
                        for (std::size_t k = 0; k < second.size(); ++k)
                            outputs.push_back(keep(second.gradient(k)));
                    }
                }
                const Graph graph = tape.graph(outputs);
                std::vector<Array> inputs;
                for (const Variable& v : x) inputs.push_back(v.array());
                if (graph.input_ids().size() != inputs.size()) {  // an input that nothing reads
                    std::vector<Variable> all = outputs;
                    all.insert(all.end(), x.begin(), x.end());
                    check_replay(tape, all, inputs);
                } else {
                    check_replay(tape, outputs, inputs);
                }
                ++runs;
            }
    BOOST_TEST(runs > 300);
}

namespace {

// A random computation: the same seed gives the same one, whatever the inputs.
std::vector<Variable> random_graph(std::uint64_t seed, std::span<const Variable> in)
{
    std::mt19937_64 random(seed);
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    std::vector<Variable> pool(in.begin(), in.end());
    const std::size_t ops = 3 + pick(25);
    for (std::size_t i = 0; i < ops; ++i) {
        const Variable x = pool[pick(pool.size())], y = pool[pick(pool.size())];
        Variable z = x;
        try {
            switch (pick(26)) {
            case 0: z = tanh(x); break;
            case 1: z = x + y; break;
            case 2: z = x * y; break;
            case 3: z = x - y; break;
            case 4: z = sigmoid(x) * 2 - 1; break;
            case 5: z = relu(x); break;
            case 6: z = exp(clamp(x, -2, 2)); break;
            case 7: z = where(x > y, x, y); break;
            case 8: z = mean(x, {-1}, true); break;
            case 9: z = softmax(x); break;
            case 10: z = tanh(matmul(x, transpose(y))); break;
            case 11: z = sum(x, {0}) * 0.1; break;
            case 12: z = reshape(x, {-1}); break;
            case 13: z = mean(x * x); break;
            case 14: z = maximum(x, 0.1) / (1 + square(y)); break;
            case 15: z = concat({x, x}, 0); break;
            case 16: z = softplus(x) - log1p(square(y)); break;
            case 17: z = slice(x, {{0, 3}}); break;
            case 18: z = log_softmax(x + y, -1) * 0.1; break;
            case 19: z = layer_norm(x); break;
            case 20: z = layer_norm(y, mean(y, {0}), sum(y, {0}) * 0.01); break;
            case 21:  // over 256 terms a product that is added to another one has other last bits
                if (!x.shape().empty() && x.shape().back() <= 256)
                    z = tanh(matmul(x, transpose(y)) + matmul(y, transpose(x)));
                break;
            case 22: z = gelu(x) * softmax(y); break;
            case 23: z = stack({x, y}, 0); break;
            case 24: z = split(x, 2, 0)[1]; break;
            case 25: z = tanh(matmul(matmul(x, transpose(x)) * 0.1, x)); break;
            }
        } catch (const ShapeError&) {
            continue;
        }
        if (z.size() <= 40000) pool.push_back(z);
    }
    std::vector<Variable> outputs = {pool.back()};
    if (pick(2)) outputs.push_back(pool[pick(pool.size())]);
    Variable loss = sum(square(pool.back()));
    const Gradients g = grad(loss, std::vector<Target>(in.begin(), in.end()));
    for (std::size_t k = 0; k < g.size(); ++k) outputs.push_back(g.gradient(k));
    if (pick(3) == 0) {
        const Variable again = sum(square(outputs.back())) + loss;
        outputs.push_back(grad(again, in[0]));
    }
    outputs.push_back(loss);
    for (const Variable& output : outputs) keep(output);
    // Inputs are outputs as well, so that all of them are part of the graph.
    outputs.insert(outputs.end(), in.begin(), in.end());
    return outputs;
}

std::vector<Array> random_inputs(std::uint64_t seed, DType dtype, std::uint64_t values_seed)
{
    std::mt19937_64 random(seed);
    static const std::vector<std::vector<Shape>> families = {
        {{7}, {5, 7}, {}},           {{4, 3}, {3}, {4, 1}},   {{64, 33}, {33}, {64, 1}},
        {{2, 3, 5}, {5}, {3, 1}},    {{1}, {1, 1}, {}},       {{40, 30}, {40, 30}, {30}},
        {{3, 512}, {512}, {3, 1}},   {{2, 1025}, {1025}, {}}, {{6, 8, 16}, {16}, {8, 1}},
        {{100, 7}, {100, 7}, {1, 7}}};
    const auto& shapes = families[random() % families.size()];
    std::mt19937_64 draw(values_seed);
    std::normal_distribution<double> normal;
    std::vector<Array> inputs;
    for (const Shape& shape : shapes) {
        Array array(DType::float64, shape);
        for (std::int64_t i = 0; i < array.size(); ++i)
            static_cast<double*>(array.mutable_data())[i] = normal(draw);
        inputs.push_back(array.cast(dtype));
    }
    return inputs;
}

}  // namespace

// A product of more than 256 terms that is added to another one in place: other last bits (docs/replay.md), which what is
// computed from them may amplify.
static bool adds_long_products(const Graph& graph)
{
    for (ValueId id = 0; id < graph.size(); ++id)
        if (graph[id].op->name == "addmm" && std::ranges::max(graph.shape(graph.inputs(id)[1]).last(2)) > 256)
            return true;
    return false;
}

BOOST_AUTO_TEST_CASE(five_hundred_random_graphs_replay_as_they_were_recorded)
{
    std::size_t fused = 0, left_out = 0;
    for (std::uint64_t seed = 0; seed < 520; ++seed) BOOST_TEST_CONTEXT("seed " << seed)
        {
            const DType dtype = seed % 2 ? DType::float32 : DType::float64;
            const auto record = [&](Tape& tape, const std::vector<Array>& inputs) {
                std::vector<Variable> x;
                for (const Array& array : inputs) x.push_back(tape.variable(array));
                return random_graph(seed, x);
            };
            const std::vector<Array> inputs = random_inputs(seed, dtype, seed + 1000);
            Tape tape;
            const std::vector<Variable> outputs = record(tape, inputs);
            const Graph graph = tape.graph(outputs);
            const Program program(graph);
            if (adds_long_products(program.graph())) {
                ++left_out;
                continue;
            }
            fused += program.report().fused_ops;
            Workspace workspace(program);
            for (std::uint64_t run = 0; run < 2; ++run) {  // with other numbers, in the same workspace
                const std::vector<Array> now = random_inputs(seed, dtype, seed + 1000 + run);
                Tape again;
                std::vector<Variable> want;
                if (run == 0) {
                    want = outputs;
                } else {
                    std::vector<Variable> x;
                    for (const Array& array : now) x.push_back(again.variable(array));
                    want = graph(x);  // the same trace, whatever the branches on data
                }
                const std::span<const Array> got = workspace.run(now);
                BOOST_TEST_CONTEXT(graph.text())
                for (std::size_t k = 0; k < want.size(); ++k)
                    BOOST_TEST_CONTEXT("output " << k << ", run " << run)
                compare(got[k], want[k].array());
            }
        }
    BOOST_TEST(fused > 5000u);
    BOOST_TEST_MESSAGE(left_out << " graphs left out");
    BOOST_TEST(left_out < 20u);
}

BOOST_AUTO_TEST_CASE(totals_of_any_length_are_added_as_eager_code_adds_them)
{
    for (const DType dtype : {DType::float32, DType::float64})
        for (const std::int64_t n : {1, 3, 63, 64, 65, 511, 513, 8191, 8192, 8193, 16384, 100003}) {
            Tape tape;
            const Array x = draw({.inputs = {{{n}}}, .call = {}}, dtype)[0];
            const Variable in = tape.variable(x), y = tanh(in * in) - 0.25;
            BOOST_TEST_CONTEXT(name_of(dtype) << ", " << n << " elements")
            check_replay(tape, {sum(y), mean(y), grad(mean(y * y), in)}, {x});
        }
}

BOOST_AUTO_TEST_CASE(lifetimes_that_overlap_in_time_do_not_overlap_in_memory)
{
    std::mt19937 random(3);
    for (const std::size_t count : {1u, 7u, 300u, 5000u}) {
        std::vector<detail::Lifetime> lifetimes;
        std::size_t alive = 0, bound = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto first = static_cast<std::uint32_t>(random() % (count + 1));
            lifetimes.push_back(
                {1 + random() % 5000, first, first + static_cast<std::uint32_t>(random() % 9)});
        }
        const std::size_t bytes = detail::lay_out(lifetimes);
        for (std::uint32_t step = 0; step < count + 10; ++step) {
            alive = 0;
            std::vector<std::pair<std::size_t, std::size_t>> there;
            for (const detail::Lifetime& value : lifetimes)
                if (value.first <= step && step <= value.last) {
                    there.emplace_back(value.offset, value.offset + value.bytes);
                    alive += value.bytes;
                    BOOST_TEST_REQUIRE(value.offset % 64 == 0);
                    BOOST_TEST_REQUIRE(value.offset + value.bytes <= bytes);
                }
            std::ranges::sort(there);
            for (std::size_t i = 1; i < there.size(); ++i)
                BOOST_TEST_REQUIRE(there[i - 1].second <= there[i].first);
            bound = std::max(bound, alive);
        }
        BOOST_TEST(bytes <= bound * 3 / 2);
    }
}

namespace {

struct Regression {
    Parameter w{V{{1., 2.}, {3., 4.}, {.5, .1}}, "w"}, b{V{.1, .2}, "b"};
    Parameter m{DType::float64, {3, 2}, "m"}, v{DType::float64, {3, 2}, "v"};

    Variable record(Tape& tape, const Array& x, double rate, double step)
    {
        const Variable in = tape.variable(x, "x"), r = tape.variable(rate, "rate"),
                       s = tape.variable(step, "step");
        const Variable loss = mean(square(tanh(matmul(in, w) + b) - 0.5));
        const Gradients g = grad(loss, {w, b});
        const AdamUpdate adam =
            adam_update(tape.parameter(w), g[w], tape.parameter(m), tape.parameter(v), r, s, .9, .999, 1e-8);
        tape.assign(w, adam.parameter);
        tape.assign(m, adam.first);
        tape.assign(v, adam.second);
        tape.assign(b, sgd_update(tape.parameter(b), g[b], r));
        return loss;
    }
    std::vector<std::vector<double>> state() const { return {values(w), values(b), values(m), values(v)}; }
};
const Array batch = V{{1., 2., 3.}, {4., 5., 6.}, {-1., .3, .2}, {.3, .2, .1}};

}  // namespace

BOOST_AUTO_TEST_CASE(a_training_step_replays_with_its_optimizer)
{
    Regression eager, replayed;
    std::vector<double> losses;
    for (int i = 1; i <= 20; ++i) {
        Tape tape;
        losses.push_back(eager.record(tape, batch, .1, i).item());
        tape.commit();
    }
    Tape tape;
    const Variable loss = replayed.record(tape, batch, .1, 1);
    Workspace workspace{Program(tape.graph({loss}))};
    const std::uint64_t version = replayed.w.version();
    for (int i = 1; i <= 20; ++i)
        near(workspace.run({batch, Array::scalar(.1), Array::scalar(double(i))})[0].item<double>(),
             losses[i - 1]);
    BOOST_TEST(replayed.w.version() == version + 20);
    for (std::size_t k = 0; k < 4; ++k) near(replayed.state()[k], eager.state()[k]);
    BOOST_CHECK_THROW(tape.commit(), StaleError);  // the recording has seen the writes
}

BOOST_AUTO_TEST_CASE(slots_swap_share_values_and_read_each_other)
{
    const auto record = [](Tape& tape, const std::vector<Parameter>& p, const Array& x) {
        const Variable in = tape.variable(x), a = tape.parameter(p[0]), b = tape.parameter(p[1]),
                       c = tape.parameter(p[2]);
        const Variable rate = full(in, {}, .5);
        tape.assign(p[0], b);  // swapped
        tape.assign(p[1], a);
        const Variable next = sgd_update(c, a * in, rate);  // its row reads a slot that another update writes
        tape.assign(p[2], next);
        tape.assign(p[3], next);  // and goes to two slots
        tape.assign(p[4], sgd_update(tape.parameter(p[4]), c, rate));
        return sum(a + b + next);
    };
    const auto fresh = [] {
        std::vector<Parameter> p;
        for (int i = 0; i < 5; ++i) p.emplace_back(V{1. + i, 2. * i});
        return p;
    };
    const std::vector<Parameter> eager = fresh(), replayed = fresh();
    const Array x = V{2., 3.};
    Tape trace;
    const Variable y = record(trace, replayed, x);
    Workspace workspace{Program(trace.graph({y}))};
    for (int i = 0; i < 3; ++i) {
        Tape tape;
        const Variable want = record(tape, eager, x);
        const double number = want.item();
        tape.commit();
        near(workspace.run({x})[0].item<double>(), number);
        for (std::size_t k = 0; k < 5; ++k) near(values(replayed[k]), values(eager[k]));
    }
}

// Updates run in the midst of the backward pass: what is read or refused after that must not notice.
BOOST_AUTO_TEST_CASE(updates_run_as_soon_as_nobody_reads_their_slots)
{
    constexpr std::int64_t layers = 20, width = 32;
    struct Model {
        std::vector<Parameter> w;
        std::vector<Variable> record(Tape& tape, const Array& x, const Array& index, bool refuses) const
        {
            const Variable in = tape.variable(x);
            Variable y = in;
            for (const Parameter& p : w) y = tanh(matmul(y, p));
            const Variable loss = mean(y * y), rate = full(in, {}, .1);
            const Gradients g = grad(loss, w);
            for (const Parameter& p : w) tape.assign(p, sgd_update(tape.parameter(p), g[p], rate));
            // The end reads slots, and refuses an index.
            std::vector<Variable> outputs = {loss, sum(tape.parameter(w[3])), tape.parameter(w[5])};
            if (refuses) outputs.push_back(sum(embedding(tape.variable(index), in)));
            return outputs;
        }
    };
    const auto fresh = [] {
        Model model;
        for (std::int64_t k = 0; k < layers; ++k) {
            xt::xarray<double> w = xt::zeros<double>({width, width});
            for (std::int64_t i = 0; i < width; ++i)
                for (std::int64_t j = 0; j < width; ++j)
                    w(i, j) = (i == j) + .03 * std::sin(double(i * 7 + j * 3 + k));
            model.w.emplace_back(w);
        }
        return model;
    };
    const Array x = xt::xarray<double>(.5 * xt::ones<double>({1, int(width)})),
                row = xt::xarray<std::int64_t>{0};
    for (const bool refuses : {false, true}) {
        const Model eager = fresh(), replayed = fresh();
        Tape trace;
        Workspace workspace{Program(trace.graph(replayed.record(trace, x, row, refuses)))};
        const std::size_t gradient = width * width * sizeof(double);
        BOOST_TEST((workspace.program().report().planned_bytes < 6 * gradient) == !refuses);
        if (refuses) {
            std::vector<std::vector<double>> before;
            for (const Parameter& p : replayed.w) before.push_back(values(p));
            BOOST_CHECK_THROW(workspace.run({x, xt::xarray<std::int64_t>{1}}), ValueError);
            for (std::size_t k = 0; k < before.size(); ++k)
                BOOST_TEST(values(replayed.w[k]) == before[k], boost::test_tools::per_element());
        }
        for (int i = 0; i < 3; ++i) {
            Tape tape;
            std::vector<std::vector<double>> want;
            for (const Variable& y : eager.record(tape, x, row, refuses)) want.push_back(values(y.array()));
            tape.commit();
            const auto got = workspace.run(refuses ? std::vector<Array>{x, row} : std::vector<Array>{x});
            for (std::size_t k = 0; k < want.size(); ++k) near(values(got[k]), want[k]);
            for (std::size_t k = 0; k < eager.w.size(); ++k) near(values(replayed.w[k]), values(eager.w[k]));
        }
    }
}

BOOST_AUTO_TEST_CASE(outputs_that_somebody_keeps_stay_as_they_are)
{
    Tape tape;
    const Variable x = tape.variable(V{1., 2.}), y = x * 2;
    Workspace workspace{Program(tape.graph({y, x, reshape(y, {2, 1}), full(x, {2}, 7)}))};
    const Array first = workspace.run({V{1., 2.}})[0];
    const std::span<const Array> second = workspace.run({V{5., 6.}});
    near(values(first), {2., 4.});
    near(values(second[0]), {10., 12.});
    near(values(second[1]), {5., 6.});
    near(values(second[2]), {10., 12.});
    near(values(second[3]), {7., 7.});
}

BOOST_AUTO_TEST_CASE(bad_inputs_are_refused_and_a_failure_writes_no_parameter)
{
    Tape tape;
    const Parameter w(V{{.1, .2}, {.3, .4}}, "w");
    const Variable x = tape.variable(V{{1., 2.}, {3., 4.}}, "images"),
                   labels = tape.variable(xt::xarray<std::int64_t>{0, 1}, "labels");
    const Variable loss = mean(cross_entropy_rows(matmul(x, w), labels));
    tape.assign(w, sgd_update(tape.parameter(w), grad(loss, w), full(x, {}, .1)));
    Workspace workspace{Program(tape.graph({loss}))};
    const Array images = V{{1., 2.}, {3., 4.}};
    const std::vector<double> before = values(w);
    BOOST_CHECK_THROW(workspace.run({images}), ShapeError);
    const std::string shape = message<ShapeError>([&] {
        workspace.run({V{{1., 2., 3.}, {3., 4., 5.}}, xt::xarray<std::int64_t>{0, 1}});
    });
    BOOST_TEST(shape == "program: input 0 'images' has shape [2, 3], it was planned for [2, 2]");
    const std::string dtype = message<DtypeError>([&] { workspace.run({images, V{0., 1.}}); });
    BOOST_TEST(dtype == "program: input 1 'labels' is float64, it was planned for int64");
    BOOST_CHECK_THROW(workspace.run({images, xt::xarray<std::int64_t>{0, 2}}), ValueError);
    BOOST_TEST(values(w) == before, boost::test_tools::per_element());
    workspace.run({images, xt::xarray<std::int64_t>{0, 1}});
    BOOST_TEST(values(w) != before, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_run_allocates_nothing)
{
    Regression model;
    Tape tape;
    const Variable loss = model.record(tape, batch, .1, 1);
    Workspace workspace{Program(tape.graph({loss}))};
    const std::vector<Array> inputs = {batch, Array::scalar(.1), Array::scalar(1.)};
    workspace.run(inputs);
    const std::size_t before = allocations;
    const auto blocks = pool_statistics().requests;
    for (int i = 0; i < 100; ++i) workspace.run(inputs);
    BOOST_TEST(allocations == before);
    BOOST_TEST(pool_statistics().requests == blocks);
}

BOOST_AUTO_TEST_CASE(random_ops_draw_anew_as_eager_steps_do)
{
    const auto record = [](Tape& tape) {
        const Variable x = tape.variable(xt::xarray<float>(xt::ones<float>({64, 9})));
        return sum(dropout(x, .5) * random_normal(x, {64, 9}));
    };
    Tape trace({.generator = Generator(1)});
    Workspace workspace(Program(trace.graph({record(trace)})), Generator(7));
    const Generator generator(7);
    std::vector<double> seen;
    for (int i = 0; i < 4; ++i) {
        Tape tape({.generator = generator});
        seen.push_back(record(tape).item());
        near(double(workspace.run({xt::xarray<float>(xt::ones<float>({64, 9}))})[0].item<float>()),
             seen.back(), 1e-5);
    }
    BOOST_TEST(seen[0] != seen[1]);
}
