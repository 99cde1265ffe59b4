// What custom ops refuse, and what they take for no gradient: forwards that throw, dead expressions, wrong gradients.
#define BOOST_TEST_MODULE custom_op_refusal
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <memory>
#include <stdexcept>
#include <thread>

#include "custom_op_support.hpp"

namespace {

// AddressSanitizer keeps dead frames elsewhere and reports by itself who reads them.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool has_dead_frames = false;
#elif defined(__has_feature)
constexpr bool has_dead_frames = !__has_feature(address_sanitizer);
#else
constexpr bool has_dead_frames = true;
#endif

}  // namespace

// ---------------------------------------------------------------- what goes wrong

BOOST_AUTO_TEST_CASE(what_the_forward_throws_names_the_op_and_the_shapes)
{
    Tape tape;
    const Variable x = tape.variable(w0), longer = tape.variable(xt::xarray<double>{1., 2., 3., 4.});
    const std::size_t size = tape.size();
    {
        const auto guard = tape.scope("encoder.head", "Head");
        says(message<ShapeError>([&] { scaled_exp(x, longer); }), "scaled_exp in encoder.head", "[3] float64",
             "[4] float64", "forward");
    }
    const auto throwing = custom_op("throwing", [](const auto& v) {
        if (v(0) > 0) throw std::runtime_error("the first is positive");
        return v + 1.0;
    });
    says(message<CustomOpError>([&] { throwing(x); }), "throwing (got [3] float64)", "the first is positive");
    const auto odd = custom_op("odd", [](const auto& v) {
        if (v.size() > 0) throw 1;
        return v + 1.0;
    });
    says(message<CustomOpError>([&] { odd(x); }), "odd", "no std::exception");
    const auto own = custom_op("own", [](const auto& v) {
        if (v.size() > 0) throw DataError("file.csv is not there");
        return v + 1.0;
    });
    says(message<DataError>([&] { own(x); }), "own (got [3] float64)", "file.csv is not there");
    BOOST_TEST(tape.size() == size);
    near(values(throwing(-x)), {-2, 3, 0.5});
    // In a replay.
    const Variable y = throwing(-x);
    Workspace workspace(Program(tape.graph({y})));
    says(message<CustomOpError>([&] { workspace.run({-w0}); }), "throwing", "the first is positive");
    near(values(workspace.run({w0})[0]), {-2, 3, 0.5});

    says(message<ShapeError>([&] { cube(x, x); }), "cube", "expected 1 input");
    says(message<ShapeError>([&] { scaled_exp(x); }), "scaled_exp", "expected 2 inputs");
    says(message<DtypeError>([&] { scaled_exp(x, tape.variable(xt::xarray<float>{1.f})); }), "scaled_exp",
         "float32", "one type");
    says(message<DtypeError>([&] { cube(tape.constant(xt::xarray<int>{1})); }), "cube", "int64",
         "float32 or float64 for input 0");
    Tape other;
    BOOST_CHECK_THROW(scaled_exp(x, other.variable(1.0)), GraphError);
    BOOST_CHECK_THROW(cube(Variable()), StaleError);
    BOOST_CHECK_THROW(cube(std::span<const Variable>()), ShapeError);
    BOOST_CHECK_THROW(custom_op("", [](const auto& v) { return v + 1.0; }), ValueError);
    BOOST_CHECK_THROW(custom_op("two\nlines", [](const auto& v) { return v + 1.0; }), ValueError);
}

BOOST_AUTO_TEST_CASE(a_forward_does_not_touch_its_tape)
{
    Tape tape;
    const Variable x = tape.variable(w0), hidden = tape.variable(xt::xarray<double>{1., 1., 1.});
    const auto recording = custom_op("recording", [x](const auto& v) {
        exp(x);
        return v + 1.0;
    });
    const std::size_t size = tape.size();
    says(message<GraphError>([&] { recording(x); }), "recorded on the tape that runs it");
    BOOST_TEST(tape.size() == size);
    // What has been computed may be read, though no gradient comes of it.
    const Variable lazy = exp(hidden);
    const auto reading = custom_op("reading", [lazy](const auto& v) { return v + lazy.value<double>(); });
    const Variable y = reading(x);
    near(values(y), values(x + std::exp(1.0)), 1e-15);
    near(values(exp(x)), values(exp(tape.variable(w0))));
    // Reading what is not there yet, from within the computation.
    const auto hiding = custom_op(
        "hiding", [](const auto& v) { return v + 0.0; },
        [](Variable g, Variable) {
            const Variable h = exp(g);
            return custom_op("peeking", [h](const auto& v) { return v + h.value<double>(); },
                             {.shape = [](std::span<const Shape> in) { return in[0]; }})(g);
        });
    const Variable z = sum(hiding(x));
    const std::size_t before = tape.size();
    says(message<GraphError>([&] { grad(z, x); }), "peeking", "make that value an input");
    BOOST_TEST(tape.size() == before);
    near(values(exp(x)), values(exp(tape.variable(w0))));
    // A tape of its own is its own affair.
    const auto nested = custom_op(
        "nested",
        [](const auto& v) {
            Tape inner;
            const Variable u = inner.variable(v);
            using T = typename std::decay_t<decltype(v)>::value_type;
            return xt::xarray<T>(grad(sum(square(u)), u).template value<T>());
        },
        [](Variable g, Variable) { return 2.0 * g; });
    near(values(nested(x)), {6, -4, 1});
    BOOST_TEST(gradgradcheck(nested, w0));
}

