// Optimizers: trajectories, schedules, state and refusals.

#define BOOST_TEST_MODULE optim
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

using Doubles = std::vector<double>;

Parameter start(DType dtype = DType::float64)
{
    return Parameter(Array(xt::xarray<double>{1., -2., 0.5}).cast(dtype), "w");
}

Variable objective(Tape& tape, const Parameter& parameter)
{
    const Variable w = tape.parameter(parameter);
    const Array a = Array(xt::xarray<double>{1., 4., 0.25}).cast(parameter.dtype());
    return sum(w * w * a) * 0.5 + sum(w);
}

void step(nn::Optimizer& optimizer, const Parameter& parameter)
{
    Tape tape;
    optimizer.step(grad(objective(tape, parameter), optimizer.parameters()));
}

template <class Options>
void check_trajectory(const Options& options, const std::vector<Doubles>& expected)
{
    for (const DType dtype : {DType::float64, DType::float32}) {
        const double tolerance = dtype == DType::float64 ? 1e-14 : 2e-6;
        const Parameter w = start(dtype);
        nn::Optimizer optimizer(options, {w});
        for (const Doubles& want : expected) {
            step(optimizer, w);
            const Doubles got = values(w);
            for (std::size_t i = 0; i < 3; ++i)
                BOOST_TEST(std::abs(got[i] - want[i]) <= tolerance, got[i] << " is not " << want[i]);
        }
        BOOST_TEST(optimizer.steps() == 5);
    }
}

}  // namespace

// The trajectories below are PyTorch's, in float64:
//     w = torch.tensor([1., -2., .5], dtype=torch.float64, requires_grad=True)
//     a = torch.tensor([1., 4., .25], dtype=torch.float64)
//     o = ...
//     for _ in range(5):
//         o.zero_grad(); (0.5 * (a * w * w).sum() + w.sum()).backward(); o.step(); print(w.tolist())

BOOST_AUTO_TEST_CASE(sgd)
{
    // o = torch.optim.SGD([w], lr=.1)
    check_trajectory(nn::Sgd{.rate = 0.1},
                     {
                         {0.80000000000000004, -1.3, 0.38750000000000001},
                         {0.62000000000000011, -0.88, 0.27781250000000002},
                         {0.45800000000000007, -0.628, 0.17086718750000002},
                         {0.31220000000000003, -0.4768, 0.066595507812499996},
                         {0.18098000000000006, -0.38607999999999998, -0.035069379882812488},
                     });
}

BOOST_AUTO_TEST_CASE(sgd_with_momentum)
{
    // o = torch.optim.SGD([w], lr=.1, momentum=.9)
    check_trajectory(nn::Sgd{.rate = 0.1, .momentum = 0.9},
                     {
                         {0.80000000000000004, -1.3, 0.38750000000000001},
                         {0.44000000000000006, -0.25, 0.17656250000000001},
                         {-0.027999999999999938, 0.69500000000000017, -0.11769531249999998},
                         {-0.54639999999999989, 1.1675000000000002, -0.47958496093750003},
                         {-1.0583199999999999, 1.0257500000000002, -0.89329602050781254},
                     });
}

BOOST_AUTO_TEST_CASE(sgd_with_nesterov)
{
    // o = torch.optim.SGD([w], lr=.1, momentum=.9, nesterov=True)
    check_trajectory(nn::Sgd{.rate = 0.1, .momentum = 0.9, .nesterov = true},
                     {
                         {0.62, -0.66999999999999982, 0.28624999999999995},
                         {0.15019999999999992, 0.21620000000000006, -0.0084718750000000887},
                         {-0.34535800000000005, 0.50826799999999994, -0.3668785234375001},
                         {-0.81222418000000007, 0.36267751999999981, -0.77220839435546884},
                         {-1.2091633678, 0.038987652799999731, -1.2085801462270997},
                     });
}

BOOST_AUTO_TEST_CASE(sgd_with_weight_decay)
{
    // o = torch.optim.SGD([w], lr=.1, momentum=.9, weight_decay=.01)
    check_trajectory(nn::Sgd{.rate = 0.1, .momentum = 0.9, .weight_decay = 0.01},
                     {
                         {0.79900000000000004, -1.298, 0.38700000000000001},
                         {0.43740100000000004, -0.24570199999999995, 0.175238},
                         {-0.032215600999999962, 0.69989270200000009, -0.11990398800000006},
                         {-0.55161676619899991, 1.1702709602980002, -0.48241427351200011},
                         {-1.0633645214920009, 1.0243327376867022, -0.89613075936148812},
                     });
}

