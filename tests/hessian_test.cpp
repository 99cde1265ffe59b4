// Functions of several variables and of parameters: gradients, products, Jacobians and Hessians in every composition,
// beside PyTorch's numbers and closed forms; what nests, what is 0, and what is refused.
#define BOOST_TEST_MODULE hessian
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "support.hpp"
#include "xgrad/autodiff/transform.hpp"
#include "xgrad/nn.hpp"
#include "xgrad/nn/transform.hpp"

using namespace xgrad;
using Vec = xt::xarray<double>;

namespace {

// The arrays of one case of fixtures/torch_core.txt: inputs, then the value.
std::vector<Array> fixture(const std::string& name)
{
    const char* source = std::getenv("XGRAD_SOURCE_DIR");
    std::ifstream file(std::string(source ? source : XGRAD_SOURCE_DIR) + "/tests/fixtures/torch_core.txt");
    std::vector<Array> arrays;
    bool here = false;
    for (std::string text; std::getline(file, text);) {
        if (text.starts_with("case ")) here = text == "case " + name;
        if (!here || !(text.starts_with("in ") || text.starts_with("out "))) continue;
        std::istringstream words(text.substr(text.find(' ')));
        Shape shape;
        std::string word;
        while (words >> word && word != ":") shape.push_back(std::stoll(word));
        arrays.emplace_back(DType::float64, shape);
        for (std::int64_t i = 0; i < arrays.back().size(); ++i) {
            words >> word;
            static_cast<double*>(arrays.back().mutable_data())[i] = std::strtod(word.c_str(), nullptr);
        }
    }
    BOOST_REQUIRE(!arrays.empty());
    return arrays;
}

Variable losses(Variable p, Variable x, Variable t)
{
    const Variable w = reshape(slice(p, {{0, 12}}), {3, 4}), b = slice(p, {{12, 16}});
    const Variable hidden = tanh(matmul(x, w) + b);
    return softplus(-t * (matmul(hidden, slice(p, {{16, 20}})) + slice(p, {{20, 21}})));
}

using Function = std::function<Variable(Variable)>;
Variable unit(Variable like, std::int64_t k)
{
    Array one(DType::float64, Shape(like.shape().begin(), like.shape().end()));
    for (std::int64_t i = 0; i < one.size(); ++i) static_cast<double*>(one.mutable_data())[i] = i == k;
    return like.tape().constant(one);
}
// One Variable for each element of x, joined.
Variable by_elements(Variable x, std::int64_t axis, const std::function<Variable(Variable)>& f)
{
    std::vector<Variable> parts;
    for (std::int64_t k = 0; k < x.size(); ++k) parts.push_back(f(unit(x, k)));
    return stack(parts, axis);
}
struct Way {
    const char* name;
    std::function<Variable(const Function&, Variable)>
        of;  // a vector from a number, or a matrix from a vector
};
const Way gradients[] = {
    {"grad", [](const Function& f, Variable x) { return grad(f)(x); }},
    {"vjp",
     [](const Function& f, Variable x) {
         const auto [y, pull] = vjp(f, x);
         return pull(ones_like(y));
     }},
    {"jvp", [](const Function& f,
               Variable x) { return by_elements(x, 0, [&](Variable e) { return jvp(f, x, e); }); }},
    {"jacobian_forward", [](const Function& f, Variable x) { return jacobian_forward(f)(x); }},
    {"jacobian_reverse", [](const Function& f, Variable x) { return jacobian_reverse(f)(x); }},
    {"jacobian", [](const Function& f, Variable x) { return jacobian(f)(x); }}};
const Way matrices[] = {
    {"grad of elements",
     [](const Function& f, Variable x) {
         return by_elements(x, 0,
                            [&](Variable e) { return grad([&](Variable u) { return sum(f(u) * e); })(x); });
     }},
    {"vjp",
     [](const Function& f, Variable x) {
         const auto pull = vjp(f, x).pullback;
         return by_elements(x, 0, [&](Variable e) { return pull(e); });
     }},
    {"jvp", [](const Function& f,
               Variable x) { return by_elements(x, 1, [&](Variable e) { return jvp(f, x, e); }); }},
    {"jacobian_forward", [](const Function& f, Variable x) { return jacobian_forward(f)(x); }},
    {"jacobian_reverse", [](const Function& f, Variable x) { return jacobian_reverse(f)(x); }},
    {"jacobian", [](const Function& f, Variable x) { return jacobian(f)(x); }}};

struct Net {
    nn::Linear hidden{3, 4, {.dtype = DType::float64}}, out{4, 1, {.dtype = DType::float64}};
    static constexpr auto members()
    {
        return std::tuple{field("hidden", &Net::hidden), field("out", &Net::out)};
    }
    Variable operator()(Variable x) const { return reshape(out(tanh(hidden(x))), {-1}); }
};

}  // namespace