BOOST_AUTO_TEST_CASE(an_expression_that_refers_to_local_variables_is_refused)
{
    Tape tape;
    const Variable x = tape.variable(w0);
    const auto refused = [&](const CustomOp& op) {
        if (!has_dead_frames) return;
        const std::size_t size = tape.size();
        says(message<CustomOpError>([&] { op(x); }), "lazy (got [3] float64)", "local variable", "xt::eval");
        BOOST_TEST(tape.size() == size);
    };
    const auto lazy = [](auto f) { return custom_op("lazy", f); };
    refused(lazy([](const auto& v) {
        const double n = static_cast<double>(v.size());
        return v / n;
    }));
    refused(lazy([](const auto& v) {
        const auto e = xt::exp(v);
        return e / (1.0 + e);
    }));
    refused(lazy([](const auto& v) {
        const xt::xarray<double> e = xt::exp(v);
        return xt::view(e, xt::range(0, 2));
    }));
    refused(lazy([](const auto& v) {
        const xt::xarray<double> e = xt::exp(v);
        return xt::sum(e, {0});
    }));
    refused(lazy([](auto v) { return xt::exp(v); }));
    // What is there may be referred to: inputs, captures, what is held by value.
    const double two = 2.0;
    const xt::xarray<double> ones = xt::ones<double>({3});
    near(values(lazy([two, ones](const auto& v) { return v / two * ones; })(x)), {1.5, -1, 0.25});
    near(values(lazy([](const xt::xarray<double>& v) { return v / 2.0; })(x)), {1.5, -1, 0.25});
    near(values(lazy([](xt::xarray<double> v) {
             v /= 2.0;
             return v;
         })(x)),
         {1.5, -1, 0.25});
    near(values(lazy([](const auto& v) {
             const double n = 2.0;
             return xt::eval(v / n);
         })(x)),
         {1.5, -1, 0.25});
    near(values(lazy([](const auto& v) { return v + xt::ones<double>({3}); })(x)), {4, -1, 1.5});
    near(values(lazy([](const auto& v) -> const auto& { return v; })(x)), {3, -2, 0.5});
    near(values(lazy([](const auto& v) { return xt::view(v, xt::range(0, 2)); })(x)), {3, -2});
    // In a gradient.
    const auto opaque = opaque_op(
        "opaque", [](const auto& v) { return 2.0 * v; },
        [](const auto& g, const auto&) {
            const double n = 2.0;
            return g * n;
        });
    if (has_dead_frames)
        says(message<CustomOpError>([&] { grad(sum(opaque(x)), x); }), "opaque_vjp", "local variable");
    const auto named = opaque_op(
        "named", [](const xt::xarray<double>& v) { return 2.0 * v; },
        [](const xt::xarray<double>& g, const xt::xarray<double>&) { return 2.0 * g; });
    near(values(grad(sum(named(x)), x)), {2, 2, 2});
    const Variable f = tape.variable(xt::xarray<float>{1.f, 2.f});  // computed in double, rounded
    BOOST_TEST((grad(sum(named(f)), f).dtype() == DType::float32));
}

