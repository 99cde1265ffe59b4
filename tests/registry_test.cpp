// Every row of the registry: its value against an independent reference, its derivatives against finite differences,
// unusual inputs, refusals. A new row is tried by being in the registry; one without samples or reference fails.
#define BOOST_TEST_MODULE registry
#include <boost/test/unit_test.hpp>

#include "registry_cases.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace {

// Every node of a tape that the table knows, against it; returns how many those were.
int check_nodes(Tape& tape)
{
    auto& recorder = tape.recorder();
    int checked = 0;
    for (ValueId id = 0; id < tape.size(); ++id) {
        const Node node = recorder.graph[id];
        const auto row = reference::table().find(node.op->name);
        if (row == reference::table().end()) continue;
        reference::Call call;
        for (const ValueId in : recorder.graph.inputs(id))
            call.in.push_back({shape_of(recorder.handle(in)), numbers(recorder.handle(in).array())});
        const Dims list = recorder.graph.list(node.list);
        call.a = node.a, call.b = node.b, call.list.assign(list.begin(), list.end());
        call.dtype = node.dtype;
        const std::vector<Values> wanted = row->second(call);
        BOOST_REQUIRE_EQUAL(wanted.size(), static_cast<std::size_t>(node.op->outputs));
        for (std::size_t k = 0; k < wanted.size(); ++k) {
            const Variable value = recorder.handle(id + static_cast<ValueId>(k));
            BOOST_TEST(shape_of(value) == wanted[k].shape, boost::test_tools::per_element());
            BOOST_REQUIRE(shape_of(value) == wanted[k].shape);
            const std::vector<Real> got = numbers(value.array());
            for (std::size_t i = 0; i < got.size(); ++i) {
                const Real want = as(value.dtype(), wanted[k].v[i]);
                if (near(got[i], want, 16 * epsilon(value.dtype()))) continue;
                std::string operands;
                for (const Values& in : call.in)
                    if (in.v.size() == got.size()) operands += " " + std::to_string(in.v[i]);
                BOOST_ERROR(node.op->name << "(" << operands << " ...)[" << i << "] is " << got[i] << ", not " << want);
            }
        }
        ++checked;
    }
    return checked;
}

}  // namespace

// ---------------------------------------------------------------- values

BOOST_AUTO_TEST_CASE(every_row_has_samples_and_a_reference)
{
    BOOST_TEST(registry().size() > 60u);
    for (const Op* op : registry()) {
        BOOST_TEST_CONTEXT(op->name) {
            BOOST_TEST(find_op(op->name) == op);
            if (op->traits.leaf) continue;
            if (!op->derived_from.empty()) {
                BOOST_TEST(find_op(op->derived_from) != nullptr);
                continue;
            }
            BOOST_TEST(!op->samples.empty());
            BOOST_TEST(!op->formula.empty());
            BOOST_TEST((op->traits.stochastic || reference::table().contains(op->name)));
            BOOST_TEST((op->vjp || op->expand || op->traits.update));
        }
    }
    BOOST_TEST(find_op("no such op") == nullptr);
}

BOOST_AUTO_TEST_CASE(values_shapes_and_types_are_the_references)
{
    for (const DType dtype : floats)
        for (const Case& c : cases())
            BOOST_TEST_CONTEXT(c.name << ", " << name_of(dtype)) {
                Tape tape;
                const std::vector<Variable> x = put(tape, draw(c.sample, dtype));
                const Variable y = c.sample.call(x);
                const bool stochastic = find_op(c.op)->traits.stochastic;
                BOOST_TEST((check_nodes(tape) > 0 || stochastic));
                const Graph graph = tape.graph({y});
                BOOST_CHECK_NO_THROW(graph.verify());
                BOOST_TEST(graph.text().find("= " + std::string(c.op)) != std::string::npos);
                BOOST_TEST(graph.text() == tape.graph({y}).text());
                for (ValueId id = 0; id < graph.size(); ++id) BOOST_TEST(flops_of(graph, id) >= 0);
                // The same recorded again from the graph: same values, same graph.
                if (graph.input_ids().size() != x.size()) continue;
                const Variable again = apply(graph, x)[0];
                BOOST_TEST((numbers(again.array()) == numbers(y.array())));
            }
}