// ---------------------------------------------------------------- the Hessian in every way

BOOST_AUTO_TEST_CASE(every_composition_of_jvp_vjp_grad_and_jacobian_gives_pytorch_s_hessian)
{
    const std::vector<Array> torch = fixture("hessian of a network");
    BOOST_REQUIRE_EQUAL(torch.size(), 4u);
    const std::vector<double> want = values(torch[3]);
    int ways = 0;
    for (const Way& first : gradients)
        for (const Way& second : matrices) BOOST_TEST_CONTEXT(second.name << " of " << first.name)
            {
                Tape tape;
                const Variable p = tape.variable(torch[0]), x = tape.constant(torch[1]),
                               t = tape.constant(torch[2]);
                const Function f = [&](Variable q) { return mean(losses(q, x, t)); };
                near(values(second.of([&](Variable q) { return first.of(f, q); }, p)), want, 1e-10);
                ++ways;
            }
    Tape tape;
    const Variable p = tape.variable(torch[0]), x = tape.constant(torch[1]), t = tape.constant(torch[2]);
    const auto f = [&](Variable q) { return mean(losses(q, x, t)); };
    near(values(hessian(f)(p)), want, 1e-10);
    near(values(hessian(f(p), p)), want, 1e-10);
    near(values(by_elements(p, 0, [&](Variable e) { return hvp(f, p, e); })), want, 1e-10);
    near(values(by_elements(p, 0, [&](Variable e) { return hvp(f(p), p, e); })), want, 1e-10);
    near(values(jvp([&](Variable q) { return jvp(f, q, unit(p, 2)); }, p, unit(p, 5))), {want[2 * 21 + 5]},
         1e-10);

    // The same numbers as four parameters of a module.
    Net net;
    const auto cut = [&](std::int64_t from, std::int64_t to, Parameter& parameter) {
        Array part(DType::float64, Shape(parameter.shape().begin(), parameter.shape().end()));
        std::copy_n(static_cast<const double*>(torch[0].data()) + from, to - from,
                    static_cast<double*>(part.mutable_data()));
        parameter.assign(part);
    };
    cut(0, 12, net.hidden.weight), cut(12, 16, net.hidden.bias), cut(16, 20, net.out.weight),
        cut(20, 21, net.out.bias);
    Tape fresh;
    const Variable in = fresh.constant(torch[1]), target = fresh.constant(torch[2]);
    const auto loss = [](Variable y, Variable t) { return mean(softplus(-t * y)); };
    const Hessian h = hessian(net, loss)(in, target);
    near(values(h.matrix()), want, 1e-10);
    BOOST_TEST(h.size() == 4u);
    const Variable block = h(net.hidden.bias, net.out.weight);
    BOOST_TEST((Shape(block.shape().begin(), block.shape().end()) == Shape{4, 4, 1}));
    near(values(block), values(transpose(reshape(h(net.out.weight, net.hidden.bias), {4, 4}))), 1e-12);
    const std::vector<Parameter> parameters = nn::parameters(net);
    std::vector<Variable> v;
    for (const Parameter& q : parameters) v.push_back(sin(fresh.parameter(q) * 3.0));
    const Gradients products = hvp(loss(net(in), target), parameters, v);
    std::vector<Variable> flat, got;
    for (std::size_t k = 0; k < 4; ++k)
        flat.push_back(reshape(v[k], {-1})), got.push_back(reshape(products.gradient(k), {-1}));
    near(values(concat(got)), values(matmul(h.matrix(), concat(flat))), 1e-12);
    // jvp by parameters: the gradients times the vectors.
    const Gradients g = grad(net, loss)(in, target);
    double along = 0;
    for (std::size_t k = 0; k < 4; ++k) along += sum(g.gradient(k) * v[k]).item();
    near(jvp(loss(net(in), target), parameters, v).item(), along);
    near(values(jvp(net(in), net.out.bias, ones_like(v[3]))), std::vector<double>(5, 1));
    BOOST_TEST(ways == 36);
    says(message<GradientError>([&] { h(net.hidden.bias, in); }),
         "hessian: no second derivative was asked for");
}

