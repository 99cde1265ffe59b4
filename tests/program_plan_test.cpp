// How programs are planned: groups, sums in place, common and dead nodes, time and threads.
#define BOOST_TEST_MODULE program_plan
#include <boost/test/unit_test.hpp>

#include <thread>

#include "autodiff/passes/memory.hpp"
#include "program_support.hpp"
#include "registry_cases.hpp"

BOOST_AUTO_TEST_CASE(a_stretch_of_elementwise_ops_is_one_group_without_memory)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<float>(xt::ones<float>({300, 700})));
    Variable y = x;
    for (int i = 0; i < 20; ++i) y = tanh(y * 0.5 + 0.25);
    const Variable loss = mean(square(y)), g = grad(loss, x);
    const ProgramReport report = Program(tape.graph({loss, g})).report();
    BOOST_TEST(report.groups == 1u);
    BOOST_TEST(report.steps == 1u);
    BOOST_TEST(report.planned_bytes == 0u);
    BOOST_TEST(report.text().find("1 group of ") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(row_wise_ops_run_in_the_group_of_their_operands)
{
    struct Case {
        Shape shape;
        bool one_group;  // rows that do not fit into a block of whole vectors run by themselves
    };
    for (const DType dtype : {DType::float32, DType::float64})
        for (const auto& [shape, one_group] :
             {Case{{7}, true}, Case{{5, 10}, true}, Case{{300, 10}, true}, Case{{129, 37}, true},
              Case{{40, 64}, true}, Case{{2, 3, 50, 128}, true}, Case{{9, 1000}, true},
              Case{{70, 1024}, true}, Case{{3, 1}, true}, Case{{5, 1031}, false}, Case{{2, 20000}, false}})
            BOOST_TEST_CONTEXT(to_string(shape) << ", " << name_of(dtype))
            {
                const std::vector<Array> in =
                    draw({.inputs = {{shape}, {{shape.back()}}}, .call = {}}, dtype);
                Tape tape;
                const Variable x = tape.variable(in[0]), b = tape.variable(in[1]);
                const Variable y = square(softmax(tanh(x) + b)) * x, z = log_softmax(2 * y, -1) + y;
                const std::vector<Variable> outputs = {sum(z), grad(sum(z * z), x)};
                check_replay(tape, outputs, in);
                const Program program(tape.graph({sum(z * x), grad(sum(z * z), x)}));
                BOOST_TEST((program.report().groups == 1 && program.report().steps == 1) == one_group,
                           program.report());
            }
}

BOOST_AUTO_TEST_CASE(products_of_a_shared_weight_are_added_up_in_place)
{
    for (const DType dtype : {DType::float32, DType::float64})
        for (const std::int64_t rows : {2, 7, 64, 256, 1000})
            BOOST_TEST_CONTEXT(rows << " rows, " << name_of(dtype))
            {
                const std::vector<Array> in =
                    draw({.inputs = {{{rows, 20}}, {{20, 20}, -.2, .2}}, .call = {}}, dtype);
                Tape tape;
                const Variable x = tape.variable(in[0]), w = tape.variable(in[1]);
                Variable y = x;
                for (int i = 0; i < 5; ++i) y = tanh(matmul(y, w));
                const Variable g = grad(sum(y * y), w);
                const Program program(tape.graph({g}));
                std::size_t sums = 0, added = 0;
                for (ValueId id = 0; id < program.graph().size(); ++id) {
                    sums += program.graph()[id].op->name == "add" && program.graph().shape(id)[0] == 20;
                    added += program.graph()[id].op->name == "addmm";
                }
                BOOST_TEST(added == 4u);
                BOOST_TEST(sums == 0u);
                Workspace workspace(program);
                const Array got = workspace.run(in)[0];
                // BLAS adds to memory once for every 320 (double) or 384 (float) terms; eager code only at the end.
                if (rows <= 256) {
                    compare(got, g.array());
                } else {
                    const double epsilon = dtype == DType::float32 ? 0x1p-23 : 0x1p-52;
                    const std::vector<double> a = values(got), b = values(g);
                    const double largest =
                        std::abs(*std::ranges::max_element(b, {}, [](double v) { return std::abs(v); }));
                    for (std::size_t i = 0; i < a.size(); ++i)
                        BOOST_TEST(std::abs(a[i] - b[i]) <= 4 * epsilon * largest);
                }
            }
    // Nobody else may see the sum that is being made.
    Tape tape;
    const Variable x = tape.variable(V{{1., 2.}, {3., 4.}}), p = matmul(x, x), q = matmul(x, p);
    check_replay(tape, {p, p + q, q}, {x.array()});
    check_replay(tape, {p + q, tanh(p + q) + p}, {x.array()});
    check_replay(tape, {(p + q) + matmul(q, x), q}, {x.array()});
}

BOOST_AUTO_TEST_CASE(common_nodes_are_shared_dead_ones_dropped_constants_computed)
{
    Tape tape;
    const Variable x = tape.variable(V{1., 2.}, "x");
    exp(x);
    const Variable y = tanh(x + 1) * tanh(x + 1) + log(full(x, {2}, 2.)) * 3;
    const Program program(tape.graph({y}));
    const std::string text = program.graph().text();
    BOOST_TEST(text.find("exp") == std::string::npos);
    BOOST_TEST(text.find("log") == std::string::npos);
    BOOST_TEST(text.find("tanh") == text.rfind("tanh"));
    // What leaves an operand as it is: its own bits, those of NaN and of -0 included.
    const Variable z = (x * full(x, {2}, 1.) / full(x, {}, 1.) - 3.) * full(x, {3, 2}, 1.);
    const Program shorter(tape.graph({z}));
    const std::string rest = shorter.graph().text();
    BOOST_TEST(rest.find("div") == std::string::npos);
    BOOST_TEST(rest.find("mul") == rest.rfind("mul"));  // the last one repeats its operand
    BOOST_TEST(rest.find("mul") != std::string::npos);
    Workspace other(shorter);
    near(values(other.run({V{1., 2.}})[0]), values(z));
    Workspace workspace(program);
    near(values(workspace.run({V{1., 2.}})[0]), values(y));
}

BOOST_AUTO_TEST_CASE(planning_a_long_chain_takes_time_in_proportion)
{
    const auto plan = [](int length) {
        Tape tape;
        const Variable x = tape.variable(.5);
        Variable y = x;
        for (int i = 0; i < length; ++i) y = tanh(y * 1.01 + 1e-6);
        const Graph graph = tape.graph({y, grad(y, x)});
        const auto start = std::chrono::steady_clock::now();
        const Program program(graph);
        const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        near(values(Workspace(program).run({Array::scalar(.5)})[0]), values(y));
        return took;
    };
    plan(1000);
    const double small = plan(3000), large = plan(60000);
    BOOST_TEST(large < 20 * 3 * small);
}

BOOST_AUTO_TEST_CASE(threads_share_a_program_each_with_a_workspace_of_its_own)
{
    Tape tape;
    const Parameter w(V{{1., .5}, {.25, 2.}});
    const Variable x = tape.variable(V{{1., 2.}, {3., 4.}});
    const Variable y = tanh(matmul(x, w)), g = grad(sum(y), x);
    const Program program(tape.graph({y, g}));
    const std::vector<double> want = values(y), slope = values(g);
    const auto work = [&] {
        Workspace workspace(program);
        for (int i = 0; i < 500; ++i) {
            const auto got = workspace.run({V{{1., 2.}, {3., 4.}}});
            if (values(got[0]) != want || values(got[1]) != slope) std::abort();
        }
    };
    std::thread other(work);
    work();
    other.join();
}
