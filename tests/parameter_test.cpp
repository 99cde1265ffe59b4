// Parameters and other state: sharing, versions, commits, and what becomes of tapes that used the old values.
#define BOOST_TEST_MODULE parameter
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>

#include "support.hpp"
#include "xgrad/autodiff/program.hpp"
#include "xgrad/autodiff/recorder.hpp"
#include "xgrad/autodiff/transform.hpp"
#include "xgrad/autodiff/update.hpp"

using namespace xgrad;
using Vec = xt::xarray<double>;

BOOST_AUTO_TEST_CASE(copies_share_clones_do_not)
{
    const Parameter p(Vec{1., 2.}, "w"), shared = p, copy = p.clone(), equal(Vec{1., 2.}, "w");
    BOOST_TEST((p == shared));
    BOOST_TEST(!(p == copy));
    BOOST_TEST(!(p == equal));
    BOOST_TEST(p.id() == shared.id());
    BOOST_TEST(p.id() != copy.id());
    BOOST_TEST(copy.name() == "w");
    const auto view = p.value<double>();
    shared.assign(Vec{5., 6.});
    BOOST_TEST(values(p) == list({5, 6}));
    BOOST_TEST(view(0) == 5);  // a view shows later writes
    BOOST_TEST(values(copy) == list({1, 2}));
    BOOST_TEST(p.version() == 1u);
    BOOST_TEST(copy.version() == 0u);
    BOOST_TEST(values(Parameter(DType::float64, {3})) == list({0, 0, 0}));
    BOOST_TEST(!Parameter());
    Vec own{1., 2.};
    const Parameter mine{Array(own)};
    own(0) = 9;
    BOOST_TEST(values(mine) == list({1, 2}));
    says(message<DtypeError>([&] {
             p.assign(xt::xarray<float>{1.f, 2.f});
         }),
         "assign to parameter 'w': it is float64, the new value float32");
    says(message<ShapeError>([&] {
             p.assign(Vec{1., 2., 3.});
         }),
         "assign to parameter 'w': it has shape [2], the new value [3]");
    says(message<DtypeError>([&] { p.value<float>(); }), "float32");
    BOOST_TEST(p.version() == 1u);
    Tape tape;
    says(message<ValueError>([&] { tape.parameter(Parameter()); }), "parameter");
}

BOOST_AUTO_TEST_CASE(a_shared_parameter_is_one_leaf_and_gathers_every_use)
{
    const Parameter p(Vec{1., 2., 3.}), tied = p;
    Tape tape;
    const Variable x = tape.constant(Vec{10., 20., 30.});
    const Variable y = sum(x * p + x * x * tied);
    BOOST_TEST(tape.parameter(p).id() == tape.parameter(tied).id());
    BOOST_TEST(values(grad(y, tied)) == list({110, 420, 930}));
    std::vector<Parameter> many;
    Variable z = sum(tape.parameter(p));
    for (int i = 0; i < 200; ++i) z = z + sum(tape.parameter(many.emplace_back(Vec{1. * i})) * (i + 1));
    const Gradients g = grad(z, many);
    for (int i = 0; i < 200; ++i) BOOST_TEST(g[many[static_cast<std::size_t>(i)]].item() == i + 1);
}

BOOST_AUTO_TEST_CASE(a_tape_whose_parameter_has_changed_refuses_to_go_on_but_shows_what_it_computed)
{
    for (const bool by_commit : {false, true})
        BOOST_TEST_CONTEXT((by_commit ? "changed by a commit" : "changed by assign()"))
        {
            const Parameter p(Vec{1., 2.}, "hidden.weight"), other(Vec{1., 1.});
            Tape tape;
            const Variable leaf = tape.parameter(p), x = tape.variable(Vec{3., 4.});
            const Variable y = leaf * x, shape = reshape(leaf, {2, 1}), cut = detach(leaf), loss = sum(y);
            const Variable one = sum(slice(leaf, {{0, 1}}));
            if (by_commit) {
                tape.assign(p, y);
                tape.commit();
            } else {
                p.assign(Vec{7., 8.});
            }
            for (const std::function<void()>& use : std::vector<std::function<void()>>{
                     [&] { x + x; }, [&] { tape.variable(1.0); }, [&] { tape.parameter(p); },
                     [&] { tape.parameter(other); }, [&] { grad(loss, x); }, [&] { grad(loss, p); },
                     [&] { vjp(y, x, x); }, [&] { jvp(y, x, x); }, [&] { hvp(loss, x, x); },
                     [&] { tape.commit(); }, [&] { leaf.array(); }, [&] { leaf.value<double>(); }})
                says(message<StaleError>(use),
                     "parameter 'hidden.weight' has changed since this tape used it");
            BOOST_TEST(values(y) == list({3, 8}));
            BOOST_TEST(values(shape) ==
                       list({1, 2}));  // what was computed from it does not change under the reader
            BOOST_TEST(values(cut) == list({1, 2}));
            BOOST_TEST(values(x) == list({3, 4}));
            BOOST_TEST(one.item() == 1);
            tape.clear();  // and starts anew
            BOOST_TEST(values(tape.parameter(p)) == (by_commit ? list({3, 8}) : list({7, 8})));
        }
    const Parameter number(Vec(3.0), "rate");
    Tape tape;
    const Variable leaf = tape.parameter(number);
    number.assign(Vec(4.0));
    says(message<StaleError>([&] { leaf.item(); }), "'rate' has changed");
    Tape untouched;  // another tape that does not use it goes on
    const Variable x = untouched.variable(1.0);
    number.assign(Vec(5.0));
    BOOST_TEST((x + x).item() == 2);
}