// ---------------------------------------------------------------- several variables

BOOST_AUTO_TEST_CASE(functions_of_several_variables)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2., 3.}), y = tape.variable(Vec{0.5, -1., 2.}),
                   s = tape.variable(2.0);
    const auto f = [](Variable x, Variable y) { return sum(x * x * y); };
    near(values(grad(f)(x, y)), {1, -4, 12});
    near(values(grad(f, argnums<1>)(x, y)), {1, 4, 9});
    const auto [gx, gy] = grad(f, argnums<0, 1>)(x, y);
    near(values(gx), {1, -4, 12});
    near(values(gy), {1, 4, 9});
    const auto [hy, hx] = grad(f, argnums<1, 0>)(x, y);  // in the order asked for
    near(values(hy), {1, 4, 9});
    near(values(hx), {1, -4, 12});
    const auto [value, both] = value_and_grad(f, argnums<0, 1>)(x, y);
    near(value.item(), 14.5);
    near(values(both[1]), {1, 4, 9});
    const auto [z, pull] = vjp([](Variable x, Variable y) { return x * y; }, x, y);
    near(values(z), {0.5, -2, 6});
    for (int k = 0; k < 2; ++k) {  // as often as one likes
        const auto [cx, cy] = pull(tape.constant(Vec{1., 10., 100.}));
        near(values(cx), {0.5, -10, 200});
        near(values(cy), {1, 20, 300});
    }
    const auto [w, tangent] = value_and_jvp([](Variable x, Variable y) { return x * y; }, {x, y}, {y, x});
    near(values(w), {0.5, -2, 6});
    near(values(tangent), {1.25, 5, 13});
    near(jvp(f, {x, y}, {y, x}).item(), 64.5);  // sum(2 x y y + x x x)
    const auto [vx, vy] = hvp(f, {x, y}, {ones_like(x), ones_like(y)});
    near(values(vx), {3, 2, 10});  // 2 y + 2 x
    near(values(vy), {2, 4, 6});   // 2 x
    const auto h = hessian(f, argnums<0, 1>)(x, y);
    near(values(h[0][0]), {1, 0, 0, 0, -2, 0, 0, 0, 4});
    near(values(h[0][1]), {2, 0, 0, 0, 4, 0, 0, 0, 6});
    near(values(h[1][1]), std::vector<double>(9, 0));
    const auto [jx, js] = jacobian([](Variable x, Variable s) { return x * s; }, argnums<0, 1>)(x, s);
    near(values(jx), {2, 0, 0, 0, 2, 0, 0, 0, 2});
    near(values(js), {1, 2, 3});
    // Ranges of Variables, beside other arguments that the transform does not look at.
    const auto g = [](std::span<const Variable> in, double factor) { return sum(in[0] * in[1]) * factor; };
    const std::vector<Variable> in = {x, y};
    const std::vector<Variable> parts = grad(g)(in, 2.0);
    near(values(parts[0]), {1, -2, 4});
    near(values(parts[1]), {2, 4, 6});
    const auto blocks = hessian(g)(in, 1.0);
    near(values(blocks[0][1]), {1, 0, 0, 0, 1, 0, 0, 0, 1});
    near(values(jvp([](std::span<const Variable> in) { return in[0] * in[1]; }, in,
                    {ones_like(x), ones_like(x)})),
         {1.5, 1, 5});
    near(values(grad(grad([](Variable x, Variable y) { return x * x * x * y; }))(s, s)),
         {24});  // d2/dx2 at x = y
}

BOOST_AUTO_TEST_CASE(parameters_of_functions)
{
    const Parameter w(Vec{2., 3.}, "w"), b(Vec{1., 1.}, "b");
    Tape tape;
    const Variable x = tape.variable(Vec{5., 7.});
    const auto f = [&](Variable x) { return sum(x * w * w + b); };
    const Gradients g = grad(f, {w, b})(x);
    near(values(g[w]), {20, 42});
    near(values(g[b]), {1, 1});
    const auto [value, more] = value_and_grad(f, {w})(x);
    near(value.item(), 5 * 4 + 7 * 9 + 2);
    near(values(more[w]), {20, 42});
    near(values(hessian(f, {w, b})(x)(w, w)), {10, 0, 0, 14});
    near(values(hessian(f(x), {w, b})(w, b)), {0, 0, 0, 0});
    near(values(jacobian([&](Variable x) { return x * w; }, {w})(x)[w]), {5, 0, 0, 7});
    near(values(grad([&](Variable x) { return sum(square(grad(f, {w})(x)[w])); })(x)),
         {2 * 20 * 4, 2 * 42 * 6});
    near(values(jvp(f(x), {w, x}, {ones_like(x), ones_like(x)})), {20 + 42 + 4 + 9});
    w.assign(Vec{1., 1.});
    BOOST_CHECK_THROW(grad(f, {w})(x), StaleError);
}