BOOST_AUTO_TEST_CASE(nan_and_infinities_have_the_values_of_the_formula)
{
    for (const DType dtype : floats) {
        const double tiny = dtype == DType::float32 ? 1e-40 : 1e-310, huge = dtype == DType::float32 ? 3e38 : 1.7e308;
        const xt::xarray<double> special = {NAN, INFINITY, -INFINITY, 0., -0., 1., -1., 0.5, -0.75, 2., 3., 50., -50.,
                                            1000., -1000., tiny, -tiny, huge, -huge};
        const auto n = static_cast<std::int64_t>(special.size());
        for (const Op* op : registry()) {
            if (!op->traits.elementwise || op->samples.empty()) continue;
            const auto& inputs = op->samples[0].inputs;
            BOOST_TEST_CONTEXT(op->name << ", " << name_of(dtype)) {
                Tape tape;
                const Variable column = tape.variable(Array(special).cast(dtype));
                std::vector<Variable> x;  // every value with every other one
                const Variable mask = tape.variable(Array(xt::xarray<bool>{true, false}));
                for (std::size_t k = 0; k < inputs.size(); ++k)
                    x.push_back(inputs[k].dtype == DType::boolean ? reshape(mask, {2, 1, 1})
                                                                  : reshape(column, k % 2 ? Shape{n, 1} : Shape{n}));
                op->samples[0].call(x);  // broadcast
                for (Variable& v : x) v = broadcast_to(v, {2, n, n});
                const Variable y = op->samples[0].call(x);  // and element by element
                check_nodes(tape);
                if (is_floating(y.dtype()))  // defined, whatever comes out
                    for (const Variable& v : x)
                        if (is_floating(v.dtype())) BOOST_TEST(vjp(y, v, ones_like(y)).size() == y.size());
            }
        }
        // All triples along an axis.
        const std::vector<double> few = {NAN, INFINITY, -INFINITY, 0., 1., -1000.};
        xt::xarray<double> triples = xt::zeros<double>({216, 3});
        for (std::size_t i = 0; i < 648; ++i) triples.flat(i) = few[(i / 3) / (i % 3 == 0 ? 1 : i % 3 == 1 ? 6 : 36) % 6];
        Tape tape;
        const Variable rows = tape.variable(Array(triples).cast(dtype)), columns = transpose(rows);
        for (const auto& [x, axis] : {std::pair(rows, 1), std::pair(columns, 0)})
            for (const Variable y : {sum(x, {axis}), mean(x, {axis}), max(x, axis), min(x, axis), softmax(x, axis),
                                     log_softmax(x, axis), logsumexp(x, axis), amax(x, {axis}), sum_to(x, {})})
                BOOST_TEST(vjp(y, x, ones_like(y)).size() == 648);
        for (const Variable x : {rows, columns}) argmax(x, 0), argmax(x, 1), max(x), sum(x), concat({x, x});
        const Variable labels = tape.constant(xt::eval(xt::arange<std::int64_t>(216) % 3));
        const Variable loss = cross_entropy_rows(rows, labels);
        BOOST_TEST(vjp(loss, rows, ones_like(loss)).size() == 648);
        matmul(rows, slice(columns, {{0, 3}, {0, 3}}));
        check_nodes(tape);
    }
}

