// Corners where state, memory and sizes meet: each of these once went wrong.
#define BOOST_TEST_MODULE edge
#include <boost/test/unit_test.hpp>

#include <limits>
#include <memory>
#include <optional>

#include <xgrad/autodiff.hpp>
#include <xgrad/autodiff/update.hpp>

using namespace xgrad;
using V = xt::xarray<double>;

namespace {
void near(const View<double>& got, const std::vector<double>& expected)
{
    BOOST_TEST_REQUIRE(got.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        BOOST_TEST(std::abs(got.data()[i] - expected[i]) <= 1e-12);
}
}  // namespace

BOOST_AUTO_TEST_CASE(a_further_output_that_was_released_is_made_again)
{
    Tape tape;
    Parameter p(V{1., 2.}), m(V{.1, .2}), v(V{.3, .4});
    const Variable rate = tape.variable(.1), step = tape.variable(1.), g = tape.variable(V{1., 1.});
    const auto first = sgd_momentum_update(tape.parameter(p), g, tape.parameter(m), rate, .9, false);
    const auto second = adam_update(tape.parameter(p), first.momentum, tape.parameter(m), tape.parameter(v),
                                    rate, step, .9, .99, 1e-8);
    const double g0 = .9 * .1 + 1, g1 = .9 * .2 + 1;
    near((second.second * 2.0).value<double>(),
         {2 * (.99 * .3 + .01 * g0 * g0), 2 * (.99 * .4 + .01 * g1 * g1)});
    near(second.second.value<double>(), {.99 * .3 + .01 * g0 * g0, .99 * .4 + .01 * g1 * g1});
    near(first.momentum.value<double>(), {g0, g1});
}

BOOST_AUTO_TEST_CASE(an_array_of_a_parameter_is_a_copy)
{
    Tape tape;
    Parameter p(V{1., 2.});
    const Variable x = tape.variable(p.array()), y = sum(x * x * x);
    p.assign(Array(V{10., 20.}));
    near(grad(y, x).value<double>(), {3, 12});
}

BOOST_AUTO_TEST_CASE(clearing_a_tape_keeps_its_options)
{
    Tape tape({.training = false, .generator = Generator(7)});
    tape.clear();
    BOOST_TEST(!tape.training());
    Tape fresh({.generator = Generator(7)});
    near(random_uniform(tape.variable(1.), {3}).value<double>(), [&] {
        const auto u = random_uniform(fresh.variable(1.), {3}).value<double>();
        return std::vector<double>(u.data(), u.data() + 3);
    }());
}

BOOST_AUTO_TEST_CASE(updates_written_to_each_other_s_slots_see_the_old_values)
{
    Tape tape;
    Parameter p(V{1., 2.}), m(V{.1, .2});
    const Variable g = tape.variable(V{1., 1.}), rate = tape.variable(.1);
    const auto update = sgd_momentum_update(tape.parameter(p), g, tape.parameter(m), rate, .9, false);
    tape.assign(p, update.momentum);
    tape.assign(m, update.parameter);
    tape.commit();
    near(p.value<double>(), {1.09, 1.18});
    near(m.value<double>(), {1 - .109, 2 - .118});
}

BOOST_AUTO_TEST_CASE(sizes_beyond_memory_are_refused_with_the_shape)
{
    Tape tape;
    const Variable x = tape.variable(1.);
    const std::int64_t big = std::int64_t{1} << 32;
    const auto names_shape = [](const ShapeError& error) {
        return std::string(error.what()).find("4294967296") != std::string::npos;
    };
    BOOST_CHECK_EXCEPTION(full(x, {big, big}, 1), ShapeError, names_shape);
    BOOST_CHECK_EXCEPTION(broadcast_to(x, {big, big}), ShapeError, names_shape);
    BOOST_CHECK_THROW(concat(std::vector<Variable>(70000, tape.variable(V{1.}))), ShapeError);
    BOOST_CHECK_THROW(broadcast_to(x, Shape(33, 1)), ShapeError);
}

BOOST_AUTO_TEST_CASE(a_tape_that_was_moved_from_throws)
{
    Tape a;
    Tape b = std::move(a);
    BOOST_CHECK_THROW(a.size(), StaleError);
    BOOST_CHECK_THROW(a.variable(1.0), StaleError);
    BOOST_TEST(b.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_slice_with_a_step_beyond_the_array_takes_one_element)
{
    Tape tape;
    const Variable x = tape.variable(V{0., 1., 2., 3., 4., 5., 6.});
    near(slice(x, {{.step = std::numeric_limits<std::int64_t>::max()}}).value<double>(), {0});
    near(slice(x, {{.step = std::numeric_limits<std::int64_t>::min()}}).value<double>(), {6});
}

BOOST_AUTO_TEST_CASE(a_cotangent_made_by_ones_like_can_be_differentiated)
{
    Tape tape;
    const Variable x = tape.variable(V{1., 2.}), u = ones_like(tape.variable(1.));
    const Variable g = vjp(sum(x * x), x, u);  // 2 x u
    near(grad(sum(g), u).value<double>(), {6});
    near(jvp(sum(x * x), x, x).value<double>(), {10});
}

BOOST_AUTO_TEST_CASE(a_scope_that_ends_after_its_tape_was_cleared_changes_nothing)
{
    Tape tape;
    {
        const auto outer = tape.scope("old");
        tape.clear();
        const auto inner = tape.scope("new");
        {
            const auto nested = tape.scope("deep");
        }
        BOOST_TEST(tape.graph({tanh(tape.variable(1.))}).text().find("new") != std::string::npos);
    }
    // `old` ended last: what it found when it began is gone, the root is where recording goes on.
    const std::string text = tape.graph({tanh(tape.variable(1.))}).text();
    BOOST_TEST(text.find("new") == std::string::npos);
    std::optional<Tape> gone(std::in_place);
    std::unique_ptr<Tape::ScopeGuard> guard(new Tape::ScopeGuard(gone->scope("net")));
    gone.reset();
    Tape next;  // takes over the storage of the one that is gone
    const auto mine = next.scope("mine");
    guard.reset();
    BOOST_TEST(next.graph({tanh(next.variable(1.))}).text().find("mine") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mark_of_another_tape_is_refused)
{
    Tape a, b;
    a.variable(1.);
    b.variable(2.);
    const Tape::Mark mark = a.mark();
    BOOST_CHECK_THROW(b.rewind(mark), GraphError);
    BOOST_CHECK_THROW(b.rewind(Tape::Mark{}), GraphError);
    BOOST_TEST(b.size() == 1u);
    a.rewind(mark);
}

BOOST_AUTO_TEST_CASE(rewinding_many_times_does_not_grow_memory)
{
    Tape tape;
    const Variable x = tape.variable(V{1., 2.});
    const Tape::Mark mark = tape.mark();
    const auto round = [&] {
        const Variable joined = concat({x, x, x, x, x});
        sum(joined * joined).item();
        tape.rewind(mark);
    };
    for (int i = 0; i < 100; ++i) round();
    const std::size_t before = tape.bytes();
    for (int i = 0; i < 10000; ++i) round();
    BOOST_TEST(tape.bytes() == before);
}

BOOST_AUTO_TEST_CASE(random_arrays_keep_to_what_was_asked_for)
{
    Tape tape({.generator = Generator(5)});
    const Variable x = tape.variable(1.f);
    BOOST_CHECK_THROW(random_uniform(x, {3}, 2, 1), ValueError);
    BOOST_CHECK_THROW(random_uniform(x, {3}, 0, std::numeric_limits<double>::infinity()), ValueError);
    BOOST_CHECK_THROW(random_normal(x, {3}, 0, -1), ValueError);
    BOOST_CHECK_EXCEPTION(dropout(tape.variable(xt::xarray<std::int64_t>{1, 2}), .5), DtypeError,
                          [](const DtypeError& e) { return std::string(e.what()).starts_with("dropout:"); });
    // Numbers as coarse as the interval: rounding may reach the upper end, which is not part of it.
    const auto u = random_uniform(x, {100000}, 16777216., 16777220.).value<float>();
    for (std::size_t i = 0; i < u.size(); ++i)
        BOOST_REQUIRE(u.data()[i] >= 16777216.f && u.data()[i] < 16777220.f);
}

BOOST_AUTO_TEST_CASE(numbers_that_an_integer_array_cannot_hold_are_refused)
{
    Tape tape;
    const Variable n = tape.variable(xt::xarray<std::int64_t>{1, 2});
    BOOST_CHECK_THROW(full(n, {2}, 1.5), DtypeError);
    BOOST_CHECK_THROW(full(n, {2}, 1e30), DtypeError);
    BOOST_CHECK_THROW(n + std::numeric_limits<double>::quiet_NaN(), DtypeError);
    BOOST_TEST(full(n, {2}, 3).value<std::int64_t>()(1) == 3);
}

BOOST_AUTO_TEST_CASE(a_value_that_memory_cannot_hold_names_the_op_and_leaves_the_tape_as_it_was)
{
    Tape tape;
    const auto scope = tape.scope("net");
    const Variable x = tape.variable(V{1.});
    const std::size_t size = tape.size();
    BOOST_CHECK_EXCEPTION(broadcast_to(x, {std::int64_t{1} << 46, 1}), MemoryError, [](const MemoryError& e) {
        const std::string text = e.what();
        return text.starts_with("broadcast_to in net") && text.find("70368744177664") != std::string::npos;
    });
    BOOST_TEST(tape.size() == size);
    near(tanh(x).value<double>(), {std::tanh(1.)});
}

BOOST_AUTO_TEST_CASE(one_new_value_may_go_to_two_slots)
{
    Tape tape;
    Parameter p(V{1., 2.}), copy(V{0., 0.});
    const Variable rate = tape.variable(.5), g = tape.variable(V{1., 1.});
    const Variable next = sgd_update(tape.parameter(p), g, rate);
    tape.assign(p, next);
    tape.assign(copy, next);
    tape.commit();
    near(p.value<double>(), {.5, 1.5});
    near(copy.value<double>(), {.5, 1.5});
}

BOOST_AUTO_TEST_CASE(slots_swap_their_values_and_an_update_is_refused_twice)
{
    Tape tape;
    Parameter p(V{1., 2.}), q(V{3., 4.});
    tape.assign(p, tape.parameter(q));
    tape.assign(q, tape.parameter(p));
    BOOST_CHECK_THROW(tape.assign(p, tape.parameter(p)), ValueError);
    tape.commit();
    near(p.value<double>(), {3., 4.});
    near(q.value<double>(), {1., 2.});
    // Rewinding takes an update back, and the slot may get another one.
    Tape next;
    const Variable x = next.parameter(p);
    const Tape::Mark mark = next.mark();
    next.assign(p, x + x);
    next.rewind(mark);
    next.assign(p, x);  // a value from before the mark, assigned after it
    next.rewind(mark);
    next.assign(p, x * x);
    next.commit();
    near(p.value<double>(), {9., 16.});
}

BOOST_AUTO_TEST_CASE(powers_have_finite_derivatives_of_every_order_at_zero)
{
    // d^k/dx^k x^n at 0: n! for k = n, else 0.
    for (int n = 0; n <= 4; ++n) {
        Tape tape;
        const Variable x = tape.variable(V{0., 2.});
        Variable y = pow(x, n);
        double factor = 1;
        for (int k = 1; k <= 6; ++k) {
            const Variable slope = jvp(y, x, ones_like(x));
            y = grad(sum(y), x);
            factor *= n - k + 1;
            const double want0 = k == n ? factor : 0, want2 = factor * std::pow(2., n - k);
            near(y.value<double>(), {want0, want2});
            near(slope.value<double>(), {want0, want2});
        }
    }
    // The exponent as a variable: d/dp d/dx x^p = x^(p-1) (1 + p ln x), at p = 0: 1 / x.
    Tape tape;
    const Variable x = tape.variable(V{2., 4.}), p = tape.variable(V{0., 0.});
    near(grad(sum(grad(sum(pow(x, p)), x)), p).value<double>(), {.5, .25});
}

BOOST_AUTO_TEST_CASE(move_assignment_ends_the_tape_that_was_there)
{
    Tape a, b;
    const Variable x = a.variable(1.), y = b.variable(2.);
    a = std::move(b);
    BOOST_CHECK_THROW(x.item(), StaleError);
    BOOST_TEST(y.item() == 2.);
    BOOST_CHECK_THROW(b.size(), StaleError);
    BOOST_TEST(a.size() == 1u);
}

// As in PyTorch: the value is NaN, so is the gradient, in every element; NaN counts as the largest. No axes are none.
BOOST_AUTO_TEST_CASE(nan_in_norms_and_in_order_and_no_axes)
{
    const double none = std::numeric_limits<double>::quiet_NaN();
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{1., 2., none});
    for (const double p : {2., 3., 1.5}) {
        const Variable g = grad(norm(x, p), x);
        for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(std::isnan(g.value<double>()(i)), p << ", " << i);
    }
    const Variable zero = tape.variable(xt::xarray<double>{0., 0.});
    const Variable g = grad(norm(zero), zero);
    BOOST_TEST(grad(sum(g), zero).value<double>()(0) == 0);
    const TopK top = topk(x, 1);
    BOOST_TEST(std::isnan(top.values.item()));
    BOOST_TEST(top.indices.item() == 2);
    BOOST_TEST(topk(x, 2, -1, false).values.value<double>()(1) == 2);
    BOOST_TEST(std::isnan(sort(x, -1, true).value<double>()(0)));
    const Variable y = tape.variable(xt::xarray<double>{{1., 5.}, {5., 2.}});
    for (const Variable& v : {min(y, {}), max(y, {}), median(y, {}), logsumexp(y, {})})
        BOOST_TEST((v.shape().size() == 2 && v.value<double>()(0, 1) == 5));
}

// numpy.nan_to_num: NaN is 0, an infinity the largest number of the type.
BOOST_AUTO_TEST_CASE(nan_to_num_by_itself)
{
    const auto tried = [](auto one) {
        using T = decltype(one);
        constexpr T most = std::numeric_limits<T>::max(), infinity = std::numeric_limits<T>::infinity();
        Tape tape;
        const Variable x = tape.variable(
            xt::xarray<T>{std::numeric_limits<T>::quiet_NaN(), infinity, -infinity, most, T(-2)});
        const xt::xarray<T> value = nan_to_num(x).template value<T>();
        const xt::xarray<T> expected = {0, most, -most, most, T(-2)};
        BOOST_TEST((value == expected));
        const xt::xarray<T> slope = grad(sum(nan_to_num(x)), x).template value<T>(), passed = {0, 0, 0, 1, 1};
        BOOST_TEST((slope == passed));
    };
    tried(1.0f);
    tried(1.0);
}
