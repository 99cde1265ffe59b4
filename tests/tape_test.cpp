// Tapes and variables: handles, scopes, reuse of storage, what may stand beside a Variable, randomness.
#define BOOST_TEST_MODULE tape
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <optional>

#include <xtensor/xview.hpp>

#include "support.hpp"
#include "xgrad/autodiff/transform.hpp"
#include "xgrad/autodiff/update.hpp"

using namespace xgrad;
using Vec = xt::xarray<double>;

// ---------------------------------------------------------------- handles

BOOST_AUTO_TEST_CASE(a_default_constructed_variable_throws_whatever_is_asked)
{
    const Variable none;
    Tape tape;
    const Variable x = tape.variable(1.0);
    for (const std::function<void()>& use :
         std::vector<std::function<void()>>{[&] { none.value<double>(); },
                                            [&] { none.array(); },
                                            [&] { none.item(); },
                                            [&] { none.shape(); },
                                            [&] { none.dtype(); },
                                            [&] { none.size(); },
                                            [&] { none.tape(); },
                                            [&] { none.named("x"); },
                                            [&] { keep(none); },
                                            [&] { exp(none); },
                                            [&] { none + x; },
                                            [&] { x + none; },
                                            [&] { none * 2.0; },
                                            [&] { -none; },
                                            [&] { (void)(none < x); },
                                            [&] { matmul(x, none); },
                                            [&] { where(none, x, x); },
                                            [&] {
                                                concat({none, x});
                                            },
                                            [&] { sum(none); },
                                            [&] { reshape(none, {1}); },
                                            [&] { grad(none, x); },
                                            [&] { grad(x, none); },
                                            [&] { jvp(x, x, none); },
                                            [&] { hvp(none, x, x); },
                                            [&] { vjp(x, x, none); },
                                            [&] { tape.graph({none}); },
                                            [&] { tape.assign(Parameter(DType::float64, {}), none); }})
        says(message<StaleError>(use), "never set");
    BOOST_TEST(tape.size() <= 2u);
}

BOOST_AUTO_TEST_CASE(a_handle_whose_tape_was_cleared_rewound_or_destroyed_throws)
{
    Variable cleared, rewound, destroyed, kept;
    {
        Tape gone;
        destroyed = gone.variable(Vec{1., 2.});
        BOOST_TEST(values(destroyed) == list({1, 2}));
    }
    Tape tape;
    cleared = tape.variable(1.0);
    tape.clear();
    tape.variable(7.0);  // takes its place
    kept = tape.variable(3.0);
    const auto mark = tape.mark();
    rewound = exp(kept);
    tape.rewind(mark);
    tape.variable(8.0);  // takes its place
    for (const Variable& x : {cleared, rewound, destroyed}) {
        says(message<StaleError>([&] { x.array(); }), "cleared, rewound past it or destroyed");
        BOOST_CHECK_THROW(x + kept, StaleError);
        BOOST_CHECK_THROW(kept + x, StaleError);
        BOOST_CHECK_THROW(grad(kept, x), StaleError);
        BOOST_CHECK_THROW(x.shape(), StaleError);
    }
    BOOST_TEST(kept.item() == 3);
    {
        Tape reborn;  // storage of `gone`, perhaps
        reborn.variable(Vec{5., 6.});
        BOOST_CHECK_THROW(destroyed.array(), StaleError);
    }
}

BOOST_AUTO_TEST_CASE(two_tapes_do_not_mix)
{
    Tape a, b;
    const Variable x = a.variable(Vec{1., 2.}), y = b.variable(Vec{3., 4.});
    for (const std::function<void()>& use : std::vector<std::function<void()>>{
             [&] { x + y; }, [&] { matmul(x, y); }, [&] { where(x < 0., x, y); },
             [&] {
                 concat({x, y});
             },
             [&] { grad(sum(x), y); }, [&] { vjp(x, x, y); }, [&] { jvp(x, x, y); }, [&] { a.graph({y}); },
             [&] { a.assign(Parameter(DType::float64, {2}), y); }})
        says(message<GraphError>(use), "two different tapes");
    BOOST_TEST(values(x + x) == list({2, 4}));
    BOOST_TEST(values(y + y) == list({6, 8}));
}