BOOST_AUTO_TEST_CASE(random_rows_keep_their_promises)
{
    for (const DType dtype : floats) {
        const auto values = [&](std::uint64_t seed, auto f) {
            Tape tape({.generator = Generator(seed)});
            const Variable like = tape.variable(Array(dtype, {1}));
            return std::pair(numbers(f(like).array()), numbers(f(like).array()));
        };
        const auto uniform = [](Variable like) { return random_uniform(like, {20000}, -1, 3); };
        const auto normal = [](Variable like) { return random_normal(like, {20000}, 1, 2); };
        const auto mask = [](Variable like) { return dropout(ones_like(broadcast_to(like, {20000})), 0.25); };
        const auto mean_of = [](const std::vector<Real>& v, int power) {
            Real s = 0;
            for (const Real x : v) s += power == 1 ? x : (x - 1) * (x - 1);
            return static_cast<double>(s / static_cast<Real>(v.size()));
        };
        for (const auto& f : std::vector<std::function<Variable(Variable)>>{uniform, normal, mask}) {
            const auto first = values(7, f), again = values(7, f), other = values(8, f);
            BOOST_TEST((first == again));
            BOOST_TEST((first.first != first.second));
            BOOST_TEST((first.first != other.first));
            BOOST_TEST(std::abs(mean_of(first.first, 1) - 1) < 0.06);
        }
        for (const Real x : values(7, uniform).first) BOOST_REQUIRE((x >= -1 && x <= 3));
        for (const Real x : values(7, mask).first) BOOST_REQUIRE((x == 0 || near(x, Real(4) / 3, epsilon(dtype))));
        BOOST_TEST(std::abs(mean_of(values(7, normal).first, 2) - 4) < 0.2);
    }
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_the_position)
{
    constexpr std::int64_t most = 67;
    xt::xarray<double> x_pool = xt::zeros<double>({most}), y_pool = x_pool;
    for (std::size_t i = 0; i < most; ++i) {
        x_pool(i) = 0.05 + 0.9 * std::fmod(0.6180339887 * static_cast<double>(i + 1), 1.0);
        y_pool(i) = 0.05 + 0.9 * std::fmod(0.7548776662 * static_cast<double>(i + 1), 1.0);
    }
    const auto bytes = [](const Array& a, std::int64_t i) {
        const std::size_t size = size_of(a.dtype());
        return std::string(static_cast<const char*>(a.data()) + static_cast<std::size_t>(i) * size, size);
    };
    for (const DType dtype : floats)
        for (const Op* op : registry()) {
            if (!op->traits.elementwise || op->arity < 1 || (op->blocks[0][0] == nullptr) || op->name == "where") continue;
            BOOST_TEST_CONTEXT(op->name << ", " << name_of(dtype)) {
                const auto run = [&](std::vector<Array> in) {
                    Tape tape;
                    return tape.recorder().record(*op, put(tape, in), -0.75, 0.5).array();
                };
                const auto array = [&](const xt::xarray<double>& v) { return Array(v).cast(dtype); };
                // Each x beside each y, in one call over whole vectors; a third operand is a fixed number.
                const auto third = [&](std::vector<Array> in, Shape shape) {
                    if (op->arity == 3) in.push_back(array(xt::xarray<double>(std::vector<std::size_t>(shape.begin(), shape.end()), 0.625)));
                    if (op->arity == 1) in.pop_back();
                    return run(in);
                };
                const xt::xarray<double> xs = xt::repeat(x_pool, std::size_t{most}, 0), ys = xt::tile(y_pool, std::size_t{most});
                const Array table = third({array(xs), array(ys)}, {most * most});
                std::int64_t wrong = 0;
                for (std::int64_t i = 0; i < most; ++i)  // alone
                    wrong += bytes(third({array(x_pool).rows(i, i + 1), array(y_pool).rows(i, i + 1)}, {1}), 0) !=
                             bytes(table, i * most + i);
                BOOST_TEST(wrong == 0, "alone");
                for (std::int64_t n = 1; n <= most; ++n) {  // [3, n] with a row, a column, a number
                    const xt::xarray<double> three = xt::view(xs, xt::range(0, 3 * n));
                    const xt::xarray<double> full = xt::reshape_view(three, {std::int64_t{3}, n});
                    const Array row = array(y_pool).rows(0, n), one = array(y_pool).rows(4, 5);
                    const auto expect = [&](const Array& got, auto y_at) {
                        for (std::int64_t i = 0; i < 3 * n; ++i)
                            wrong += bytes(got, i) != bytes(table, (i / most) * most + (op->arity == 1 ? 0 : y_at(i)));
                    };
                    if (op->arity == 1) {
                        expect(third({array(full), row}, {1}), [](std::int64_t) { return 0; });
                        continue;
                    }
                    expect(third({array(full), row}, {3, n}), [&](std::int64_t i) { return i % n; });
                    expect(third({array(full), one}, {1, 1}), [](std::int64_t) { return 4; });
                    const xt::xarray<double> column = xt::view(y_pool, xt::range(0, 3), xt::newaxis());
                    expect(third({array(full), array(column)}, {3, n}), [&](std::int64_t i) { return i / n; });
                    // The first operand repeated: row x against full y.
                    const Array flipped = third({array(column), array(full)}, {3, n});
                    for (std::int64_t r = 0; r < 3; ++r) {
                        const Array own = third({array(column).rows(r, r + 1), array(full).rows(r, r + 1)}, {1, n});
                        for (std::int64_t j = 0; j < n; ++j) wrong += bytes(flipped, r * n + j) != bytes(own, j);
                    }
                }
                BOOST_TEST(wrong == 0);
            }
        }
}
