// A recorded graph used as a function: on other inputs, on other numbers of rows, and what it refuses.
#define BOOST_TEST_MODULE graph_call
#include "support.hpp"

#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;
using V = xt::xarray<double>;

namespace {

Array numbers(const Shape& shape)
{
    Array array(DType::float64, shape);
    for (std::int64_t i = 0; i < array.size(); ++i)
        static_cast<double*>(array.mutable_data())[i] = std::sin(static_cast<double>(i + 1));
    return array;
}

using F = std::function<Variable(Variable)>;

// The graph of f recorded on one shape gives f's values on another.
void follows(const F& f, const Shape& recorded, const Shape& given)
{
    Tape tape;
    const Graph graph = tape.graph({f(tape.variable(numbers(recorded)))});
    Tape other;
    const Variable x = other.variable(numbers(given));
    const Array want = f(x).array(), got = graph(x).array();
    BOOST_TEST(to_string(got.shape()) == to_string(want.shape()));
    BOOST_TEST(values(got) == values(want), boost::test_tools::per_element());
}

// It throws, and leaves the tape as it was.
std::string refused(const F& f, const Shape& recorded, const Shape& given)
{
    Tape tape;
    const Graph graph = tape.graph({f(tape.variable(numbers(recorded)))});
    Tape other;
    const Variable x = other.variable(numbers(given), "x");
    const std::size_t size = other.size();
    const std::string text = message<ShapeError>([&] { graph(x); });
    BOOST_TEST(other.size() == size);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(other_numbers_of_rows_follow_where_nothing_holds_on_to_them)
{
    const std::vector<std::pair<Shape, Shape>> shapes = {
        {{4, 5}, {9, 5}}, {{4, 5}, {1, 5}}, {{1, 5}, {6, 5}}};
    for (const auto& [recorded, given] : shapes) {
        follows([](Variable x) { return slice(x, {{}, {1, 3}}); }, recorded, given);
        follows([](Variable x) { return slice(x, {{.start = -1}}); }, recorded, given);
        follows([](Variable x) { return slice(x, {{.start = 1}}); }, recorded, given);
        follows(
            [](Variable x) {
                return slice(x, {{.step = -1}, {.start = -1, .step = -2}});
            },
            recorded, given);
        follows([](Variable x) { return slice(x, {{.stop = -2}}); }, recorded, given);
        follows([](Variable x) { return softmax(x) + sum(x, {0}); }, recorded, given);
        follows([](Variable x) { return max(x, 1) * mean(x); }, recorded, given);
        follows([](Variable x) { return reshape(x, {-1}); }, recorded, given);
        follows([](Variable x) { return reshape(x, {-1, 5, 1}); }, recorded, given);
        follows([](Variable x) { return transpose(x); }, recorded, given);
        follows([](Variable x) { return matmul(x, full(x, {5}, 2)) + matmul(x, transpose(x)); }, recorded,
                recorded);
        follows([](Variable x) { return matmul(x, full(x, {5}, 2)); }, recorded, given);
        follows([](Variable x) { return logsumexp(x); }, recorded, given);
        follows([](Variable x) { return cast(argmax(x), DType::float64); }, recorded, given);
        follows([](Variable x) { return concat({x, x * 2}, 1); }, recorded, given);
        follows([](Variable x) { return x + full(x, {}, 2); }, recorded, given);
    }
}

BOOST_AUTO_TEST_CASE(what_holds_on_to_a_shape_refuses_others)
{
    says(refused(
             [](Variable x) {
                 return reshape(x, {5, 4});
             },
             {4, 5}, {8, 5}),
         "[8, 5]", "[4, 5]", "reshape");
    says(refused(
             [](Variable x) {
                 return broadcast_to(sum(x, {0}), {4, 5});
             },
             {4, 5}, {8, 5}),
         "broadcast_to");
    // Gradients know the shapes by factors and filled arrays.
    says(refused([](Variable x) { return grad(mean(square(x)), x); }, {1, 5}, {4, 5}), "gradient");
    says(refused([](Variable x) { return grad(sum(square(mean(x, {0}))), x); }, {2, 5}, {4, 5}), "gradient");
    says(refused(
             [](Variable x) {
                 return grad(sum(square(slice(x, {{}, {.start = 1}}))), x);
             },
             {4, 9}, {4, 1}),
         "gradient");
    // One row's random numbers must not serve for many.
    says(refused([](Variable x) { return x * random_normal(x, {1, 5}); }, {1, 5}, {4, 5}), "random_normal");
    // On the recorded shape all of them run.
    follows([](Variable x) { return grad(sum(square(mean(x, {0}))), x); }, {2, 5}, {2, 5});
    follows([](Variable x) { return broadcast_to(sum(x, {0}), {4, 5}); }, {4, 5}, {4, 5});
}

BOOST_AUTO_TEST_CASE(another_number_of_axes_is_refused)
{
    const std::vector<F> functions = {
        [](Variable x) { return max(x, 2); },       [](Variable x) { return softmax(x); },
        [](Variable x) { return logsumexp(x, 2); }, [](Variable x) { return transpose(x); },
        [](Variable x) { return sum(x, {2}); },     [](Variable x) { return slice(x, {{}, {}, {0, 2}}); },
        [](Variable x) { return amax(x, {1, 2}); }, [](Variable x) { return x * 2; }};
    for (const F& f : functions) says(refused(f, {2, 3, 4}, {5, 6}), "[5, 6]", "[2, 3, 4]", "number of axes");
}

BOOST_AUTO_TEST_CASE(attributes_that_do_not_fit_a_shape_are_refused_by_every_row)
{
    Tape tape;
    const Variable x = tape.variable(numbers({2, 3, 4}));
    for (const Variable y :
         {max(x, 2), sum(x, {2}), softmax(x), logsumexp(x, 2), permute(x, {2, 0, 1}),
          slice(x, {{}, {}, {0, 2}}), concat({x, x}, 2), cast(argmax(x, 2), DType::float64)}) {
        // The same node upon a matrix.
        const Graph graph = tape.graph({y});
        Graph broken;
        Node node = graph[0];
        const Shape flat = {6, 4};
        node.shape = broken.intern(flat);
        broken.append(node, {});
        for (ValueId id = 1; id < graph.size(); ++id) {
            Node next = graph[id];
            next.shape = broken.intern(graph.shape(id));
            next.list = broken.intern(graph.list(next.list));
            broken.append(next, graph.inputs(id));
        }
        broken.set_outputs({static_cast<ValueId>(broken.size() - 1)});
        BOOST_CHECK_THROW(broken.verify(), GraphError);
    }
}

BOOST_AUTO_TEST_CASE(random_ops_draw_anew_at_each_call)
{
    const auto model = [](Variable x) { return dropout(x, .5); };
    Tape tape({.generator = Generator(1)});
    const Graph graph = tape.graph({model(tape.variable(V(xt::ones<double>({8, 9}))))});
    const Generator generator(4), same(4);
    std::vector<std::vector<double>> seen;
    for (int i = 0; i < 3; ++i) {
        Tape called({.generator = generator}), plain({.generator = same});
        seen.push_back(values(graph(called.variable(V(xt::ones<double>({8, 9}))))));
        BOOST_TEST(seen.back() == values(model(plain.variable(V(xt::ones<double>({8, 9}))))),
                   boost::test_tools::per_element());
    }
    BOOST_TEST((seen[0] != seen[1]));
}

BOOST_AUTO_TEST_CASE(a_model_that_slices_its_columns_runs_on_any_number_of_rows_and_collapses)
{
    struct Net {
        nn::Linear a{2, 8}, b{8, 1};
        static constexpr auto members() { return std::tuple{field("a", &Net::a), field("b", &Net::b)}; }
        Variable operator()(Variable x) const { return b(a(slice(x, {{}, {.start = 1, .stop = 3}}))); }
    };
    Net net;
    nn::initialise(net, nn::xavier_uniform, 1);
    for (const std::int64_t rows : {4, 100}) {
        const Graph graph = nn::record(net, Array(DType::float32, {rows, 5}));
        const Collapsed collapsed = collapse_linear(graph);
        BOOST_TEST(collapsed.certificate.holds());
        for (const std::int64_t other : {1, 2, 100}) {
            Tape tape;
            const Variable x = tape.variable(numbers({other, 5}).cast(DType::float32));
            near(values(graph(x)), values(net(x)), 0);
            near(values(collapsed.graph(x)), values(net(x)), 1e-5);
        }
    }
}
