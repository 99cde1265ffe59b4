// Loops and products on several threads: every part once, the same numbers as on one thread, callers at the same time.
#define BOOST_TEST_MODULE threads
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <numeric>
#include <thread>

#include "autodiff/kernels/gemm.hpp"
#include "autodiff/kernels/threads.hpp"
#include "kernels_support.hpp"
#include "support.hpp"
#include "xgrad/autodiff.hpp"
#include "xgrad/nn.hpp"

using namespace xgrad;

namespace {

struct Threads {
    explicit Threads(int count) : before(num_threads()) { set_num_threads(count); }
    ~Threads() { set_num_threads(before); }
    int before;
};

Array numbers(Shape shape, DType dtype = DType::float32, std::uint64_t seed = 1)
{
    Tape tape({.training = false, .generator = Generator(seed)});
    return random_uniform(tape.constant(Array::scalar(0.0).cast(dtype)), shape, -1, 1).array();
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_part_is_done_once)
{
    for (const int count : {1, 2, 3, 5}) {
        const Threads threads(count);
        for (int repeat = 0; repeat < 2000; ++repeat) {
            const std::int64_t parts = repeat % 37;
            std::vector<std::atomic<int>> done(static_cast<std::size_t>(parts));
            std::atomic<bool> numbered{true};
            kernels::for_parts(parts, count, [&](std::int64_t part, int thread) {
                ++done[static_cast<std::size_t>(part)];
                if (thread < 0 || thread >= count) numbered = false;
            });
            BOOST_REQUIRE(std::ranges::all_of(done, [](const auto& times) { return times == 1; }));
            BOOST_REQUIRE(numbered);
        }
    }
}

BOOST_AUTO_TEST_CASE(parts_of_a_loop_cover_it_in_whole_grains)
{
    const Threads threads(3);
    for (const std::int64_t count : {0, 1, 7, 8, 16, 17, 100, 1000, 1001})
        for (const std::int64_t grain : {1, 8, 64}) {
            std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
            std::atomic<bool> whole{true};
            kernels::parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
                if (begin % grain != 0 || (end % grain != 0 && end != count)) whole = false;
                for (std::int64_t i = begin; i < end; ++i) ++done[static_cast<std::size_t>(i)];
            });
            BOOST_TEST(std::ranges::all_of(done, [](const auto& times) { return times == 1; }));
            BOOST_TEST(whole);
        }
}

BOOST_AUTO_TEST_CASE(loops_within_loops_and_of_several_callers_end)
{
    const Threads threads(3);
    std::atomic<std::int64_t> sum{0};
    const auto work = [&] {
        for (int repeat = 0; repeat < 500; ++repeat)
            kernels::parallel_for(20, 1, [&](std::int64_t begin, std::int64_t end) {
                kernels::parallel_for(end - begin, 1,
                                      [&](std::int64_t first, std::int64_t last) { sum += last - first; });
            });
    };
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) callers.emplace_back(work);
    for (std::thread& caller : callers) caller.join();
    BOOST_TEST(sum == 4 * 500 * 20);
}