BOOST_AUTO_TEST_CASE(rewinding_restores_the_tape_and_refuses_a_mark_that_is_gone)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2.});
    const auto start = tape.mark();
    const Parameter p(Vec{5., 5.});
    const Variable y = sum(x * tape.parameter(p));
    const auto later = tape.mark();
    const std::size_t size = tape.size();
    grad(y, x);
    tape.rewind(later);
    BOOST_TEST(tape.size() == size);
    BOOST_TEST(y.item() == 15);
    tape.rewind(start);
    BOOST_TEST(tape.size() == 1u);
    BOOST_TEST(values(x) == list({1, 2}));
    BOOST_CHECK_THROW(tape.rewind(later), StaleError);
    exp(x), exp(x), exp(x), exp(x);
    says(message<StaleError>([&] { tape.rewind(later); }),
         "no longer part");                               // long enough again, but another recording
    BOOST_TEST(sum(x * tape.parameter(p)).item() == 15);  // the parameter's leaf is made anew
    tape.clear();
    BOOST_CHECK_THROW(tape.rewind(later), StaleError);
    Tape loop;  // a loop that rewinds holds its size
    const Variable w = loop.variable(Vec(xt::ones<double>({400})));
    const auto mark = loop.mark();
    std::size_t bytes = 0;
    for (int i = 0; i < 200; ++i) {
        grad(sum(exp(tanh(w) * 0.5)), w);
        loop.rewind(mark);
        if (i == 20) bytes = loop.bytes();
    }
    BOOST_TEST(loop.bytes() == bytes);
}

BOOST_AUTO_TEST_CASE(a_view_outlives_its_tape_and_shows_the_values_it_was_made_from)
{
    std::optional<View<double>> small, large, leaf, gradient;
    Array array;
    {
        Tape tape;
        const Variable x = tape.variable(Vec{1., 2., 3.}), big = tape.variable(Vec(xt::ones<double>({5000})));
        const Variable y = square(x), z = big * 4.0;
        small.emplace(y.value<double>());
        large.emplace(z.value<double>());
        leaf.emplace(x.value<double>());
        array = z.array();
        gradient.emplace(
            grad(sum(y) * sum(z), x).value<double>());  // a gradient and its release leave views alone
        BOOST_TEST((*small)(2) == 9);
    }
    for (int i = 0; i < 20; ++i) {  // whoever gets the memory next must not be seen
        Tape other;
        const Variable big = other.variable(Vec(xt::zeros<double>({5000})));
        exp(big) + exp(big * 2.0), exp(other.variable(Vec{0., 0., 0.}));
    }
    BOOST_TEST((*small)(0) == 1);
    BOOST_TEST((*small)(2) == 9);
    BOOST_TEST((*large)(4999) == 4);
    BOOST_TEST((*leaf)(1) == 2);
    BOOST_TEST((*gradient)(1) == 4 * 20000.);
    BOOST_TEST(array.value<double>()(17) == 4);
    BOOST_TEST(Vec(*small + *leaf)(2) == 12);  // a view is an xtensor expression
    Tape tape;
    says(message<DtypeError>([&] { tape.variable(Vec{1.}).value<float>(); }), "value<float32>");
    BOOST_CHECK_THROW((tape.variable(Vec{1.}) < 0.).value<double>(), DtypeError);
    BOOST_TEST(((tape.variable(Vec{1.}) < 2.).value<bool>()(0)));
    BOOST_CHECK_THROW(array.item<double>(), ShapeError);
}

BOOST_AUTO_TEST_CASE(an_array_given_to_a_tape_is_a_copy_of_the_users)
{
    Tape tape;
    Vec own{1., 2.};
    const Variable x = tape.variable(own), y = x + own;
    own(0) = 100;
    BOOST_TEST(values(x) == list({1, 2}));
    BOOST_TEST(values(y) == list({2, 4}));
}