// What f reads of other variables is constant to the derivative, be they the very same (perturbation confusion).
BOOST_AUTO_TEST_CASE(nested_derivatives_are_not_confused)
{
    Tape tape;
    const Variable x = tape.variable(1.0), u = tape.variable(3.0);
    near(grad([](Variable x) { return x * grad([&](Variable y) { return x + y; })(x); })(x).item(), 1);
    near(grad([](Variable x) { return grad([&](Variable y) { return x * y; })(x); })(u).item(), 1);
    near(grad([&](Variable y) { return u * y; })(u).item(), 3);
    near(jvp([](Variable x) { return x * jvp([&](Variable y) { return x * y; }, x, ones_like(x)); }, u,
             ones_like(u))
             .item(),
         6);
    near(grad([](Variable x, Variable y) { return x * y; })(u, u).item(), 3);
    near(hvp([&](Variable y) { return u * y * y; }, u, ones_like(u)).item(), 6);
    near(jacobian([&](Variable y) { return u * y; })(u).item(), 3);
    const auto [y, pull] = vjp([&](Variable y) { return u * y; }, u);
    near(pull(ones_like(y)).item(), 3);
}

// ---------------------------------------------------------------- Jacobians

BOOST_AUTO_TEST_CASE(jacobians_have_the_shape_of_the_output_and_that_of_the_input)
{
    const auto shape = [](Variable x) { return Shape(x.shape().begin(), x.shape().end()); };
    const Parameter p(Vec{{1., 2.}, {3., 4.}}, "p");
    for (const Mode mode : {Mode::automatic, Mode::forward, Mode::reverse}) {
        Tape tape;
        const Variable x = tape.variable(Vec{{1., 2., 3.}, {4., 5., 6.}}), s = tape.variable(2.0),
                       none = tape.variable(Vec(xt::zeros<double>({0, 2}))),
                       other = tape.variable(Vec{1., 2.});
        const Variable y = sum(x * s, 1);
        BOOST_TEST((shape(jacobian(y, x, mode)) == Shape{2, 2, 3}));
        near(values(jacobian(y, x, mode)), {2, 2, 2, 0, 0, 0, 0, 0, 0, 2, 2, 2});
        near(values(jacobian(y, s, mode)), {6, 15});
        BOOST_TEST((shape(jacobian(sum(y), s, mode)) == Shape{}));
        near(jacobian(sum(y), s, mode).item(), 21);
        near(values(jacobian(s * s, s, mode)), {4});
        BOOST_TEST((shape(jacobian(y, other, mode)) == Shape{2, 2}));  // does not depend on it
        near(values(jacobian(y, other, mode)), {0, 0, 0, 0});
        near(values(jacobian(other * 2.0, other, mode)), {2, 0, 0, 2});
        near(values(jacobian(other, other, mode)), {1, 0, 0, 1});
        BOOST_TEST((shape(jacobian(y, none, mode)) == Shape{2, 0, 2}));
        BOOST_TEST((shape(jacobian(none * s, s, mode)) == Shape{0, 2}));
        BOOST_TEST((shape(jacobian(none * none, none, mode)) == Shape{0, 2, 0, 2}));
        near(values(jacobian(matmul(other, tape.parameter(p)), p, mode)), {1, 0, 2, 0, 0, 1, 0, 2});
        const Gradients both = jacobian(y, {x, s, other}, mode);
        near(values(both[s]), {6, 15});
        near(values(both[other]), {0, 0, 0, 0});
        BOOST_TEST((shape(both[x]) == Shape{2, 2, 3}));
        // float32 to float64 and back: a Jacobian is of the input's type, as a gradient is.
        const Variable narrow = cast(x, DType::float32);
        BOOST_TEST((jacobian(cast(narrow * narrow, DType::float64), narrow, mode).dtype() == DType::float32));
    }
}

