// Corners where state, memory and sizes meet: each of these once went wrong.
#define BOOST_TEST_MODULE edge
#include <boost/test/unit_test.hpp>

#include <limits>

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
