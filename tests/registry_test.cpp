// Every row of the registry: its value against an independent reference, its derivatives against finite differences,
// unusual inputs, refusals. A new row is tried by being in the registry; one without samples or reference fails.
#define BOOST_TEST_MODULE registry
#include <boost/test/unit_test.hpp>

#include "registry_cases.hpp"
#include "xgrad/autodiff/recorder.hpp"

namespace {

std::string text_of(const Array& array)
{
    return std::string(static_cast<const char*>(array.data()),
                       static_cast<std::size_t>(array.size()) * size_of(array.dtype()));
}

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
        for (int k = 0; k < node.op->outputs; ++k) {
            const Variable value = recorder.handle(id + static_cast<ValueId>(k));
            call.got.push_back({shape_of(value), numbers(value.array())});
        }
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
                BOOST_ERROR(node.op->name << "(" << operands << " ...)[" << i << "] is " << got[i] << ", not "
                                          << want);
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
        BOOST_TEST_CONTEXT(op->name)
        {
            BOOST_TEST(find_op(op->name) == op);
            if (op->traits.leaf) continue;
            if (!op->derived_from.empty()) {
                BOOST_TEST(find_op(op->derived_from) != nullptr);
                continue;
            }
            BOOST_TEST(!op->samples.empty());
            BOOST_TEST(!op->formula.empty());
            if (op->composed) {  // its values: torch_test.cpp
                BOOST_TEST((!op->vjp && !op->kernel && !op->infer));
                continue;
            }
            BOOST_TEST((op->traits.stochastic || reference::table().contains(op->name)));
            BOOST_TEST((op->vjp || op->expand || op->traits.update));
        }
    }
    BOOST_TEST(find_op("no such op") == nullptr);
}

BOOST_AUTO_TEST_CASE(values_shapes_and_types_are_the_references)
{
    for (const DType dtype : floats)
        for (const Case& c : cases()) BOOST_TEST_CONTEXT(c.name << ", " << name_of(dtype))
            {
                Tape tape;
                const std::vector<Variable> x = put(tape, draw(c.sample, dtype));
                const Variable y = c.sample.call(x);
                const Graph graph = tape.graph({y});
                BOOST_CHECK_NO_THROW(graph.verify());
                const bool recorded = graph.text().find("= " + std::string(c.op)) != std::string::npos;
                const bool composed = find_op(c.op)->composed;
                BOOST_TEST((recorded || composed || c.op == "cast"));  // a cast to the same type is nothing
                if (composed && dtype == DType::float32 && is_floating(y.dtype()) &&
                    !find_op(c.op)->traits.stochastic) {
                    Tape wide;
                    const std::vector<Real> want =
                        numbers(c.sample.call(put(wide, draw(c.sample, DType::float64))).array());
                    const std::vector<Real> got = numbers(y.array());
                    BOOST_REQUIRE_EQUAL(want.size(), got.size());
                    for (std::size_t i = 0; i < got.size(); ++i)
                        BOOST_TEST(near(got[i], want[i], 1000 * epsilon(dtype)),
                                   got[i] << " against " << want[i]);
                }
                const int checked = check_nodes(tape);
                BOOST_TEST((checked > 0 || !recorded || find_op(c.op)->traits.stochastic));
                BOOST_TEST(graph.text() == tape.graph({y}).text());
                for (ValueId id = 0; id < graph.size(); ++id) BOOST_TEST(flops_of(graph, id) >= 0);
                // The same recorded again from the graph: same values, same graph.
                if (graph.input_ids().size() != x.size() || find_op(c.op)->traits.stochastic) continue;
                const Variable again = graph(x)[0];
                BOOST_TEST((text_of(again.array()) == text_of(y.array())));
            }
}

