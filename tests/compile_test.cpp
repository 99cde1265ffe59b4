// Compiled steps: they train as eager ones do, plan new shapes anew, and notice when a trace is stale.
#define BOOST_TEST_MODULE compile
#include "support.hpp"

#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

struct Net {
    nn::Linear hidden{2, 8}, out{8, 1};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const { return out(dropout(tanh(hidden(x)), share)); }
    double share = 0;
};

Net fresh()
{
    Net net;
    nn::initialise(net, nn::xavier_uniform, 1);
    return net;
}

// The same batches every time; the last one of an epoch is smaller.
std::vector<std::pair<Array, Array>> batches()
{
    const nn::Dataset moons = nn::make_moons(90, .1, 3);
    std::vector<std::pair<Array, Array>> all;
    for (int epoch = 0; epoch < 6; ++epoch)
        for (std::int64_t at = 0; at < 90; at += 32) {
            const std::int64_t end = std::min<std::int64_t>(at + 32, 90);
            all.emplace_back(moons.x.rows(at, end), moons.t.rows(at, end));
        }
    return all;
}

template <class Options>
void trains_alike(const Options& options, double share)
{
    Net eager = fresh(), compiled = fresh();
    eager.share = compiled.share = share;
    nn::Optimizer optimizer(options, eager);
    const Generator generator(9);
    nn::CompiledStep step = nn::compile(compiled, nn::logistic_loss, options, {.generator = Generator(9)});
    for (const auto& [x, t] : batches()) {
        Tape tape({.generator = generator});
        const Variable loss = nn::logistic_loss(eager(tape.variable(x)), t);
        const double want = loss.item();
        optimizer.step(grad(loss, optimizer.parameters()));
        near(step(x, t), want, 1e-5);
    }
    const auto a = nn::parameters(eager), b = nn::parameters(compiled);
    for (std::size_t k = 0; k < a.size(); ++k) near(values(b[k]), values(a[k]), 2e-5);
    BOOST_TEST(step.counts().replayed == 18 - step.counts().recorded);
    BOOST_TEST(step.counts().replayed >= 9);
    BOOST_TEST(step.optimizer().steps() == 18);
}

}  // namespace

BOOST_AUTO_TEST_CASE(compiled_steps_train_as_eager_ones_do)
{
    trains_alike(nn::Sgd{.rate = .1}, 0);
    trains_alike(nn::Sgd{.rate = .1, .momentum = .9, .nesterov = true, .weight_decay = 1e-3}, 0);
    trains_alike(nn::Adam{.rate = .01}, 0);
    trains_alike(nn::Adam{.rate = .01}, .25);
}

BOOST_AUTO_TEST_CASE(a_schedule_changes_the_rate_of_replayed_steps)
{
    const Parameter w(xt::xarray<double>{1.});
    nn::Optimizer optimizer(nn::Sgd{.rate = 1}, {w});
    optimizer.schedule({.gamma = .5, .every = 1});
    nn::CompiledStep step =
        nn::compile([w](std::span<const Variable> in) { return sum(w * in[0]); }, std::move(optimizer));
    double want = 1, rate = 1;
    for (int i = 0; i < 12; ++i) {
        step({Array(xt::xarray<double>{1.})});
        want -= rate;
        rate /= 2;
        near(values(w), {want});
    }
    BOOST_TEST(step.counts().replayed > 5);
}

BOOST_AUTO_TEST_CASE(a_branch_on_data_is_recorded_at_every_step)
{
    const Parameter w(xt::xarray<double>{.5, -.5});
    const auto loss = [w](std::span<const Variable> in) {
        const Variable y = sum(w * in[0]);
        return y.item() > 0 ? square(y) : -y;  // reads a value
    };
    nn::CompiledStep step = nn::compile(loss, nn::Optimizer(nn::Sgd{.rate = .1}, {w}));
    const Parameter eager = w.clone();
    for (int i = 0; i < 20; ++i) {
        const xt::xarray<double> x = {i % 3 - 1., i % 2 * 2.};
        Tape tape;
        const Variable p = tape.parameter(eager), y = sum(p * x), l = y.item() > 0 ? square(y) : -y;
        near(step({Array(x)}), l.item());
        tape.assign(eager, p - 0.1 * grad(l, p));
        tape.commit();
        near(values(w), values(eager));
    }
    BOOST_TEST(step.counts().recorded == 20);
    BOOST_TEST(step.why_recorded() == "a value was read while the step was recorded: sum []");
    BOOST_CHECK_THROW(step.report(), ValueError);
}