BOOST_AUTO_TEST_CASE(assign_checks_what_it_is_given_and_takes_one_update_a_slot)
{
    const Parameter p(Vec{1., 2.}, "w");
    Tape tape;
    const Variable x = tape.variable(Vec{3., 4.});
    says(message<ShapeError>([&] { tape.assign(p, sum(x)); }),
         "assign to parameter 'w': it has shape [2], the new value []");
    says(message<DtypeError>([&] { tape.assign(p, cast(x, DType::float32)); }),
         "it is float64, the new value float32");
    says(message<ValueError>([&] { tape.assign(Parameter(), x); }), "parameter");
    tape.assign(p, x);
    says(message<ValueError>([&] { tape.assign(p, x * 2); }), "'w': it already has an update");
    BOOST_TEST(values(p) == list({1, 2}));  // nothing is written before the commit
    const Graph graph = tape.graph({x});
    BOOST_REQUIRE(graph.updates().size() == 1u);
    BOOST_TEST(graph.text().find("commit 'w' <- %0") != std::string::npos);
    tape.commit();
    BOOST_TEST(values(p) == list({3, 4}));
    BOOST_TEST(p.version() == 1u);
    tape.commit();  // nothing left to write
    BOOST_TEST(p.version() == 1u);
    const auto mark = tape.mark();
    tape.assign(p, x * 10);
    tape.rewind(mark);  // the update goes with its value
    tape.commit();
    BOOST_TEST(values(p) == list({3, 4}));
}

BOOST_AUTO_TEST_CASE(a_commit_writes_all_or_nothing)
{
    const Parameter a(Vec{1., 2.}, "a"), b(Vec{3., 4.}, "b"), c(Vec{5., 6.}, "c");
    Tape tape;
    const Variable x = tape.parameter(a);
    tape.assign(b, x * 10);
    tape.assign(c, x * 20);
    a.assign(Vec{9., 9.});  // what they were computed from is no longer true
    says(message<StaleError>([&] { tape.commit(); }), "'a' has changed");
    BOOST_TEST(values(b) == list({3, 4}));
    BOOST_TEST(values(c) == list({5, 6}));
    BOOST_TEST((b.version() == 0u && c.version() == 0u));
}

BOOST_AUTO_TEST_CASE(updates_that_read_each_other_s_slots_see_the_old_values)
{
    const Parameter a(Vec{1., 2.}), b(Vec{10., 20.});
    {
        Tape tape;  // a swap
        tape.assign(a, tape.parameter(b));
        tape.assign(b, tape.parameter(a));
        tape.commit();
    }
    BOOST_TEST(values(a) == list({10, 20}));
    BOOST_TEST(values(b) == list({1, 2}));
    {
        Tape tape;  // each row reads the slot that the other writes
        const Variable x = tape.parameter(a), y = tape.parameter(b), rate = tape.constant(0.5);
        tape.assign(a, sgd_update(x, y, rate));
        tape.assign(b, sgd_update(y, x, rate));
        tape.commit();
    }
    BOOST_TEST(values(a) == list({9.5, 19}));
    BOOST_TEST(values(b) == list({-4, -8}));
    const Parameter mean(Vec{0., 0.});
    {
        Tape tape;  // a moving average of a parameter that is updated too, through views of its memory
        const Variable x = tape.parameter(a), rate = tape.constant(1.0), m = tape.parameter(mean);
        tape.assign(a, sgd_update(x, tape.constant(Vec{1., 1.}), rate));
        tape.assign(mean, 0.5 * m + 0.5 * detach(x));
        tape.assign(b, sgd_update(tape.parameter(b), reshape(x, {2}), rate));
        tape.commit();
    }
    BOOST_TEST(values(a) == list({8.5, 18}));
    BOOST_TEST(values(mean) == list({4.75, 9.5}));
    BOOST_TEST(values(b) == list({-13.5, -27}));
}

