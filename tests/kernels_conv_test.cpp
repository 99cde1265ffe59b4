// Convolution and pooling kernels against plain loops: random lengths, NaN and infinities, memory that is kept.
#define BOOST_TEST_MODULE kernels_conv
#include "count_allocations.hpp"
#include "kernels_support.hpp"

#include <cstdlib>

#include "autodiff/kernels/conv_direct.hpp"
#include "autodiff/kernels/pool.hpp"
#include "reference/image.hpp"

using xgrad::kernels::ConvShape;
using xgrad::kernels::PoolShape;

namespace {

template <class T>
reference::Values wide(const Shape& shape, const std::vector<T>& v)
{
    return {shape, std::vector<Real>(v.begin(), v.begin() + reference::count(shape))};
}

/// A vector behind which a whole cache line of NaN lies: what is read beyond the end must not be used.
template <class T>
std::vector<T> fenced(const Shape& shape, unsigned seed)
{
    std::vector<T> v = random_values<T>(reference::count(shape), seed);
    v.resize(v.size() + 64 / sizeof(T), nan_of<T>);
    return v;
}

template <class T>
void compare(const std::vector<T>& got, const reference::Values& want, const char* what)
{
    BOOST_REQUIRE_EQUAL(got.size(), want.v.size());
    check_near(got, want.v, 20 * tight<T>, what);
}

struct Problem {
    ConvShape s;
    Shape x, weight, y;
    reference::Shape list;

    explicit Problem(const ConvShape& shape)
        : s(shape),
          x{s.batch, s.channels, s.height, s.width},
          weight{s.outputs, s.channels / s.groups, s.kernel_h, s.kernel_w},
          y{s.batch, s.outputs, s.out_height(), s.out_width()},
          list{s.stride_h, s.stride_w, s.pad_h, s.pad_w, s.dilation_h, s.dilation_w, s.groups}
    {}