// ---------------------------------------------------------------- storage

BOOST_AUTO_TEST_CASE(a_steady_loop_takes_no_memory_from_the_system)
{
    const Parameter w(Vec(xt::ones<double>({64, 64}) * 0.01));
    const auto step = [&] {
        Tape tape;
        const Variable x = tape.constant(Array(DType::float64, {32, 64}));
        Variable h = x;
        for (int layer = 0; layer < 3; ++layer) h = tanh(matmul(h, tape.parameter(w)) + 0.5);
        return grad(mean(square(h)), w).array();
    };
    for (int i = 0; i < 3; ++i) step();
    const auto before = pool_statistics();
    for (int i = 0; i < 50; ++i) step();
    const auto after = pool_statistics();
    BOOST_TEST(after.system_allocations == before.system_allocations);
    BOOST_TEST(after.requests > before.requests);
    trim_pool();
    step();
    BOOST_TEST(pool_statistics().system_allocations > after.system_allocations);
}

// ---------------------------------------------------------------- scopes

BOOST_AUTO_TEST_CASE(scopes_give_the_module_s_path_to_nodes_and_messages)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2.}, "x"), y = tape.variable(Vec{1., 2., 3.});
    const auto failed = [&] { return message<ShapeError>([&] { x + y; }); };
    {
        const auto encoder = tape.scope("encoder", "Sequential");
        {
            const auto layer = tape.scope("layer2", "Linear");
            says(failed(), "add in encoder.layer2: got [2] float64, [3] float64");
            (x * 2.0).named("doubled");
        }
        says(failed(), "add in encoder: ");
        const auto absolute = tape.scope("decoder.out");
        says(failed(), "add in decoder.out: ");
    }
    says(failed(), "add: got");
    const Variable z = [&] {
        const auto scope = tape.scope("loss");
        return sum(x * x);
    }();
    const std::string text = tape.graph({z}).text();
    says(text, "= input  [2] float64  'x'\n");
    says(text, "loss\n");
    says(tape.graph({grad(z, x)}).text(), "loss\n");  // its gradient belongs to it too
    says(failed(), "add: got");
}

BOOST_AUTO_TEST_CASE(an_error_or_a_clear_within_a_scope_leaves_no_scope_behind)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2.});
    const auto path = [&](Variable v) { return message<ShapeError>([&] { v + Vec{1., 2., 3.}; }); };
    const Variable bad = [&] {
        const auto scope = tape.scope("m");
        return sgd_update(x, x, tape.constant(0.1));
    }();
    says(message<GradientError>([&] { grad(sum(bad), x); }), "sgd_update in m has no gradient");
    says(path(x), "add: got");
    {
        const auto outer = tape.scope("outer");
        {
            const auto inner = tape.scope("inner");
            tape.clear();
        }
        says(path(tape.variable(Vec{1., 2.})), "add: got");
    }
    says(path(tape.variable(Vec{1., 2.})), "add: got");
    BOOST_CHECK_NO_THROW(tape.graph({tape.variable(1.0) + 1.0}).verify());
}

// ---------------------------------------------------------------- operands