BOOST_AUTO_TEST_CASE(a_wrong_vjp_is_refused_and_changes_nothing)
{
    Tape tape;
    const auto guard = tape.scope("net", "Net");
    const Variable x = tape.variable(x0), y = tape.variable(x0 + 1.0);
    const auto with = [](auto vjp) {
        return custom_op(
            "product", [](const auto& a, const auto& b) { return a * b; }, vjp);
    };
    const auto fails = [&]<class E>(std::type_identity<E>, const CustomOp& op) {
        const Variable z = sum(op(x, y));
        const std::size_t size = tape.size();
        const std::string text = message<E>([&] { grad(z, x); });
        BOOST_TEST(tape.size() == size);
        says(text, "product in net", "[2, 3] float64", "vjp");
        return text;
    };
    const std::type_identity<ShapeError> shape;
    const std::type_identity<DtypeError> dtype;
    const std::type_identity<GradientError> gradient;
    says(fails(shape, with([](Variable g, Variable, Variable a, Variable) {
                   return std::tuple{sum(g), g * a};
               })),
         "input 0", "shape []", "expected [2, 3]");
    says(fails(shape, with([](Variable g, Variable, Variable, Variable b) {
                   return std::tuple{transpose(g * b), no_gradient};
               })),
         "input 0", "shape [3, 2]", "expected [2, 3]");
    says(fails(shape, with([](Variable g, Variable, Variable, Variable b) {
                   return std::tuple{matmul(g, b), no_gradient};
               })),
         "its vjp failed", "matmul", "[2, 3]");
    says(fails(dtype, with([](Variable g, Variable, Variable, Variable b) {
                   return std::tuple{cast(g * b, DType::float32), no_gradient};
               })),
         "input 0", "float32", "expected float64");
    says(fails(gradient, with([](Variable g, Variable, Variable, Variable) { return std::vector{g}; })),
         "1 gradients, expected 2");
    Tape other;
    const Variable elsewhere = other.variable(x0);
    says(fails(std::type_identity<GraphError>(), with([elsewhere](Variable, Variable, Variable, Variable) {
                   return std::tuple{elsewhere, no_gradient};
               })),
         "not on this tape");
    says(fails(std::type_identity<CustomOpError>(), with([](Variable g, Variable, Variable, Variable) {
                   if (g.size() > 0) throw std::logic_error("not written yet");
                   return std::tuple{g, g};
               })),
         "not written yet");
    // A gradient for indices.
    const auto indexed = custom_op(
        "indexed", [](const auto& a, const View<std::int64_t>& i) { return a * double(i(0)); },
        [](Variable g, Variable, Variable) {
            return std::tuple{2.0 * g, g};
        });
    says(message<GradientError>([&] { grad(sum(indexed(x, xt::xarray<std::int64_t>{2})), x); }), "indexed",
         "input 1", "int64", "no_gradient");
    // Opaque ones.
    const auto opaque = [](auto vjp) {
        return opaque_op(
            "pair", [](const auto& a) { return a * 1.0; }, vjp);
    };
    const Variable p = sum(opaque([](const auto& g, const auto&) { return xt::eval(xt::sum(g)); })(x));
    const std::size_t size = tape.size();
    says(message<ShapeError>([&] { grad(p, x); }), "pair_vjp in net", "input 0", "shape []",
         "expected [2, 3]");
    BOOST_TEST(tape.size() == size);
    const Variable q = sum(opaque([](const auto& g, const auto&) {
        if (g.size() > 0) throw std::logic_error("not written yet");
        return g * 1.0;
    })(x));
    says(message<CustomOpError>([&] { grad(q, x); }), "pair_vjp in net", "not written yet");
    const Variable r =
        sum(opaque([](const auto& g, const auto&) { return std::vector<xt::xarray<double>>(2, g); })(x));
    says(message<GradientError>([&] { grad(r, x); }), "2 gradients, expected 1");
}

BOOST_AUTO_TEST_CASE(a_shape_that_depends_on_numbers_is_refused_when_replayed)
{
    const auto positive = custom_op("positive", [](const auto& x) {
        std::vector<double> kept;
        for (const double v : x)
            if (v > 0) kept.push_back(v);
        xt::xarray<double> out = xt::zeros<double>({kept.size()});
        std::copy(kept.begin(), kept.end(), out.begin());
        return out;
    });
    Tape tape;
    const Variable x = tape.variable(w0);
    const Variable y = positive(x);
    near(values(y), {3, 0.5});
    Workspace workspace(Program(tape.graph({y})));
    near(values(workspace.run({w0})[0]), {3, 0.5});
    says(message<ShapeError>([&] { workspace.run({-w0}); }), "positive", "returned [1], expected [2]",
         "recorded");
    near(values(workspace.run({w0})[0]), {3, 0.5});
}

BOOST_AUTO_TEST_CASE(no_gradient_is_zero)
{
    const auto half = [](auto none) {
        return custom_op(
            "half", [](const auto& a, const auto& b) { return a * b; },
            [none](Variable g, Variable, Variable, Variable b) {
                return std::tuple{g * b, none};
            });
    };
    Tape tape;
    const Variable x = tape.variable(w0), y = tape.variable(w0 + 1.0);
    for (const CustomOp& op :
         {half(no_gradient), half(std::nullopt), half(Variable()), half(std::optional<Variable>())}) {
        near(values(grad(sum(op(x, y)), x)), values(y));
        near(values(grad(sum(op(x, y)), y)), {0, 0, 0});
        BOOST_CHECK_THROW(grad(sum(op(x, y)), y, Unused::error), GradientError);
    }
    const auto opaque_half = opaque_op(
        "opaque_half", [](const auto& a, const auto& b) { return a * b; },
        [](const auto& g, const auto&, const auto&, const auto& b) {
            return std::tuple{g * b, no_gradient};
        });
    near(values(grad(sum(opaque_half(x, y)), x)), values(y));
    near(values(grad(sum(opaque_half(x, y)), y)), {0, 0, 0});
    // As it was meant: gradcheck sees it.
    BOOST_TEST(!gradcheck(opaque_half, {w0, w0}));
}