    template <class T>
    void check(std::vector<T> image, const std::vector<T>& w, std::vector<T> g) const
    {
        const std::vector<T> bias = random_values<T>(s.outputs, 9);
        std::vector<T> out(static_cast<std::size_t>(reference::count(y)), nan_of<T>);
        reference::Call call;
        call.list = list;
        call.in = {wide(x, image), wide(weight, w), wide({s.outputs}, bias)};
        xgrad::kernels::conv2d<T>(s, image.data(), w.data(), bias.data(), out.data());
        compare(out, reference::conv2d(call)[0], "value");
        call.in.pop_back();
        xgrad::kernels::conv2d<T>(s, image.data(), w.data(), nullptr, out.data());
        compare(out, reference::conv2d(call)[0], "value without bias");

        std::vector<T> dx(static_cast<std::size_t>(reference::count(x)), nan_of<T>);
        call.list.insert(call.list.end(), {s.height, s.width});
        call.in = {wide(y, g), wide(weight, w)};
        xgrad::kernels::conv2d_input_grad<T>(s, g.data(), w.data(), dx.data());
        compare(dx, reference::conv2d_input_grad(call)[0], "input's gradient");

        std::vector<T> dw(static_cast<std::size_t>(reference::count(weight)), nan_of<T>);
        call.list[7] = s.kernel_h, call.list[8] = s.kernel_w;
        call.in = {wide(x, image), wide(y, g)};
        xgrad::kernels::conv2d_weight_grad<T>(s, image.data(), g.data(), dw.data());
        compare(dw, reference::conv2d_weight_grad(call)[0], "weight's gradient");
    }
};

/// Calls f with each length of vectors that this processor has.
template <class F>
void over_vectors(F f)
{
    int& bytes = xgrad::kernels::direct::vector_bytes();
    const int best = bytes;
    for (; bytes >= 16; bytes /= 2) BOOST_TEST_CONTEXT("vectors of " << bytes << " bytes")
    f();
    bytes = best;
}

/// Random lengths for which the kernel fits into the image.
template <class F>
void over_shapes(int tries, F f)
{
    std::mt19937 engine(3);
    const auto any = [&](int low, int high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(engine);
    };
    for (int i = 0; i < tries; ++i) {
        ConvShape s{};
        s.groups = any(1, 3), s.batch = any(0, 2);
        s.channels = s.groups * any(1, 4), s.outputs = s.groups * any(1, i % 4 == 0 ? 19 : 9);
        s.height = any(1, 9), s.width = any(1, i % 3 == 0 ? 40 : 9);
        s.kernel_h = any(1, 4), s.kernel_w = any(1, 4);
        s.stride_h = i % 2 ? 1 : any(1, 3), s.stride_w = i % 2 ? 1 : any(1, 3);
        s.pad_h = any(0, 3), s.pad_w = any(0, 5);
        s.dilation_h = any(1, 3), s.dilation_w = any(1, 3);
        if (s.out_height() < 1 || s.out_width() < 1 ||
            s.height + 2 * s.pad_h < s.dilation_h * (s.kernel_h - 1) + 1 ||
            s.width + 2 * s.pad_w < s.dilation_w * (s.kernel_w - 1) + 1)
            continue;
        BOOST_TEST_CONTEXT("x " << s.batch << " " << s.channels << " " << s.height << " " << s.width
                                << ", outputs " << s.outputs << ", groups " << s.groups << ", kernel "
                                << s.kernel_h << " " << s.kernel_w << ", stride " << s.stride_h << " "
                                << s.stride_w << ", padding " << s.pad_h << " " << s.pad_w << ", dilation "
                                << s.dilation_h << " " << s.dilation_w)
        f(Problem(s), engine);
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE_TEMPLATE(convolutions_are_those_of_plain_loops, T, Floats)
{
    over_shapes(300, [](const Problem& p, std::mt19937&) {
        over_vectors([&] { p.check<T>(fenced<T>(p.x, 1), fenced<T>(p.weight, 2), fenced<T>(p.y, 3)); });
    });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(nan_and_infinities_reach_what_reads_them_and_nothing_else, T, Floats)
{
    over_shapes(300, [](const Problem& p, std::mt19937& engine) {
        std::vector<T> x = fenced<T>(p.x, 1), g = fenced<T>(p.y, 3);
        // Padding takes part in the weight's gradient as zeros: NaN beside it is NaN.
        const bool padded = p.s.pad_h + p.s.pad_w > 0;
        for (auto* v : {&x, &g})
            for (int k = 0; k < 2 && reference::count(p.x) > 0 && (v == &x || !padded); ++k)
                (*v)[engine() % (v->size() - 64 / sizeof(T))] = k ? inf<T> : nan_of<T>;
        // Positive weights, so that no infinity meets its opposite, and none is multiplied by 0.
        std::vector<T> w = random_values<T>(reference::count(p.weight), 2, 0.5, 2);
        w.resize(w.size() + 64 / sizeof(T), nan_of<T>);
        if (reference::count(p.x) > 0) over_vectors([&] { p.check<T>(x, w, g); });
    });
}

BOOST_AUTO_TEST_CASE(larger_images_and_more_channels)
{
    for (const ConvShape& s : {ConvShape{2, 1, 28, 28, 6, 1, 5, 5, 1, 1, 2, 2, 1, 1},
                               ConvShape{2, 6, 14, 14, 16, 1, 5, 5, 1, 1, 0, 0, 1, 1},
                               ConvShape{1, 32, 12, 35, 33, 1, 3, 3, 1, 1, 1, 1, 1, 1},
                               ConvShape{1, 20, 31, 30, 40, 1, 3, 3, 2, 2, 1, 1, 1, 1},
                               ConvShape{1, 64, 40, 40, 24, 1, 5, 5, 2, 2, 2, 2, 1, 1}}) {
        const Problem p(s);
        std::vector<float> weight = random_values<float>(reference::count(p.weight), 2, -0.1, 0.1);
        over_vectors([&] { p.check<float>(fenced<float>(p.x, 1), weight, fenced<float>(p.y, 3)); });
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(pooling_is_that_of_plain_loops, T, Floats)
{
    over_shapes(400, [](const Problem& p, std::mt19937& engine) {
        const ConvShape& c = p.s;
        PoolShape s{c.batch * c.channels, c.height, c.width, c.kernel_h,   c.kernel_w,  c.stride_h,
                    c.stride_w,           c.pad_h,  c.pad_w, c.dilation_h, c.dilation_w};
        s.pad_h = std::min(s.pad_h, s.kernel_h / 2), s.pad_w = std::min(s.pad_w, s.kernel_w / 2);
        s.ceil = engine() % 2 == 0;
        if (engine() % 4 == 0) s.divisor = 3;
        if (!s.ceil && s.height + 2 * s.pad_h < s.dilation_h * (s.kernel_h - 1) + 1) return;
        if (!s.ceil && s.width + 2 * s.pad_w < s.dilation_w * (s.kernel_w - 1) + 1) return;
        if (s.out_height() < 1 || s.out_width() < 1) return;
        std::vector<T> x = fenced<T>(p.x, 1);
        x.resize(x.size() - 64 / sizeof(T));
        for (auto& v : x) v = std::round(v * 3);  // equal ones
        if (!x.empty())
            for (const T special : {nan_of<T>, inf<T>, -inf<T>, nan_of<T>}) x[engine() % x.size()] = special;
        reference::Call call;
        call.list = {s.kernel_h, s.kernel_w,   s.stride_h,   s.stride_w, s.pad_h,
                     s.pad_w,    s.dilation_h, s.dilation_w, s.ceil,     s.divisor};
        call.in = {wide(p.x, x)};
        const auto count = static_cast<std::size_t>(s.planes * s.out_height() * s.out_width());
        std::vector<T> y(count);
        xgrad::kernels::max_pool2d<T>(s, x.data(), y.data());
        const auto largest = reference::largest(call);
        compare(y, largest[0], "max_pool2d");
        std::vector<std::int64_t> index(count);
        xgrad::kernels::max_pool2d_index<T>(s, x.data(), index.data());
        for (std::size_t i = 0; i < count; ++i) BOOST_REQUIRE_EQUAL(Real(index[i]), largest[1].v[i]);
        if (s.dilation_h != 1 || s.dilation_w != 1) return;
        for (const bool counted : {true, false}) {
            call.a = counted;
            xgrad::kernels::avg_pool2d<T>(s, counted, x.data(), y.data());
            compare(y, reference::avg_pool2d(call)[0], "avg_pool2d");
            std::vector<T> dx(x.size());
            reference::Call back = call;
            back.list.insert(back.list.end(), {s.height, s.width});
            back.in = {wide({p.x[0], p.x[1], s.out_height(), s.out_width()}, y)};
            xgrad::kernels::avg_pool2d_vjp<T>(s, counted, y.data(), dx.data());
            compare(dx, reference::avg_pool2d_vjp(back)[0], "avg_pool2d_vjp");
        }
    });
}

BOOST_AUTO_TEST_CASE(nothing_is_allocated_again)
{
    for (const std::int64_t stride : {1, 2})
        for (const std::int64_t outputs : {6, 16}) {
            const Problem p(ConvShape{2, 3, 20, 20, outputs, 1, 3, 3, stride, stride, 1, 1, 1, 1});
            const std::vector<float> x = fenced<float>(p.x, 1), w = fenced<float>(p.weight, 2),
                                     g = fenced<float>(p.y, 3);
            std::vector<float> y(g.size()), dx(x.size()), dw(w.size());
            std::size_t before = 0;
            for (int run = 0; run < 3; ++run) {
                if (run == 1) before = allocations;
                xgrad::kernels::conv2d<float>(p.s, x.data(), w.data(), nullptr, y.data());
                xgrad::kernels::conv2d_input_grad<float>(p.s, g.data(), w.data(), dx.data());
                xgrad::kernels::conv2d_weight_grad<float>(p.s, x.data(), g.data(), dw.data());
            }
            BOOST_TEST(allocations == before);
        }
}