BOOST_AUTO_TEST_CASE(xtensor_expressions_numbers_and_parameters_stand_on_either_side)
{
    Tape tape;
    const Vec a{1., 2., 3.};
    const Variable x = tape.variable(Vec{10., 20., 30.});
    const Parameter p(Vec{2., 2., 2.});
    BOOST_TEST(values(a + x) == list({11, 22, 33}));
    BOOST_TEST(values(x + a) == list({11, 22, 33}));
    BOOST_TEST(values(a - x) == list({-9, -18, -27}));
    BOOST_TEST(values(x / a) == list({10, 10, 10}));
    BOOST_TEST(values((a * 2.0) * x) == list({20, 80, 180}));
    BOOST_TEST(values(xt::view(a, xt::range(0, 1)) + x) == list({11, 21, 31}));
    BOOST_TEST(values(x - xt::view(a, xt::range(0, 1))) == list({9, 19, 29}));
    BOOST_TEST(values(xt::sin(a) * x)[1] == std::sin(2.) * 20);
    BOOST_TEST(values(x * xt::transpose(xt::xarray<double>(xt::ones<double>({3, 1})))) == list({10, 20, 30}));
    BOOST_TEST(values(x * xt::xtensor<double, 1>{1., 2., 3.}) == list({10, 40, 90}));
    BOOST_TEST(values(p * x) == list({20, 40, 60}));
    BOOST_TEST(values(x - p) == list({8, 18, 28}));
    BOOST_TEST(values(Array(a) + x) == list({11, 22, 33}));
    BOOST_TEST(values(2 * x) == list({20, 40, 60}));
    BOOST_TEST(values(x * 2u) == list({20, 40, 60}));
    BOOST_TEST(values(1.0f - x) == list({-9, -19, -29}));
    BOOST_TEST(values(60 / x) == list({6, 3, 2}));
    BOOST_TEST(values(x / 10) == list({1, 2, 3}));
    BOOST_TEST(values(-x + +x) == list({0, 0, 0}));
    BOOST_TEST(values(pow(x, 2)) == list({100, 400, 900}));
    BOOST_TEST(values(maximum(15, x)) == list({15, 20, 30}));
    BOOST_TEST(values(where(x > 15, a, x)) == list({10, 2, 3}));
    BOOST_TEST(values(where(a < x, 1, x)) == list({1, 1, 1}));
    BOOST_TEST(values(matmul(a, x))[0] == 140);
    BOOST_TEST(values(x < 20) == list({1, 0, 0}));
    BOOST_TEST(values(20 < x) == list({0, 0, 1}));
    BOOST_TEST(values(x >= 20.f) == list({0, 1, 1}));
    BOOST_TEST(values(a * 10. <= x) == list({1, 1, 1}));
    BOOST_TEST(values(x > p) == list({1, 1, 1}));
    BOOST_TEST(values(equal(x, 20)) == list({0, 1, 0}));
    Variable y = x;
    y += a, y -= 1, y *= p, y /= x;
    BOOST_TEST(values(y) == list({2, 2.1, 64. / 30}));
    BOOST_TEST(values(x) == list({10, 20, 30}));  // x is what it was
    BOOST_TEST(values(grad(sum(y), x))[0] == -2 * (1 - 1.) / 100);
    BOOST_TEST(values(xt::xarray<double>(2.0) * x) == list({20, 40, 60}));
}

BOOST_AUTO_TEST_CASE(element_types_do_not_mix_silently)
{
    Tape tape;
    const Variable f = tape.variable(xt::xarray<float>{1.f, 2.f}), d = tape.variable(Vec{1., 2.});
    const Variable n = tape.variable(xt::xarray<std::int64_t>{5, -7}), m = f > 1.f;
    says(message<DtypeError>([&] { f* d; }),
         "mul: got [2] float32, [2] float64, expected operands of one type (cast() converts)");
    for (const std::function<void()>& use : std::vector<std::function<void()>>{
             [&] {
                 f + Vec{1., 2.};
             },
             [&] {
                 xt::xarray<int>{1, 2} * f;
             },
             [&] { n + d; }, [&] { m + m; }, [&] { n + 0.5; }, [&] { n / 2; }, [&] { m * 2; },
             [&] { exp(n); }, [&] { logical_and(n, n); }, [&] { where(m, f, d); }, [&] { matmul(f, d); },
             [&] { (void)(f < d); },
             [&] {
                 concat({f, d});
             },
             [&] { maximum(n, 1.5); },
             [&] {
                 f + Parameter(Vec{1., 2.});
             }})
        BOOST_CHECK_THROW(use(), DtypeError);
    BOOST_TEST((name_of((f * 2.0).dtype()) == "float32"));  // a number takes the array's type
    BOOST_TEST((name_of((1 / f).dtype()) == "float32"));
    BOOST_TEST(values(n * n + 1 - 2 * n) == list({16, 64}));
    BOOST_TEST(values(n * xt::xarray<int>{1, 2}) == list({5, -14}));  // integers of any width become int64
    BOOST_TEST((name_of((-n).dtype()) == "int64"));
    BOOST_TEST(values(abs(n) + square(n) + maximum(n, 0) + clamp(n, -1, 1)) == list({36, 55}));
    BOOST_TEST(values(sum(n)) == list({-2}));
    BOOST_TEST(values(logical_or(logical_and(m, n < 0), logical_not(m))) == list({1, 1}));
    BOOST_TEST(values(cast(n, DType::float64) * d) == list({5, -14}));
    says(message<DtypeError>([&] { grad(sum(n), n); }), "int64");
    says(message<DtypeError>([&] { grad(sum(d), n); }), "int64");
    says(message<DtypeError>([&] { grad(sum(d), Parameter(DType::int64, {2}, "counts")); }), "counts");
}