BOOST_AUTO_TEST_CASE(adam)
{
    // o = torch.optim.Adam([w], lr=.1)
    check_trajectory(nn::Adam{.rate = 0.1},
                     {
                         {0.90000000049999995, -1.9000000001428572, 0.40000000088888887},
                         {0.8001664866210928, -1.8001964895187996, 0.30006488475141235},
                         {0.70062339281211383, -1.7007383998064156, 0.20023983697844339},
                         {0.60150489631953297, -1.6017891595160985, 0.10057140166168418},
                         {0.50295578259298579, -1.5035274472116984, 0.0011074019161684406},
                     });
    // o = torch.optim.Adam([w], lr=.05, betas=(.8, .95), eps=1e-3)
    check_trajectory(nn::Adam{.rate = 0.05, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3},
                     {
                         {0.95002498750624687, -1.9500071418368805, 0.45004440497335702},
                         {0.90010834980356047, -1.9000815708236305, 0.40011367586169744},
                         {0.85029011294349832, -1.8502699801550604, 0.35022426656241867},
                         {0.80061076251146601, -1.8006199083456815, 0.30039241572579711},
                         {0.75111082955795005, -1.7511792748692863, 0.25063396324364018},
                     });
}

BOOST_AUTO_TEST_CASE(a_shared_parameter_is_updated_once)
{
    struct Tied {
        Parameter a = start(), b = a;
        static constexpr auto members() { return std::tuple{field("a", &Tied::a), field("b", &Tied::b)}; }
    };
    Tied net;
    nn::Optimizer optimizer(nn::Sgd{.rate = 0.5, .momentum = 0.5}, net);
    BOOST_TEST(optimizer.parameters().size() == 1u);
    BOOST_TEST(optimizer.slots().size() == 1u);
    Tape tape;
    const Variable loss = sum(tape.parameter(net.a)) + sum(tape.parameter(net.b)) * 2;
    optimizer.step(grad(loss, optimizer.parameters()));
    BOOST_TEST(values(net.a) == (Doubles{-0.5, -3.5, -1}), boost::test_tools::per_element());
    BOOST_TEST(net.a.version() == 1u);
    nn::Optimizer twice(nn::Sgd{}, {net.a, net.b, net.a});
    BOOST_TEST(twice.parameters().size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_parameters_of_a_graph_can_be_trained)
{
    nn::Sequential net(nn::Linear(3, 4), nn::Linear(4, 2));
    nn::initialise(net, nn::xavier_uniform, 1);
    const Array x(xt::xarray<float>{{1.f, 2.f, 3.f}, {0.f, 1.f, 0.f}}),
        t(xt::xarray<float>{{1.f, 0.f}, {0.f, 1.f}});
    const Graph graph = collapse_linear(record(net, x), {.mode = CollapseMode::parameters}).graph;
    nn::Optimizer optimizer(nn::Sgd{.rate = 0.01}, graph);
    BOOST_TEST(optimizer.parameters().size() == graph.parameters().size());
    const auto loss_after_step = [&] {
        Tape tape;
        const Variable loss = nn::mse_loss(graph(tape.constant(x)), tape.constant(t));
        const double value = loss.item();
        optimizer.step(grad(loss, optimizer.parameters()));
        return value;
    };
    const double before = loss_after_step();
    BOOST_TEST(loss_after_step() < before);
    Tape tape;
    BOOST_CHECK_THROW(nn::Optimizer(nn::Adam{}, tape.graph({tape.variable(1.0)})), ValueError);
}

BOOST_AUTO_TEST_CASE(gradients_are_found_in_any_order)
{
    const Parameter a = start(), b = start();
    nn::Optimizer optimizer(nn::Sgd{.rate = 1}, {a, b});
    Tape tape;
    const Variable loss = sum(tape.parameter(a)) + sum(tape.parameter(b)) * 10;
    const Variable other = tape.variable(1.0);
    optimizer.step(grad(loss * other, {other, b, a}));
    BOOST_TEST(values(a) == (Doubles{0, -3, -0.5}), boost::test_tools::per_element());
    BOOST_TEST(values(b) == (Doubles{-9, -12, -9.5}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_missing_gradient_changes_nothing)
{
    const Parameter a(Array(xt::xarray<double>{1.}), "net.a"), b(Array(xt::xarray<double>{1.}), "net.b");
    nn::Optimizer optimizer(nn::Adam{}, {a, b});
    Tape tape;
    const Variable loss = sum(tape.parameter(a) * tape.parameter(b));
    const Gradients some = grad(loss, {a});
    const std::size_t with_gradients = tape.size();
    says(message<GradientError>([&] { optimizer.step(some); }), "'net.b'");
    BOOST_TEST(tape.size() == with_gradients);
    BOOST_TEST((a.version() == 0 && b.version() == 0 && optimizer.steps() == 0));
    BOOST_TEST((optimizer.slots()[0].version() == 0));
    BOOST_CHECK_THROW(optimizer.step(Gradients{}), GradientError);
    optimizer.step(grad(loss, optimizer.parameters()));  // the tape is still good
    BOOST_TEST((a.version() == 1 && b.version() == 1 && optimizer.steps() == 1));
}

BOOST_AUTO_TEST_CASE(a_failed_step_leaves_the_tape_and_the_state_alone)
{
    const Parameter w = start();
    nn::Optimizer optimizer(nn::Adam{}, {w});
    Tape tape;
    const Gradients gradients = grad(objective(tape, w), optimizer.parameters());
    w.assign(Array(xt::xarray<double>{1., 1., 1.}));  // changed since: these gradients are of another point
    BOOST_CHECK_THROW(optimizer.step(gradients), StaleError);
    BOOST_TEST(values(w) == (Doubles{1, 1, 1}), boost::test_tools::per_element());
    BOOST_TEST(optimizer.steps() == 0);
    BOOST_TEST(optimizer.slots()[0].version() == 0u);
    step(optimizer, w);
    BOOST_TEST(optimizer.steps() == 1);
}

BOOST_AUTO_TEST_CASE(the_rate_decays_geometrically)
{
    const Parameter w(Array(xt::xarray<double>{0.}), "w");
    nn::Optimizer optimizer(nn::Sgd{.rate = 2}, {w});
    const auto step_by_one = [&] {
        Tape tape;
        optimizer.step(grad(sum(tape.parameter(w)), optimizer.parameters()));
    };
    optimizer.schedule({.gamma = 0.5});
    for (int k = 0; k < 4; ++k) {
        BOOST_TEST(optimizer.rate() == 2 * std::pow(0.5, k));
        step_by_one();
    }
    BOOST_TEST(values(w)[0] == -(2 + 1 + 0.5 + 0.25));
    optimizer.set_rate(1);
    BOOST_TEST(optimizer.rate() == 1);
    step_by_one();
    BOOST_TEST(optimizer.rate() == 0.5);
    optimizer.schedule({.gamma = 0.1, .every = 2});
    for (const double rate : {0.5, 0.5, 0.05, 0.05, 0.005}) {
        BOOST_TEST(optimizer.rate() == rate, boost::test_tools::tolerance(1e-14));
        step_by_one();
    }
    BOOST_CHECK_THROW(optimizer.schedule({.gamma = 0}), ValueError);
    BOOST_CHECK_THROW(optimizer.schedule({.gamma = 1.1}), ValueError);
    BOOST_CHECK_THROW(optimizer.schedule({.gamma = 0.5, .every = 0}), ValueError);
    BOOST_CHECK_THROW(optimizer.set_rate(0), ValueError);
}

BOOST_AUTO_TEST_CASE(options_out_of_range_are_refused)
{
    const Parameter w = start();
    const auto sgd = [&](const nn::Sgd& options) { nn::Optimizer(options, {w}); };
    const auto adam = [&](const nn::Adam& options) { nn::Optimizer(options, {w}); };
    says(message<ValueError>([&] { sgd({.rate = -1}); }), "Sgd: the rate");
    BOOST_CHECK_THROW(sgd({.rate = 0}), ValueError);
    BOOST_CHECK_THROW(sgd({.rate = std::nan("")}), ValueError);
    BOOST_CHECK_THROW(sgd({.rate = INFINITY}), ValueError);
    BOOST_CHECK_THROW(sgd({.momentum = 1}), ValueError);
    BOOST_CHECK_THROW(sgd({.momentum = -0.1}), ValueError);
    BOOST_CHECK_THROW(sgd({.nesterov = true}), ValueError);
    BOOST_CHECK_THROW(sgd({.weight_decay = -1}), ValueError);
    says(message<ValueError>([&] { adam({.rate = 0}); }), "Adam: the rate");
    BOOST_CHECK_THROW(adam({.beta1 = 1}), ValueError);
    BOOST_CHECK_THROW(adam({.beta2 = -0.5}), ValueError);
    BOOST_CHECK_THROW(adam({.epsilon = 0}), ValueError);
    BOOST_CHECK_THROW(nn::Optimizer(nn::Sgd{}, std::vector<Parameter>{}), ValueError);
    BOOST_CHECK_THROW(nn::Optimizer(nn::Sgd{}, {Parameter(DType::int64, {2})}), DtypeError);
}

BOOST_AUTO_TEST_CASE(a_network_learns_the_moons)
{
    struct Net {
        nn::Linear hidden{2, 16}, out{16, 1};
        static constexpr auto members()
        {
            return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
        }
        Variable operator()(Variable x) const { return out(tanh(hidden(x))); }
    };
    const nn::Dataset data = nn::make_moons<float>(400, 0.1, 1);
    Net net;
    nn::initialise(net, nn::xavier_uniform, 1);
    nn::Optimizer optimizer(nn::Adam{.rate = 3e-2}, net);
    for (const auto [x, t] : data.batches(50, {.epochs = 60, .seed = 2})) {
        Tape tape;
        const Variable loss = nn::logistic_loss(net(tape.constant(x)), t);
        optimizer.step(grad(loss, optimizer.parameters()));
    }
    Tape tape;
    const Variable margin = net(tape.constant(data.x)) * data.t;
    BOOST_TEST(mean(cast(margin > 0, DType::float32)).item() >= 0.99);
}