BOOST_AUTO_TEST_CASE(a_trace_that_grew_stale_is_noticed)
{
    const Parameter w(xt::xarray<double>{.5, -.5});
    int calls = 0;
    double factor = 1;
    xt::xarray<double> noise = {0., 0.};
    const auto loss = [&](std::span<const Variable> in) {
        ++calls;
        return calls > 2 ? sum(exp(w * in[0])) : sum(w * in[0] * factor + noise);
    };
    const Array x = xt::xarray<double>{1., 2.};
    const auto until_thrown = [&] {
        nn::CompiledStep step = nn::compile(loss, nn::Optimizer(nn::Sgd{.rate = .1}, {w}));
        return [&, step = std::make_shared<nn::CompiledStep>(std::move(step))] {
            std::vector<double> before;
            const std::string text = message<StaleError>([&] {
                for (int i = 0; i < 20; ++i) {
                    before = values(w);
                    (*step)({x});
                    factor += 0;
                }
            });
            near(values(w), before);  // the step that was looked at again wrote nothing
            return text;
        };
    };
    says(until_thrown()(), "recorded again", "is now");  // another op from the third recording on
    // A constant that changes from call to call.
    const auto noisy = [&](std::span<const Variable> in) {
        noise += 1.;
        return sum(w * in[0] + noise);
    };
    nn::CompiledStep step = nn::compile(noisy, nn::Optimizer(nn::Sgd{.rate = .1}, {w}));
    step({x});
    says(message<StaleError>([&] { step({x}); }), "constant", "input of the step");
}

BOOST_AUTO_TEST_CASE(a_number_that_changes_is_named_with_its_values)
{
    const Parameter w(xt::xarray<double>{.5, -.5});
    double scale = 1;
    const auto loss = [&](std::span<const Variable> in) { return sum(w * in[0] * scale); };
    const Array x = xt::xarray<double>{1., 2.};
    const auto message_after = [&](nn::CompileOptions options, int change, int& thrown) {
        scale = 1;
        nn::CompiledStep step(loss, nn::Optimizer(nn::Sgd{.rate = .1}, {w}), options);
        return message<StaleError>([&] {
            for (thrown = 1; thrown < 100; ++thrown) {
                if (thrown == change) scale = 100;
                step({x});
            }
        });
    };
    int thrown = 0;
    const std::string text = message_after({}, 20, thrown);
    BOOST_TEST(thrown == 32);
    says(text, "step 32", "(x) is now one (100·x)");
    says(text, "after step 16", "step({x, t, Array(0.5f)})");
    message_after({.check_every = 5}, 21, thrown);
    BOOST_TEST(thrown == 25);
    // As an input it may change.
    nn::CompiledStep step = nn::compile([](std::span<const Variable> in) { return sum(in[0] * in[1]); },
                                        nn::Optimizer(nn::Sgd{.rate = .1}, {w}));
    for (int i = 0; i < 40; ++i) near(step({x, Array(double(i))}), 3. * i);
}

BOOST_AUTO_TEST_CASE(wrong_labels_are_refused_by_replays_too)
{
    Net net = fresh();
    nn::CompiledStep step = nn::compile(net, nn::hinge_loss, nn::Sgd{.rate = .1});
    const Array x = xt::xarray<float>{{1, 2}, {3, 4}};
    xt::xarray<float> labels = xt::ones<float>({2, 1});
    labels(1, 0) = -1;
    const Array good = labels;
    labels(1, 0) = 0;
    const Array bad = labels;
    for (int i = 0; i < 5; ++i) step(x, good);
    BOOST_TEST(step.counts().replayed == 2);
    const std::vector<double> before = values(net.out.weight);
    says(message<ValueError>([&] {
             step(x, good);
             step(x, bad);
         }),
         "hinge_loss: label 0 at [1, 0]");
    BOOST_TEST(values(net.out.weight) != before, boost::test_tools::per_element());
    BOOST_TEST(step.graph().text().find("sgd_update") != std::string::npos);
    BOOST_TEST(step.report().groups > 0u);
    BOOST_CHECK_THROW(step({x}), ShapeError);
}

BOOST_AUTO_TEST_CASE(inputs_of_its_own_and_what_nobody_reads)
{
    const Parameter w(xt::xarray<double>{.5, -.5});
    const Array x = xt::xarray<double>{1., 2.};
    nn::CompiledStep own = nn::compile(
        [&](std::span<const Variable> in) {
            return sum(w * in[0] + in[0].tape().variable(xt::xarray<double>{1., 1.}));
        },
        nn::Optimizer(nn::Sgd{.rate = .1}, {w}));
    for (int i = 0; i < 4; ++i) own({x});
    says(own.why_recorded(), "tape.variable");
    nn::CompiledStep half = nn::compile([&](std::span<const Variable> in) { return sum(w * in[1]); },
                                        nn::Optimizer(nn::Sgd{.rate = .1}, {w}));
    for (int i = 0; i < 6; ++i) {
        const double want = values(w)[0] + 2 * values(w)[1];
        near(half({Array(xt::xarray<double>{7.}), x}), want);
    }
}