BOOST_AUTO_TEST_CASE(optimizer_rows_write_in_place_what_the_formula_says)
{
    double p = 1, m = 0, v = 0, q = 1, n = 0;
    const Parameter wp(Vec(1.0)), wm(Vec(0.0)), wv(Vec(0.0)), wq(Vec(1.0)), wn(Vec(0.0));
    const void* memory = wp.storage().data();
    for (int step = 1; step <= 5; ++step) {
        Tape tape;
        const Variable x = tape.parameter(wp), rate = tape.constant(0.1), at = tape.constant(double(step));
        const Variable y = tape.parameter(wq);
        const Variable g = grad(square(x) + square(y), x), h = 2 * y;
        const AdamUpdate adam =
            adam_update(x, g, tape.parameter(wm), tape.parameter(wv), rate, at, 0.9, 0.99, 1e-8);
        const MomentumUpdate momentum = sgd_momentum_update(y, h, tape.parameter(wn), rate, 0.5, true);
        tape.assign(wv, adam.second);  // in any order
        tape.assign(wp, adam.parameter);
        tape.assign(wm, adam.first);
        tape.assign(wn, momentum.momentum);
        tape.assign(wq, momentum.parameter);
        tape.commit();
        const double gp = 2 * p, gq = 2 * q;
        m = 0.9 * m + 0.1 * gp, v = 0.99 * v + 0.01 * gp * gp;
        p -= 0.1 * (m / (1 - std::pow(0.9, step))) / (std::sqrt(v / (1 - std::pow(0.99, step))) + 1e-8);
        n = 0.5 * n + gq, q -= 0.1 * (gq + 0.5 * n);
        for (const auto& [slot, want] : {std::pair(wp, p), {wm, m}, {wv, v}, {wq, q}, {wn, n}})
            BOOST_TEST(std::abs(slot.array().item<double>() - want) < 1e-14);
        says(message<StaleError>([&] { adam.parameter.array(); }),
             "keep(x)");  // it went straight into its slot
    }
    BOOST_TEST(wp.storage().data() == memory);
    {
        Tape tape;  // a kept one is there after the commit; so is one whose sibling alone is assigned
        const Variable x = tape.parameter(wp), g = tape.constant(1.0), rate = tape.constant(1.0);
        const Variable next = keep(sgd_update(x, g, rate));
        const MomentumUpdate other =
            sgd_momentum_update(tape.parameter(wq), g, tape.parameter(wn), rate, 0.5, false);
        tape.assign(wp, next);
        tape.assign(wn, other.momentum);
        tape.commit();
        BOOST_TEST(std::abs(next.item() - (p - 1)) < 1e-14);
        BOOST_TEST(std::abs(wn.array().item<double>() - (0.5 * n + 1)) < 1e-14);
        BOOST_TEST(std::abs(wq.array().item<double>() - q) < 1e-14);
    }
}

BOOST_AUTO_TEST_CASE(a_released_intermediate_is_computed_again_on_demand)
{
    const Parameter w(Vec{0.5, -0.5}, "w"), b(Vec{0.1, 0.1}, "b");
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2.});
    const Variable y = sum(tanh(x * w + b));
    const Variable g = grad(y, x);
    // Nodes that grad() appended for itself have given up their values.
    auto& recorder = tape.recorder();
    std::vector<Variable> released;
    for (ValueId id = 0; id < tape.size(); ++id)
        if (!recorder.has_value(id)) released.push_back(recorder.handle(id));
    BOOST_TEST(!released.empty());
    for (const Variable& v : released) BOOST_TEST(v.array().size() == v.size());
    const double h0 = std::tanh(0.6), slope = 1 - h0 * h0;
    BOOST_TEST(std::abs(values(g)[0] - 0.5 * slope) < 1e-15);
    BOOST_TEST(std::abs(values(grad(sum(g), x))[0] + 2 * 0.25 * h0 * slope) <
               1e-15);  // differentiating needs them again
    for (const Variable& v : released)
        if (recorder.has_value(v.id())) keep(v);
    const Variable late = grad(y, b);
    Variable gone;
    for (ValueId id = 0; id < tape.size(); ++id)
        if (!recorder.has_value(id)) gone = recorder.handle(id);
    w.assign(Vec{0., 0.});
    BOOST_TEST(values(late).size() == 2u);
    if (gone.id() != no_value) BOOST_CHECK_NO_THROW(gone.array());  // depends on no parameter directly
}

BOOST_AUTO_TEST_CASE(an_array_of_a_parameters_leaf_keeps_its_numbers)
{
    const Parameter p(xt::xarray<double>{1., 2., 3., 4.}, "p");
    Tape tape;
    const Variable leaf = tape.parameter(p), turned = reshape(leaf, {2, 2});
    const Array before = leaf.array(), shaped = turned.array();
    const Program program(tape.graph({leaf}));
    Workspace workspace(program);
    const Array replayed = workspace.run(std::span<const Array>())[0];
    p.assign(xt::xarray<double>{7., 8., 9., 10.});
    for (const Array& array : {before, shaped, replayed}) near(values(array), list({1, 2, 3, 4}));
    near(values(p), list({7, 8, 9, 10}));
}