BOOST_AUTO_TEST_CASE(nan_and_infinities_have_the_values_of_the_formula)
{
    for (const DType dtype : floats) {
        const double tiny = dtype == DType::float32 ? 1e-40 : 1e-310,
                     huge = dtype == DType::float32 ? 3e38 : 1.7e308;
        const xt::xarray<double> special = {NAN,    INFINITY, -INFINITY, 0.,   -0.,  1.,   -1.,
                                            0.5,    -0.75,    2.,        3.,   50.,  -50., 1000.,
                                            -1000., tiny,     -tiny,     huge, -huge};
        const auto n = static_cast<std::int64_t>(special.size());
        for (const Op* op : registry()) {
            if (!op->traits.elementwise || op->samples.empty()) continue;
            const auto& inputs = op->samples[0].inputs;
            BOOST_TEST_CONTEXT(op->name << ", " << name_of(dtype))
            {
                Tape tape;
                const Variable column = tape.variable(Array(special).cast(dtype));
                std::vector<Variable> x;  // every value with every other one
                const Variable mask = tape.variable(Array(xt::xarray<bool>{true, false}));
                for (std::size_t k = 0; k < inputs.size(); ++k)
                    x.push_back(inputs[k].dtype == DType::boolean
                                    ? reshape(mask, {2, 1, 1})
                                    : reshape(column, k % 2 ? Shape{n, 1} : Shape{n}));
                if (op->name == "binary_cross_entropy") x[1] = clamp(x[1], 0, 1);  // elsewhere it cancels
                op->samples[0].call(x);                                            // broadcast
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
        for (std::size_t i = 0; i < 648; ++i)
            triples.flat(i) = few[(i / 3) / (i % 3 == 0 ? 1 : i % 3 == 1 ? 6 : 36) % 6];
        Tape tape;
        const Variable rows = tape.variable(Array(triples).cast(dtype)), columns = transpose(rows);
        for (const auto& [x, axis] : {std::pair(rows, 1), std::pair(columns, 0)})
            for (const Variable y :
                 {sum(x, {axis}), mean(x, {axis}), max(x, axis), min(x, axis), softmax(x, axis),
                  log_softmax(x, axis), logsumexp(x, axis), amax(x, {axis}), sum_to(x, {})})
                BOOST_TEST(vjp(y, x, ones_like(y)).size() == 648);
        for (const Variable x : {rows, columns}) argmax(x, 0), argmax(x, 1), max(x), sum(x), concat({x, x});
        const Variable labels =
            tape.constant(xt::xarray<std::int64_t>(xt::arange<std::int64_t>(216) % std::int64_t{3}));
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
        for (const Real x : values(7, mask).first)
            BOOST_REQUIRE((x == 0 || near(x, Real(4) / 3, epsilon(dtype))));
        BOOST_TEST(std::abs(mean_of(values(7, normal).first, 2) - 4) < 0.2);
    }
}

BOOST_AUTO_TEST_CASE(bits_do_not_depend_on_the_position)
{
    constexpr std::int64_t most = 67;
    const auto fraction = [](double x) { return 0.05 + 0.9 * (x - std::floor(x)); };
    const auto x_at = [&](std::int64_t i) { return fraction(0.6180339887 * static_cast<double>(i + 1)); };
    const auto y_at = [&](std::int64_t i) { return fraction(0.7548776662 * static_cast<double>(i + 1)); };
    const auto array = [](DType dtype, const Shape& shape, auto value) {
        Array result(DType::float64, shape);
        for (std::int64_t i = 0; i < result.size(); ++i)
            static_cast<double*>(result.mutable_data())[i] = value(i);
        return result.cast(dtype);
    };
    for (const DType dtype : floats)
        for (const Op* op : registry()) {
            if (!op->traits.elementwise || op->blocks[0][0] == nullptr || op->name == "where") continue;
            BOOST_TEST_CONTEXT(op->name << ", " << name_of(dtype))
            {
                // A third operand is one number in each form.
                const auto run = [&](const Array& x, const Array& y, const Shape& third) {
                    Tape tape;
                    std::vector<Variable> in = {
                        tape.variable(x), tape.variable(y),
                        tape.variable(array(dtype, third, [](auto) { return 0.625; }))};
                    in.resize(static_cast<std::size_t>(op->arity));
                    return tape.recorder().record(*op, in, -0.75, 0.5).array();
                };
                const auto same = [](const Array& a, std::int64_t i, const Array& b, std::int64_t j) {
                    const std::size_t size = size_of(a.dtype());
                    return std::memcmp(
                               static_cast<const char*>(a.data()) + static_cast<std::size_t>(i) * size,
                               static_cast<const char*>(b.data()) + static_cast<std::size_t>(j) * size,
                               size) == 0;
                };
                // Every x beside every y in one call over whole vectors.
                const Array table =
                    run(array(dtype, {most * most}, [&](auto i) { return x_at(i / most); }),
                        array(dtype, {most * most}, [&](auto i) { return y_at(i % most); }), {most * most});
                int wrong = 0;
                const auto expect = [&](const Array& got, auto x_of, auto y_of) {
                    for (std::int64_t i = 0; i < got.size(); ++i)
                        wrong += !same(got, i, table, x_of(i) * most + (op->arity == 1 ? 0 : y_of(i)));
                };
                for (std::int64_t i = 0; i < most; ++i)  // alone
                    expect(
                        run(array(dtype, {1}, [&](auto) { return x_at(i); }),
                            array(dtype, {}, [&](auto) { return y_at(i); }), {}),
                        [&](auto) { return i; }, [&](auto) { return i; });
                BOOST_TEST(wrong == 0);
                for (std::int64_t n = 1; n <= most;
                     ++n) {  // [3, n] with a row, a number, a column, on either side
                    const auto own = [&](std::int64_t i) { return i % most; };
                    const auto in_row = [&](std::int64_t i) { return i % n; };
                    const auto in_column = [&](std::int64_t i) { return i / n; };
                    const auto full_x = array(dtype, {3, n}, [&](auto i) { return x_at(own(i)); });
                    const auto full_y = array(dtype, {3, n}, [&](auto i) { return y_at(own(i)); });
                    const Array row_x = array(dtype, {n}, x_at), row_y = array(dtype, {n}, y_at);
                    const Array column_x = array(dtype, {3, 1}, x_at), column_y = array(dtype, {3, 1}, y_at);
                    expect(run(full_x, full_y, {3, n}), own, own);
                    expect(run(full_x, op->arity == 1 ? full_y : row_y, {}), own, in_row);
                    expect(run(full_x, op->arity == 1 ? full_y : column_y, {n}), own, in_column);
                    if (op->arity == 1) continue;
                    expect(run(full_x, array(dtype, {}, y_at), {1}), own, [](auto) { return 0; });
                    expect(run(row_x, full_y, {3, 1}), in_row, own);
                    expect(run(column_x, full_y, {1, 1}), in_column, own);
                    expect(run(column_x, row_y, {3, n}), in_column, in_row);
                    expect(
                        run(array(dtype, {1}, x_at), full_y, {3, n}), [](auto) { return 0; }, own);
                }
                BOOST_TEST(wrong == 0);
            }
        }
}

// ---------------------------------------------------------------- facts that depend on options

BOOST_AUTO_TEST_CASE(options_refine_what_a_row_declares)
{
    const auto with = [](const char* name, double a, double b = 0) {
        return traits_of(*find_op(name), a, b);
    };
    BOOST_TEST((with("elu", 1).continuity == Continuity::c1));
    BOOST_TEST((with("elu", 0.5).continuity == Continuity::c0));
    BOOST_TEST((with("celu", 0.5).continuity == Continuity::c1));
    BOOST_TEST(with("elu", 0.5).low == -0.5);
    BOOST_TEST(with("isru", 4).high == 0.5);
    BOOST_TEST(with("hardtanh", -2, 3).low == -2);
    BOOST_TEST((with("leaky_relu", -0.1).monotonicity == Monotonicity::neither));
    BOOST_TEST((with("threshold", 1, 2).monotonicity == Monotonicity::neither));  // 2, then from 1 on
    BOOST_TEST((with("softshrink", 0).continuity == Continuity::smooth));         // the identity
    BOOST_TEST(!find_op("elu")->traits.continuity.has_value());                   // of no alpha in particular
    BOOST_TEST(!find_op("log")->traits.continuity.has_value());                   // not defined for all x
}