BOOST_AUTO_TEST_CASE(a_jacobian_of_a_jacobian_is_there_and_is_right)
{
    // y_i = x_i^3 + x_0 x_1: third derivatives 6 at (i, i, i), one-sided by closed form.
    const auto f = [](Variable x) { return x * x * x + slice(x, {{0, 1}}) * slice(x, {{1, 2}}); };
    Tape tape;
    const Variable x = tape.variable(Vec{2., 3.});
    const std::vector<double> second = {12, 1, 1, 0, 0, 1, 1, 18};
    near(values(jacobian(jacobian(f))(x)), second);
    near(values(jacobian_forward(jacobian_reverse(f))(x)), second);
    near(values(jacobian_reverse(jacobian_forward(f))(x)), second);
    const Variable third = jacobian(jacobian(jacobian(f)))(x);
    BOOST_TEST((Shape(third.shape().begin(), third.shape().end()) == Shape{2, 2, 2, 2}));
    std::vector<double> want(16, 0);
    want[0] = want[15] = 6;
    near(values(third), want);
    near(values(grad([&](Variable x) { return sum(square(jacobian(f)(x))); })(x)),
         values(2.0 * (matmul(reshape(jacobian(f)(x), {1, 4}), reshape(jacobian(jacobian(f))(x), {4, 2})))));
}

// The nodes that a Jacobian appends grow with rows times the function's own, not with their square; and forward or
// reverse is whichever is shorter.
BOOST_AUTO_TEST_CASE(the_shorter_way_is_taken_and_its_cost_is_linear_in_it)
{
    const auto nodes = [](std::int64_t inputs, std::int64_t outputs, Mode mode) {
        Tape tape;
        const Variable x = tape.variable(Vec(xt::ones<double>({inputs})));
        const Variable y =
            broadcast_to(sum(sin(x)), {outputs}) * tape.constant(Vec(xt::ones<double>({outputs})));
        const std::size_t before = tape.size();
        jacobian(y, x, mode);
        return static_cast<double>(tape.size() - before);
    };
    BOOST_TEST(nodes(3, 200, Mode::automatic) == nodes(3, 200, Mode::forward));
    BOOST_TEST(nodes(200, 3, Mode::automatic) == nodes(200, 3, Mode::reverse));
    BOOST_TEST(nodes(3, 200, Mode::forward) < 0.1 * nodes(3, 200, Mode::reverse));
    for (const Mode mode : {Mode::forward, Mode::reverse}) {
        const double few = nodes(100, 100, mode), many = nodes(400, 400, mode);
        BOOST_TEST((many > 3.5 * few && many < 4.5 * few), few << " and " << many << " nodes");
    }
}

BOOST_AUTO_TEST_CASE(what_is_refused_says_why_and_leaves_the_tape_as_it_was)
{
    Tape tape;
    const Variable x = tape.variable(Vec{1., 2.}), n = tape.constant(xt::xarray<std::int64_t>{1, 2});
    const Variable y = x * x;
    const auto of_square = vjp([](Variable x) { return x * x; }, x);
    const std::size_t size = tape.size();
    says(message<DtypeError>([&] { jacobian(y, n); }), "jacobian", "int64", "float32 and float64");
    says(message<DtypeError>([&] { jacobian(n, x); }), "jacobian: the output is int64");
    says(message<GradientError>([&] { hessian(y, x); }), "grad: the output has shape [2], not one element");
    says(message<ShapeError>([&] { jvp(y, {x, x}, {x}); }), "jvp: got 1 tangents for 2 variables");
    says(message<ShapeError>([&] { jvp(y, x, tape.constant(Vec{1.})); }),
         "jvp: the tangent has shape [1], expected [2]");
    says(message<ShapeError>([&] { hvp(sum(y), x, tape.constant(Vec{1.})); }),
         "hvp: the vector has shape [1]");
    says(message<ShapeError>([&] { of_square.pullback(tape.constant(Vec{1.})); }),
         "vjp: the cotangent has shape [1]");
    BOOST_CHECK_THROW(hessian(sum(y), {}).matrix(), ValueError);
    BOOST_TEST(tape.size() <= size + 12);  // operands of the calls above
    Tape another;
    BOOST_CHECK_THROW(jacobian(y, another.variable(1.0)), GraphError);
    tape.clear();
    BOOST_CHECK_THROW(of_square.pullback(of_square.value), StaleError);
    BOOST_CHECK_THROW(jacobian(y, x), StaleError);
}