BOOST_AUTO_TEST_CASE(the_number_of_threads_is_set_and_checked)
{
    const Threads threads(2);
    BOOST_TEST(num_threads() == 2);
    says(message<ValueError>([] { set_num_threads(0); }), "set_num_threads", "0");
    BOOST_TEST(num_threads() == 2);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(products_are_the_same_on_several_threads, T, Floats)
{
    struct Size {
        std::int64_t m, n, k;
    };
    for (const Size size :
         {Size{300, 200, 130}, {130, 500, 100}, {65, 1000, 64}, {1000, 65, 64}, {129, 129, 513}})
        for (const bool ta : {false, true})
            for (const bool tb : {false, true}) {
                const auto [m, n, k] = size;
                const auto a = random_values<T>(m * k, 1), b = random_values<T>(n * k, 2);
                std::vector<T> c[2];
                for (const int count : {1, 3}) {
                    const Threads threads(count);
                    auto& to = c[count > 1] = random_values<T>(m * n, 3);
                    kernels::gemm(ta, tb, m, n, k, T(1), a.data(), ta ? m : k, b.data(), tb ? k : n, T(1),
                                  to.data(), n);
                }
                const std::vector<Real> want(c[0].begin(), c[0].end());
                check_near(c[1], want, 20 * tight<T>, "gemm on 3 threads");
            }
}

BOOST_AUTO_TEST_CASE(large_elementwise_ops_have_the_same_bits_on_several_threads)
{
    const Array x = numbers({300, 1000}), row = numbers({1000}, DType::float32, 2),
                column = numbers({300, 1}, DType::float32, 3);
    const auto compute = [&](Tape& tape) {
        const Variable a = tape.variable(x), b = tape.variable(row), c = tape.variable(column);
        const Variable y = tanh(a * b + c) * exp(-a) + where(a > 0.25, a, 2 * a);
        return std::vector<Variable>{y, tanh(y) * 0.5, grad(sum(y), a), sum(y), mean(y * y)};
    };
    std::vector<Array> want, eager, replayed;
    for (const int count : {1, 3}) {
        const Threads threads(count);
        Tape tape;
        const std::vector<Variable> outputs = compute(tape);
        for (const Variable& y : outputs) (count == 1 ? want : eager).push_back(y.array());
        Workspace workspace{Program(tape.graph(outputs))};
        for (int run = 0; run < 3; ++run) {
            const auto got = workspace.run({x, row, column});
            for (std::size_t k = 0; k < got.size(); ++k) BOOST_TEST(same(got[k], want[k]));
        }
    }
    for (std::size_t k = 0; k < want.size(); ++k) BOOST_TEST(same(eager[k], want[k]));
}

BOOST_AUTO_TEST_CASE(rows_images_and_heads_have_the_same_bits_on_several_threads)
{
    struct Case {
        const char* name;
        std::vector<Array> in;
        Variable (*f)(std::span<const Variable>);
    };
    const Case cases[] = {
        {"softmax", {numbers({700, 90})}, [](auto in) { return softmax(in[0]); }},
        {"log_softmax", {numbers({300, 500})}, [](auto in) { return log_softmax(in[0], -1); }},
        {"layer_norm",
         {numbers({900, 70}), numbers({70}), numbers({70})},
         [](auto in) { return layer_norm(in[0], in[1], in[2]); }},
        {"conv2d",
         {numbers({33, 3, 28, 28}), numbers({8, 3, 5, 5})},
         [](auto in) { return conv2d(in[0], in[1], {.padding = 2}); }},
        {"strided conv2d",
         {numbers({17, 4, 40, 40}), numbers({6, 2, 3, 3})},
         [](auto in) { return conv2d(in[0], in[1], {.stride = 2, .groups = 2}); }},
        {"avg_pool2d", {numbers({40, 6, 28, 28})}, [](auto in) { return avg_pool2d(in[0], {.kernel = 2}); }},
        {"max_pool2d", {numbers({40, 6, 28, 28})}, [](auto in) { return max_pool2d(in[0], {.kernel = 2}); }},
        {"self_attention", {numbers({4, 90, 96})}, [](auto in) { return self_attention(in[0], 2, true); }}};
    for (const Case& c : cases) BOOST_TEST_CONTEXT(c.name)
        {
            std::vector<Array> want;
            for (const int count : {1, 3}) {
                const Threads threads(count);
                Tape tape;
                std::vector<Variable> in;
                for (const Array& array : c.in) in.push_back(tape.variable(array));
                const Variable y = c.f(in), loss = sum(y * y);
                const Gradients g = grad(loss, std::vector<Target>(in.begin(), in.end()));
                std::vector<Variable> outputs = {y};
                for (std::size_t k = 0; k < g.size(); ++k) outputs.push_back(g.gradient(k));
                for (std::size_t k = 0; k < outputs.size(); ++k)
                    if (count == 1)
                        want.push_back(outputs[k].array());
                    else
                        BOOST_TEST(same(outputs[k].array(), want[k]), "eager, output " << k);
                Workspace workspace{Program(tape.graph(outputs))};
                const auto got = workspace.run(c.in);
                for (std::size_t k = 0; k < got.size(); ++k)
                    BOOST_TEST(same(got[k], want[k]), "replay, output " << k);
            }
        }
}

BOOST_AUTO_TEST_CASE(a_workspace_runs_in_one_thread_at_a_time)
{
    Tape tape;
    const Variable x = tape.variable(numbers({300, 300}));
    Workspace workspace{Program(tape.graph({sum(tanh(matmul(x, x)))}))};
    const std::vector<Array> in = {numbers({300, 300})};
    const float want = workspace.run(in)[0].item<float>();
    std::atomic<int> refused = 0, ran = 0;
    const auto often = [&] {
        for (int k = 0; k < 200; ++k) try {
                workspace.run(in);
                ++ran;
            } catch (const ValueError& error) {
                refused += std::string(error.what()).find("Workspace for each") != std::string::npos;
            }
    };
    std::thread other(often);
    often();
    other.join();
    BOOST_TEST(refused + ran == 400);
    BOOST_TEST(workspace.run(in)[0].item<float>() == want);  // nothing was left behind
}

BOOST_AUTO_TEST_CASE(training_is_the_same_on_several_threads)
{
    const Array x = numbers({256, 300}), labels = [] {
        Array array(DType::int64, {256});
        auto* data = static_cast<std::int64_t*>(array.mutable_data());
        for (int i = 0; i < 256; ++i) data[i] = i % 10;
        return array;
    }();
    std::vector<std::vector<double>> want;
    for (const int count : {1, 2}) {
        const Threads threads(count);
        nn::Sequential net;
        net.add(nn::Linear(300, 400));
        net.add(nn::ReLU{});
        net.add(nn::Linear(400, 10));
        nn::initialise(net, nn::xavier_uniform, 1);
        auto step = nn::compile(net, nn::cross_entropy, nn::Adam{.rate = 1e-3});
        for (int i = 0; i < 7; ++i) step(x, labels);
        const std::vector<Parameter> trained = parameters(net);
        for (std::size_t k = 0; k < trained.size(); ++k)
            if (count == 1)
                want.push_back(values(trained[k]));
            else
                near(values(trained[k]), want[k], 1e-5);
    }
}
