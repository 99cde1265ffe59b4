// Normalising layers: running statistics as state of steps that are eager, compiled, failed or rewound; evaluation,
// freezing, modules, gradients of single examples, refusals. Values beside PyTorch's: torch_test.cpp.
#define BOOST_TEST_MODULE norm_layers
#include "support.hpp"

#include <random>

#include "count_allocations.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

Array random_array(const Shape& shape, unsigned seed, DType dtype = DType::float64, double shift = 0)
{
    std::mt19937 engine(seed);
    std::uniform_real_distribution<double> uniform(-1, 1);
    Array array(DType::float64, shape);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = uniform(engine) + shift;
    return array.cast(dtype);
}

template <class Error>
void refuses(const std::function<void()>& f, std::initializer_list<const char*> parts)
{
    try {
        f();
        BOOST_ERROR("no error that says " << *parts.begin());
    } catch (const Error& error) {
        for (const char* part : parts)
            BOOST_TEST(std::string(error.what()).find(part) != std::string::npos, error.what()
                                                                                      << " lacks " << part);
    }
}

// Mean and variance (divided by n - 1) of channel c of x [N, C, ...].
std::pair<double, double> moments(const Array& x, std::int64_t c)
{
    const std::vector<double> v = values(x);
    const std::int64_t channels = x.shape()[1], length = x.size() / (x.shape()[0] * channels);
    std::vector<double> of;
    for (std::int64_t i = 0; i < x.size(); ++i)
        if (i / length % channels == c) of.push_back(v[static_cast<std::size_t>(i)]);
    double mean = 0, var = 0;
    for (const double y : of) mean += y / static_cast<double>(of.size());
    for (const double y : of) var += (y - mean) * (y - mean) / static_cast<double>(of.size() - 1);
    return {mean, var};
}