BOOST_AUTO_TEST_CASE(large_integers_keep_every_digit)
{
    Tape tape;
    const std::int64_t big = (std::int64_t{1} << 53) + 1;
    const Variable n = tape.variable(xt::xarray<std::int64_t>{1, 2});
    BOOST_TEST((n * xt::xarray<std::int64_t>{big, big}).value<std::int64_t>()(0) == big);
    std::int64_t sum = 0;
    try {
        sum = (n + big).value<std::int64_t>()(0);
    } catch (const Error&) {
        sum = big + 1;  // a refusal is as good
    }
    BOOST_TEST(sum == big + 1);
}

// ---------------------------------------------------------------- randomness

BOOST_AUTO_TEST_CASE(dropout_is_reproducible_uses_its_mask_backwards_and_is_the_identity_in_evaluation)
{
    const auto run = [](std::uint64_t seed, bool training) {
        Tape tape({.training = training, .generator = Generator(seed)});
        const Variable x = tape.variable(Vec(xt::arange<double>(1, 1001)));
        const Variable y = dropout(x, 0.25), again = dropout(x, 0.25);
        const Variable g = grad(sum(y * y), x), gg = grad(sum(g), x);
        return std::array{values(y), values(again), values(g), values(gg)};
    };
    const auto first = run(1, true), same = run(1, true), other = run(2, true), still = run(1, false);
    BOOST_TEST((first == same));
    BOOST_TEST((first != other));
    BOOST_TEST((first[0] != first[1]));
    std::size_t zeros = 0;
    for (std::size_t i = 0; i < 1000; ++i) {
        const double x = static_cast<double>(i + 1), scale = first[0][i] / x;
        zeros += scale == 0;
        BOOST_TEST((scale == 0 || std::abs(scale - 4 / 3.) < 1e-12));
        BOOST_TEST(std::abs(first[2][i] - 2 * scale * scale * x) < 1e-9);  // the drawn mask, not a new one
        BOOST_TEST(std::abs(first[3][i] - 2 * scale * scale) < 1e-12);
        BOOST_TEST(still[0][i] == x);
    }
    BOOST_TEST((zeros > 200 && zeros < 300));
    Tape shared({.generator = Generator(3)});
    BOOST_TEST(!Tape({.training = false}).training());
    BOOST_TEST(shared.training());
    Generator generator(5);
    std::vector<std::vector<double>> drawn;
    for (int step = 0; step < 3; ++step) {  // a generator goes on from tape to tape
        Tape tape({.generator = generator});
        drawn.push_back(values(random_normal(tape.variable(1.0), {8})));
    }
    BOOST_TEST((drawn[0] != drawn[1] && drawn[1] != drawn[2]));
    Tape a, b;  // without one: the process's, never the same numbers twice
    BOOST_TEST(
        (values(random_uniform(a.variable(1.0), {8})) != values(random_uniform(b.variable(1.0), {8}))));
}