template <DType dtype, int outputs = 2>
struct Net {
    nn::Conv2d conv{1, 3, 3, {.padding = 1, .dtype = dtype}};
    nn::BatchNorm2d norm{3, {.dtype = dtype}};
    nn::Linear out{3 * 4 * 4, outputs, {.dtype = dtype}};
    static constexpr auto members()
    {
        return std::tuple{field("conv", &Net::conv), field("norm", &Net::norm), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const { return out(flatten(relu(norm(conv(x))))); }
};
using Single = Net<DType::float32>;
using Double = Net<DType::float64>;

template <class N>
N fresh()
{
    N net;
    nn::initialise(net, nn::kaiming_uniform, 3);
    return net;
}

}  // namespace

// ---------------------------------------------------------------- statistics

BOOST_AUTO_TEST_CASE(running_statistics_are_pytorch_s_and_are_written_by_the_commit)
{
    for (const Shape& shape : {Shape{5, 3}, Shape{4, 3, 2}, Shape{2, 3, 4, 5}, Shape{2, 3, 6, 7}}) {
        const Array x = random_array(shape, 1, DType::float64, 2);
        const xt::xarray<double> zeros = {0., 0., 0.}, ones = {1., 1., 1.};
        const Parameter mean = Parameter::buffer(zeros), var = Parameter::buffer(ones);
        Tape tape;
        const Variable y = batch_norm(tape.variable(x), mean, var, {.momentum = 0.25});
        BOOST_TEST(values(mean) == (std::vector<double>{0, 0, 0}));  // not yet
        tape.commit();
        for (std::int64_t c = 0; c < 3; ++c) {
            const auto [m, v] = moments(x, c);
            near({values(mean)[static_cast<std::size_t>(c)]}, {0.25 * m});
            near({values(var)[static_cast<std::size_t>(c)]}, {0.75 + 0.25 * v});
            const auto [ym, yv] = moments(y.array(), c);  // y: mean 0 and, divided by n, variance 1
            const double n = static_cast<double>(x.size() / 3);
            near({ym, yv * (n - 1) / n * (v * (n - 1) / n + 1e-5) / (v * (n - 1) / n)}, {0, 1});
        }
    }
}

BOOST_AUTO_TEST_CASE(the_variance_of_a_channel_far_from_0_is_no_difference_of_squares)
{
    for (const std::int64_t length : {std::int64_t{1}, std::int64_t{100}}) {
        xt::xarray<float> x =
            xt::zeros<float>({std::size_t{64}, std::size_t{2}, static_cast<std::size_t>(length)});
        for (std::size_t i = 0; i < x.size(); ++i)
            x.flat(i) = 4096.f + static_cast<float>(i % 2 ? 1 : -1) * 0.125f;
        for (std::size_t e = 0; e < 64; ++e)  // along examples too
            for (std::size_t i = 0; i < static_cast<std::size_t>(length); ++i)
                for (std::size_t c = 0; c < 2; ++c) x(e, c, i) = 4096.f + ((e + i) % 2 ? 0.125f : -0.125f);
        nn::BatchNorm1d norm(2, {.momentum = 1});
        Tape tape;
        norm(tape.variable(x));
        tape.commit();
        const double n = 64.0 * static_cast<double>(length);
        near(values(norm.running_var), {n / (n - 1) / 64, n / (n - 1) / 64}, 1e-6);
    }
}

BOOST_AUTO_TEST_CASE(without_a_momentum_they_are_means_over_all_batches)
{
    const nn::BatchNorm1d norm(2, {.momentum = {}, .dtype = DType::float64});
    std::vector<double> mean(2), var(2);
    for (unsigned k = 0; k < 4; ++k) {
        const Array x = random_array({6, 2}, k, DType::float64, k);
        Tape tape;
        norm(tape.variable(x));
        tape.commit();
        for (std::size_t c = 0; c < 2; ++c) {
            const auto [m, v] = moments(x, static_cast<std::int64_t>(c));
            mean[c] += m / 4, var[c] += v / 4;
        }
    }
    near(values(norm.running_mean), mean);
    near(values(norm.running_var), var);
    BOOST_TEST(norm.num_batches_tracked.array().item<std::int64_t>() == 4);
    norm.reset_running_stats();
    BOOST_TEST(values(norm.running_var) == (std::vector<double>{1, 1}));
    BOOST_TEST(norm.num_batches_tracked.array().item<std::int64_t>() == 0);
}

BOOST_AUTO_TEST_CASE(a_layer_that_runs_twice_on_a_tape_takes_up_both_batches)
{
    const Array a = random_array({6, 2}, 1), b = random_array({5, 2}, 2, DType::float64, 1);
    const nn::BatchNorm1d once(2, {.dtype = DType::float64}), twice = nn::clone(once),
                                                              rewound = nn::clone(once);
    for (const Array& x : {a, b}) {
        Tape tape;
        once(tape.variable(x));
        tape.commit();
    }
    Tape tape;
    twice(tape.variable(a));
    const Graph first = tape.graph({twice(tape.variable(b))});
    BOOST_TEST(first.updates().size() == 3u);
    BOOST_CHECK_NO_THROW(first.verify());
    tape.commit();
    BOOST_TEST(same(twice.running_mean.array(), once.running_mean.array()));
    BOOST_TEST(same(twice.running_var.array(), once.running_var.array()));
    BOOST_TEST(twice.num_batches_tracked.array().item<std::int64_t>() == 2);
    BOOST_TEST(twice.running_mean.version() == 1u);  // one write

    // In compiled steps as well; those with random numbers are recorded without being computed, then committed.
    for (const double share : {0.0, 0.5}) {
        nn::BatchNorm1d shared(2, {.momentum = 1, .dtype = DType::float64});
        nn::name_parameters(shared);
        nn::CompiledStep step = nn::compile(
            [shared, share](std::span<const Variable> in) {
                const Variable first = dropout(shared(in[0]), share), second = shared(in[0] * 2 + 1);
                return mean(square(first + second));
            },
            nn::Optimizer(nn::Sgd{}, shared));
        for (int k = 0; k < 9; ++k) step({a});
        BOOST_TEST(shared.num_batches_tracked.array().item<std::int64_t>() == 18);
        near(values(shared.running_mean), {2 * moments(a, 0).first + 1, 2 * moments(a, 1).first + 1});
    }

    // Rewinding over the second run leaves the first one's update, and over both none.
    Tape other;
    const Tape::Mark start = other.mark();
    rewound(other.variable(a));
    const Tape::Mark mark = other.mark();
    rewound(other.variable(b));
    other.rewind(mark);
    rewound(other.variable(b));
    other.rewind(mark);
    other.commit();
    near(values(rewound.running_mean), {0.1 * moments(a, 0).first, 0.1 * moments(a, 1).first});
    BOOST_TEST(rewound.num_batches_tracked.array().item<std::int64_t>() == 1);
    Tape third;
    const Tape::Mark begin = third.mark();
    rewound(third.variable(b));
    third.rewind(begin);
    third.commit();
    BOOST_TEST(rewound.num_batches_tracked.array().item<std::int64_t>() == 1);
    static_cast<void>(start);
}

BOOST_AUTO_TEST_CASE(evaluation_reads_the_running_statistics_and_writes_nothing)
{
    nn::BatchNorm1d norm(2, {.epsilon = 0.5, .dtype = DType::float64});
    norm.running_mean.assign(xt::xarray<double>{1., -2.});
    norm.running_var.assign(xt::xarray<double>{3.5, 0.5});
    norm.weight.assign(xt::xarray<double>{2., 3.});
    norm.bias.assign(xt::xarray<double>{0.5, 0.});
    const std::uint64_t version = norm.running_mean.version();
    const xt::xarray<double> x = {{3., -1.}};
    const std::vector<double> want = {2.5, 3.};
    Tape evaluating({.training = false});
    near(values(norm(evaluating.variable(x)).array()), want);
    evaluating.commit();
    near(values(record(norm, Array(x))(evaluating.variable(x)).array()), want);
    norm.training = false;  // frozen, on a tape that trains
    Tape tape;
    near(values(norm(tape.variable(x)).array()), want);
    tape.commit();
    BOOST_TEST(norm.running_mean.version() == version);
    norm.training = true;  // and the other way round
    Tape third({.training = false});
    norm(third.variable(random_array({3, 2}, 1)));
    third.commit();
    BOOST_TEST(norm.running_mean.version() == version + 1);

    // Without statistics of its own the batch's are taken, while training or not.
    const nn::BatchNorm1d plain(2, {.affine = false, .track_running_stats = false, .dtype = DType::float64});
    BOOST_TEST(nn::named_state(plain).empty());
    const Array batch = random_array({4, 2}, 2);
    Tape one, two({.training = false});
    BOOST_TEST(same(plain(one.variable(batch)).array(), plain(two.variable(batch)).array()));
    near({moments(plain(two.variable(batch)).array(), 0).first}, {0});
}

BOOST_AUTO_TEST_CASE(an_empty_batch_leaves_the_statistics_alone)
{
    const nn::BatchNorm2d norm(3);
    Tape tape;
    const Variable x = tape.variable(Array(DType::float32, {0, 3, 2, 2})), y = norm(x);
    BOOST_TEST(y.size() == 0);
    const Gradients g = grad(sum(y), {norm.weight, norm.bias});
    BOOST_TEST(values(g[norm.weight].array()) == (std::vector<double>{0, 0, 0}));
    tape.commit();
    BOOST_TEST(values(norm.running_var) == (std::vector<double>{1, 1, 1}));
    BOOST_TEST(norm.num_batches_tracked.array().item<std::int64_t>() == 0);
}

// ---------------------------------------------------------------- training

BOOST_AUTO_TEST_CASE(optimizers_take_parameters_and_no_buffers)
{
    Double net = fresh<Double>();
    const auto names = [](const auto& listed) {
        std::vector<std::string> result;
        for (const auto& [name, parameter] : listed) result.push_back(name);
        return result;
    };
    BOOST_TEST((names(nn::named_parameters(net)) == std::vector<std::string>{"conv.weight", "conv.bias",
                                                                             "norm.weight", "norm.bias",
                                                                             "out.weight", "out.bias"}));
    BOOST_TEST(
        (names(nn::named_buffers(net)) ==
         std::vector<std::string>{"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"}));
    BOOST_TEST(nn::named_state(net).size() == 9u);
    BOOST_TEST(nn::parameters(net).size() == 6u);
    BOOST_TEST(nn::buffers(net).size() == 3u);
    BOOST_TEST(net.norm.running_var.name() == "norm.running_var");

    const Double copy = nn::clone(net);
    BOOST_TEST(copy.norm.running_mean.is_buffer());
    BOOST_TEST(!copy.norm.weight.is_buffer());
    BOOST_TEST(!(copy.norm.running_mean == net.norm.running_mean));

    const Array x = random_array({3, 1, 4, 4}, 1);
    const nn::Optimizer by_graph(nn::Sgd{}, record(net, x));
    BOOST_TEST(by_graph.parameters().size() == 6u);
    refuses<ValueError>(
        [&] {
            nn::Optimizer(nn::Sgd{}, {net.norm.weight, net.norm.running_var});
        },
        {"Sgd", "norm.running_var", "buffer", "nn::parameters"});

    // A part of the net is trained: the rest stays, the statistics follow the batches.
    nn::Optimizer optimizer(nn::Sgd{.rate = 0.1}, {net.out.weight, net.out.bias});
    const auto weight = values(net.norm.weight), conv = values(net.conv.weight);
    Tape tape;
    const Variable loss = sum(square(net(tape.variable(x))));
    optimizer.step(grad(loss, optimizer.parameters()));
    BOOST_TEST(values(net.norm.weight) == weight);
    BOOST_TEST(values(net.conv.weight) == conv);
    BOOST_TEST(values(net.norm.running_mean) != (std::vector<double>{0, 0, 0}));
}

BOOST_AUTO_TEST_CASE(compiled_steps_take_up_the_same_statistics)
{
    const auto train = [](auto make) {
        auto eager = make(), compiled = make();
        const DType dtype = eager.norm.weight.dtype();
        nn::Optimizer optimizer(nn::Sgd{.rate = 0.02, .momentum = 0.9}, eager);
        nn::CompiledStep step = nn::compile(compiled, nn::mse_loss, nn::Sgd{.rate = 0.02, .momentum = 0.9});
        for (unsigned k = 0; k < 20; ++k) {
            const Array x = random_array({4, 1, 4, 4}, k, dtype, 0.1 * k),
                        t = random_array({4, 1}, 50 + k, dtype);
            Tape tape;
            const Variable loss = nn::mse_loss(eager(tape.variable(x)), tape.constant(t));
            const double want = loss.item();
            optimizer.step(grad(loss, optimizer.parameters()));
            BOOST_TEST(step(x, t) == want);
            const auto a = nn::named_state(eager), b = nn::named_state(compiled);
            for (std::size_t i = 0; i < a.size(); ++i)
                BOOST_TEST(same(a[i].second.array(), b[i].second.array()), a[i].first << ", step " << k);
        }
        BOOST_TEST(compiled.norm.num_batches_tracked.array().template item<std::int64_t>() == 20);
        BOOST_TEST(step.counts().replayed >= 14);
        BOOST_TEST(step.why_recorded().empty());
        const Array x = random_array({4, 1, 4, 4}, 1, dtype), t = random_array({4, 1}, 2, dtype);
        for (int k = 0; k < 12; ++k) step(x, t);  // up to the next steps that are looked at
        const std::size_t before = allocations;
        for (int k = 0; k < 20; ++k) step(x, t);
        // Steps 33 ... 52: none is looked at.
        BOOST_TEST(allocations == before);
    };
    // One output: for some small products OpenBLAS's kernels for AVX-512 allocate memory of their own.
    train(fresh<Net<DType::float32, 1>>);
    train(fresh<Net<DType::float64, 1>>);
}

BOOST_AUTO_TEST_CASE(a_step_that_throws_leaves_statistics_as_they_were)
{
    Double net = fresh<Double>();
    nn::Optimizer optimizer(nn::Sgd{}, net);
    const auto state = [&] {
        std::vector<std::vector<double>> all;
        for (const auto& [name, parameter] : nn::named_state(net)) all.push_back(values(parameter));
        return all;
    };
    const auto before = state();
    const Array x = random_array({4, 1, 4, 4}, 1);
    {
        Tape tape;
        const Variable y = net(tape.variable(x));
        refuses<GradientError>([&] { optimizer.step(grad(sum(y), {net.out.weight})); },
                               {"no gradient of parameter"});
        refuses<ShapeError>([&] { y + tape.constant(random_array({5}, 1)); }, {"add"});
    }
    BOOST_TEST(state() == before);

    // Compiled: labels out of range, which a replay finds while it runs.
    nn::CompiledStep step = nn::compile(net, nn::cross_entropy, nn::Sgd{.rate = 0.01});
    const xt::xarray<std::int64_t> good = {0, 1, 1, 0}, bad = {0, 1, 2, 0};
    for (int k = 0; k < 6; ++k) step(x, good);
    const auto trained = state();
    BOOST_TEST((trained != before));
    refuses<ValueError>([&] { step(x, bad); }, {"cross_entropy"});
    BOOST_TEST(state() == trained);
    step(x, good);
    BOOST_TEST(net.norm.num_batches_tracked.array().item<std::int64_t>() == 7);
}

BOOST_AUTO_TEST_CASE(a_recorded_graph_and_a_checkpoint_know_the_statistics)
{
    Double net = fresh<Double>();
    Double other = nn::clone(net);
    const Array x = random_array({3, 1, 4, 4}, 1);
    const Graph graph = record(net, x, {.training = true});
    BOOST_TEST(graph.updates().size() == 3u);
    BOOST_TEST(graph.text().find("batch_norm_training") != std::string::npos);
    BOOST_TEST(graph.text().find("norm") != std::string::npos);
    Workspace workspace{Program(graph)};
    workspace.run({x});
    Tape tape;
    const Variable y = checkpoint([&](Variable v) { return other(v); }, tape.variable(x));
    const Gradients g = grad(sum(square(y)), nn::parameters(other));
    tape.commit();
    BOOST_TEST(same(net.norm.running_var.array(), other.norm.running_var.array()));
    BOOST_TEST(other.norm.num_batches_tracked.array().item<std::int64_t>() == 1);
    Tape plain;
    Double third = nn::clone(other);
    const Gradients h = grad(sum(square(third(plain.variable(x)))), nn::parameters(third));
    for (std::size_t k = 0; k < g.size(); ++k) BOOST_TEST(same(g.gradient(k).array(), h.gradient(k).array()));
    // Evaluation is affine: it collapses into the convolution before it or the layer behind it.
    const auto linear = nn::Sequential(nn::Linear(4, 3, {.dtype = DType::float64}),
                                       nn::BatchNorm1d(3, {.dtype = DType::float64}));
    const Array rows = random_array({5, 4}, 3);
    const auto collapsed = collapse_linear(record(linear, rows));
    BOOST_TEST(collapsed.certificate.holds());
    Tape last({.training = false});
    near(values(collapsed.graph(last.variable(rows)).array()), values(linear(last.variable(rows)).array()));
}

BOOST_AUTO_TEST_CASE(single_examples_have_gradients_in_evaluation_alone)
{
    nn::Sequential net(nn::Linear(3, 4, {.dtype = DType::float64}),
                       nn::BatchNorm1d(4, {.dtype = DType::float64}),
                       nn::Linear(4, 1, {.dtype = DType::float64}));
    nn::name_parameters(net);
    const Array x = random_array({5, 3}, 1);
    const auto losses = [&](Variable in) { return reshape(square(net(in)), {-1}); };
    Tape tape;
    const Variable in = tape.variable(x);
    const std::vector<Parameter> wrt = nn::parameters(net);
    for (const PerExample how : {PerExample::automatic, PerExample::batch, PerExample::single}) {
        refuses<GradientError>([&] { per_example_grad(losses(in), wrt, how); },
                               {"per_example_grad", "batch_norm", "1", "depend on the others",
                                "training = false", "group_norm"});
        if (how != PerExample::single)
            refuses<GradientError>([&] { per_example_grad(losses, wrt, how)(in); }, {"batch_norm", "depend"});
    }
    refuses<Error>([&] { per_example_grad(losses, wrt, PerExample::single)(in); }, {"batch_norm"});
    tape.commit();  // what the function recorded is gone
    Tape still({.training = false});
    const Variable again = still.variable(x);
    const Gradients batch = per_example_grad(losses(again), wrt, PerExample::batch),
                    single = per_example_grad(losses, wrt, PerExample::single)(again);
    for (const Parameter& p : wrt) near(values(batch[p].array()), values(single[p].array()), 1e-11);
    // Groups do not mix examples.
    const Parameter weight(random_array({3}, 4)), bias(random_array({3}, 5));
    Tape third;
    const Variable v = third.variable(random_array({5, 3, 4}, 6));
    const Variable grouped = sum(square(group_norm(v, 3, weight, bias)), {1, 2});
    for (const Parameter& p : {weight, bias})
        near(values(per_example_grad(grouped, p, PerExample::batch)), values(jacobian(grouped, p)));
}

// ---------------------------------------------------------------- layers

BOOST_AUTO_TEST_CASE(layers_have_pytorch_s_defaults_and_places_in_pictures)
{
    const nn::BatchNorm2d norm(4);
    BOOST_TEST(norm.epsilon == 1e-5);
    BOOST_TEST(norm.momentum.value() == 0.1);
    BOOST_TEST((norm.weight && norm.bias && norm.running_mean && norm.num_batches_tracked));
    BOOST_TEST((norm.num_batches_tracked.dtype() == DType::int64));
    BOOST_TEST(!nn::InstanceNorm2d(4).weight);
    BOOST_TEST(static_cast<bool>(nn::GroupNorm(2, 4).weight));
    BOOST_TEST(!nn::GroupNorm(2, 4, {.affine = false}).bias);
    BOOST_TEST(!nn::RMSNorm(4).epsilon);
    BOOST_TEST(!nn::RMSNorm(4, {.affine = false}).weight);

    const xt::xarray<double> x = {{3., 4.}};
    const nn::RMSNorm rms(2, {.epsilon = 0, .dtype = DType::float64});
    rms.weight.assign(xt::xarray<double>{1., 2.});
    Tape tape;
    near(values(rms(tape.variable(x)).array()), {3 / std::sqrt(12.5), 8 / std::sqrt(12.5)});
    near(values(nn::GroupNorm(1, 2, {.epsilon = 0, .dtype = DType::float64})(tape.variable(x)).array()),
         {-1, 1});
    const Array image = random_array({2, 4, 3, 3}, 1);
    BOOST_TEST(same(nn::InstanceNorm2d(4, {.dtype = DType::float64})(tape.variable(image)).array(),
                    group_norm(tape.variable(image), 4).array()));

    nn::Sequential net(nn::Conv2d(1, 4, 3), nn::BatchNorm2d(4), nn::GroupNorm(2, 4), nn::InstanceNorm2d(4),
                       nn::RMSNorm(2));
    const std::string text =
        record(net, random_array({2, 1, 4, 4}, 2, DType::float32), {.training = true}).text();
    for (const char* at : {"  1", "  2", "  3", "  4"}) BOOST_TEST(text.find(at) != std::string::npos, text);
    // A layer that nobody has named goes by its type.
    Tape other;
    const Variable y = nn::BatchNorm1d(2, {.dtype = DType::float64})(other.variable(random_array({3, 2}, 1)));
    BOOST_TEST(other.graph({y}).text().find("batchnorm1d") != std::string::npos, other.graph({y}).text());
}

BOOST_AUTO_TEST_CASE(refusals_say_what_is_expected)
{
    Tape tape;
    const Variable x = tape.variable(random_array({2, 3, 4}, 1)),
                   one = tape.variable(random_array({1, 3}, 1));
    const Parameter mean = Parameter::buffer(random_array({3}, 1), "mean"),
                    var = Parameter::buffer(random_array({3}, 2), "var"),
                    four = Parameter::buffer(random_array({4}, 1), "four"),
                    narrow = Parameter::buffer(random_array({3}, 1, DType::float32), "narrow");
    const std::size_t size = tape.size();
    refuses<ShapeError>([&] { batch_norm(one, mean, var); },
                        {"batch_norm", "[1, 3]", "more than one element", "training"});
    refuses<ShapeError>([&] { batch_norm(x, four, four); },
                        {"batch_norm", "four", "[4]", "[3]", "[2, 3, 4]"});
    refuses<DtypeError>([&] { batch_norm(x, narrow, narrow); },
                        {"batch_norm", "narrow", "float32", "float64"});
    refuses<ValueError>([&] { batch_norm(x, mean, {}); }, {"batch_norm", "together"});
    refuses<ValueError>([&] { batch_norm(x, mean, var, {.momentum = 1.5}); },
                        {"batch_norm", "momentum", "1.5"});
    refuses<ValueError>([&] { batch_norm(x, mean, var, {.momentum = {}}); },
                        {"batch_norm", "num_batches_tracked"});
    refuses<ValueError>([&] { batch_norm(x, mean, var, {.epsilon = -1}); }, {"batch_norm", "epsilon", "-1"});
    refuses<ShapeError>([&] { batch_norm(x, {}, {}, four, Parameter()); },
                        {"batch_norm", "weight", "[4]", "one element a channel"});
    refuses<ShapeError>([&] { batch_norm(tape.parameter(four), {}, {}); },
                        {"batch_norm", "[4]", "[N, C, ...]"});
    refuses<ValueError>([&] { group_norm(x, 2); }, {"group_norm", "2 groups", "3 channels"});
    refuses<ValueError>([&] { group_norm(x, 0); }, {"group_norm", "0 groups"});
    refuses<ShapeError>([&] { instance_norm(one); }, {"instance_norm", "[1, 3]", "more than one element"});
    refuses<ShapeError>([&] { rms_norm(tape.constant(1.0)); }, {"rms_norm", "[]"});
    refuses<ShapeError>([&] { rms_norm(x, mean); }, {"rms_norm", "[2, 3, 4]", "[3]", "last axis"});
    BOOST_TEST(tape.size() <= size + 4);  // leaves alone
    tape.commit();
    BOOST_TEST(mean.version() == 0u);

    refuses<ValueError>([] { nn::BatchNorm1d(0); }, {"BatchNorm1d{0}", "positive"});
    refuses<ValueError>([] { nn::BatchNorm2d(3, {.momentum = -1}); }, {"BatchNorm2d{3}", "momentum"});
    refuses<DtypeError>([] { nn::BatchNorm2d(3, {.dtype = DType::int64}); }, {"BatchNorm2d{3}", "int64"});
    refuses<ValueError>([] { nn::GroupNorm(3, 4); }, {"GroupNorm{3, 4}", "divide"});
    nn::Sequential net(nn::BatchNorm2d(3, {.dtype = DType::float64}));
    nn::name_parameters(net);
    refuses<ShapeError>([&] { net(x); }, {"BatchNorm2d", "[2, 3, 4]", "[N, features, H, W]", "3 features"});
    refuses<ShapeError>([&] { nn::BatchNorm1d(5)(x); }, {"BatchNorm1d", "[2, 3, 4]", "5 features"});
    refuses<ShapeError>([&] { nn::GroupNorm(1, 5)(x); }, {"GroupNorm", "5 channels"});
    refuses<ShapeError>([&] { nn::RMSNorm(5)(x); }, {"RMSNorm", "5 features"});
    refuses<ShapeError>([&] { nn::InstanceNorm2d(3)(x); }, {"InstanceNorm2d", "[N, features, H, W]"});
}
