// What every row of the registry refuses: wrong types, wrong shapes, wrong arguments, each named in the message.
#define BOOST_TEST_MODULE registry_refusal
#include <boost/test/unit_test.hpp>

#include "registry_cases.hpp"
#include "xgrad/autodiff/update.hpp"

BOOST_AUTO_TEST_CASE(wrong_types_and_shapes_are_refused_by_name)
{
    const auto says = [](const std::string& message, std::initializer_list<std::string> parts,
                         const std::string& who) {
        for (const std::string& part : parts)
            BOOST_TEST(message.find(part) != std::string::npos,
                       who << ": \"" << message << "\" lacks \"" << part << "\"");
    };
    const auto any_type =
        [](std::string_view op) {  // moves values of every type; or makes arrays like its input
            for (const char* name : {"reshape", "flatten", "permute", "broadcast_to", "slice", "concat",
                                     "detach", "identity", "cast", "full", "arange", "eye", "equal",
                                     "not_equal", "less", "less_equal", "greater", "greater_equal"})
                if (op == name) return true;
            return false;
        };
    // A composed function that takes an operand of another type gives what it gives for the same numbers; what only
    // rearranges its operand must take any type, and keep it.
    const auto takes = [](const Op& op, const Sample& sample, const std::vector<Array>& bad, std::size_t k,
                          DType usual) {
        Tape tape, wide;
        const std::vector<Variable> x = put(tape, bad);
        const bool rearranges = op.traits.moves && (op.traits.linear & 1) && bad.size() == 1;
        try {
            const Variable y = sample.call(x);
            std::vector<Array> same = bad;
            same[k] = bad[k].cast(usual);
            BOOST_TEST(numbers(y.array()) == numbers(sample.call(put(wide, same)).array()),
                       op.name << " gives other numbers for " << name_of(bad[k].dtype()));
            BOOST_TEST((!rearranges || y.dtype() == bad[k].dtype()), op.name);
            return true;
        } catch (const Error& error) {
            BOOST_TEST(!rearranges, error.what());
            return false;
        }
    };
    for (const Op* op : registry()) {
        if (op->samples.empty()) continue;
        const Sample& sample = op->samples[0];
        const std::vector<Array> good = draw(sample, DType::float64);
        for (std::size_t k = 0; k < good.size(); ++k) {
            const bool mask = good[k].dtype() == DType::boolean;
            std::vector<Array> bad = good;
            bad[k] = good[k].cast(mask ? DType::float64 : DType::boolean);
            Tape tape;
            const std::vector<Variable> x = put(tape, bad);
            const std::size_t size = tape.size();
            const bool picked = k == 0 && (op->name == "index_select" || op->name == "gather");
            if (picked) continue;  // any type may be picked from
            if (any_type(op->name) && good.size() == 1) {
                if (op->name != "arange") BOOST_CHECK_NO_THROW(sample.call(x));
                continue;
            }
            if (op->composed && takes(*op, sample, bad, k, good[k].dtype())) continue;
            const std::string message = message_of([&] { sample.call(x); }, typeid(DtypeError));
            const std::string type(name_of(bad[k].dtype()));
            says(message, {std::string(op->name), type}, std::string(op->name));
            if (!op->traits.stochastic) says(message, {to_string(good[k].shape())}, std::string(op->name));
            BOOST_TEST(tape.size() == size);
            if (good.size() == 1 || mask || good[k].dtype() == DType::int64) continue;
            bad[k] = good[k].cast(DType::float32);  // floats do not mix either
            Tape mixed;
            if (op->name != "cross_entropy" && op->name != "embedding" && op->name != "take" &&
                op->name != "take_along_axis" && op->name != "nll_loss" && op->name != "multi_margin_loss" &&
                !op->derived_from.starts_with("max_pool"))  // their other operand is a label, an index
                says(message_of([&] { sample.call(put(mixed, bad)); }, typeid(DtypeError)),
                     {std::string(op->name), "float32", "float64"}, std::string(op->name));
        }
        // Any numbers fit any weight, and any array with the axis; any two arrays have these products.
        if (good.size() < 2 || op->name == "embedding" || op->name == "index_select") continue;
        if (op->name == "outer" || op->name == "kron" || op->name == "take") continue;
        for (std::size_t k = 0; k < good.size(); ++k) {
            std::vector<Array> bad = good;
            Array odd(DType::float64, {5, 7});
            std::fill_n(static_cast<double*>(odd.mutable_data()), 35, 1.0);
            bad[k] = odd.cast(good[k].dtype());
            Tape tape;
            const std::vector<Variable> x = put(tape, bad);
            const std::size_t size = tape.size();
            says(message_of([&] { sample.call(x); }, typeid(ShapeError)), {std::string(op->name), "[5, 7]"},
                 std::string(op->name));
            BOOST_TEST(tape.size() == size);
        }
    }
}

BOOST_AUTO_TEST_CASE(wrong_arguments_are_refused_by_name)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{{1., 2., 3.}, {4., 5., 6.}}),
                   v = tape.variable(xt::xarray<double>{1., 2.});
    const Variable none = tape.variable(Array(DType::float64, {0, 3})), scalar = tape.variable(1.0);
    const Variable labels = tape.constant(xt::xarray<std::int64_t>{0, 3}),
                   whole = tape.variable(xt::xarray<std::int64_t>{1, 2});
    const auto kernel = [](const Shape& shape) { return Array(DType::float64, shape); };
    const Variable image = tape.variable(kernel({1, 3, 4, 5}));
    struct Misuse {
        std::function<void()> f;
        const std::type_info& kind;
        std::vector<std::string> parts;
    };
    const std::vector<Misuse> misuses = {
        {[&] { x + v; }, typeid(ShapeError), {"add", "[2, 3]", "[2]", "3 and 2"}},
        {[&] { matmul(x, x); }, typeid(ShapeError), {"matmul", "[2, 3]", "3 columns meet 2 rows"}},
        {[&] { matmul(x, scalar); }, typeid(ShapeError), {"matmul", "[2, 3]", "[]"}},
        {[&] { matmul(v, x * 1 + none); }, typeid(ShapeError), {"add", "[0, 3]"}},
        {[&] { matmul(whole, whole); }, typeid(DtypeError), {"matmul", "int64", "[1, 2]"}},
        {[&] { sum(x, {2}); }, typeid(ShapeError), {"sum", "axis 2", "[2, 3]"}},
        {[&] {
             sum(x, {0, -2});
         },
         typeid(ShapeError),
         {"sum", "twice", "[2, 3]"}},
        {[&] { mean(x, {-3}); }, typeid(ShapeError), {"mean", "axis -3", "[2, 3]"}},
        {[&] { max(none); }, typeid(ShapeError), {"max", "[0, 3]", "at least one element"}},
        {[&] { min(none, 0); }, typeid(ShapeError), {"min", "[0, 3]", "at least one element"}},
        {[&] { argmax(none, 0); }, typeid(ShapeError), {"argmax", "[0, 3]"}},
        {[&] {
             reshape(x, {4, -1});
         },
         typeid(ShapeError),
         {"reshape", "[2, 3]", "[4, -1]"}},
        {[&] { reshape(x, {7}); }, typeid(ShapeError), {"reshape", "[2, 3]", "[7]"}},
        {[&] {
             reshape(x, {-1, -1});
         },
         typeid(ShapeError),
         {"reshape", "[-1, -1]"}},
        {[&] { permute(x, {0}); }, typeid(ShapeError), {"permute", "[0]", "[2, 3]"}},
        {[&] {
             permute(x, {0, 0});
         },
         typeid(ShapeError),
         {"permute", "[0, 0]", "[2, 3]"}},
        {[&] { transpose(x, 0, 2); }, typeid(ShapeError), {"transpose", "axis 2", "[2, 3]"}},
        {[&] {
             broadcast_to(x, {3, 2});
         },
         typeid(ShapeError),
         {"broadcast_to", "[2, 3]", "[3, 2]"}},
        {[&] {
             broadcast_to(x, {2, -3});
         },
         typeid(ShapeError),
         {"broadcast_to", "[2, -3]"}},
        {[&] { sum_to(x, {2}); }, typeid(ShapeError), {"sum_to", "[2, 3]", "[2]"}},
        {[&] {
             slice(x, {{}, {}, {}});
         },
         typeid(ShapeError),
         {"slice", "3 slices", "[2, 3]"}},
        {[&] { slice(x, {{.step = 0}}); }, typeid(ValueError), {"slice", "step 0", "axis 0"}},
        {[&] {
             concat({x, v});
         },
         typeid(ShapeError),
         {"concat", "[2, 3]", "[2]"}},
        {[&] {
             concat({x, x}, 2);
         },
         typeid(ShapeError),
         {"concat", "axis 2", "[2, 3]"}},
        {[&] { concat({}); }, typeid(ShapeError), {"concat"}},
        {[&] { softmax(scalar, 1); }, typeid(ShapeError), {"softmax", "axis 1", "[]"}},
        {[&] { clamp(x, 1, 0); }, typeid(ValueError), {"clamp", "1", "0"}},
        {[&] { clamp(x, NAN, 0); }, typeid(ValueError), {"clamp", "nan"}},
        {[&] { clamp(whole, 0, 1.5); }, typeid(DtypeError), {"clamp", "1.5", "int64"}},
        {[&] { clamp(whole, 0, INFINITY); }, typeid(DtypeError), {"clamp", "inf", "int64"}},
        {[&] { dropout(x, 1); }, typeid(ValueError), {"dropout", "1"}},
        {[&] { dropout(x, -0.1); }, typeid(ValueError), {"dropout", "-0.1"}},
        {[&] { full(x, {-1}, 0); }, typeid(ShapeError), {"full", "[-1]"}},
        {[&] { eye(x, -1); }, typeid(ShapeError), {"eye", "-1"}},
        {[&] { arange(x, 3, DType::boolean); }, typeid(DtypeError), {"arange", "bool"}},
        {[&] { random_normal(whole, {2}); }, typeid(DtypeError), {"random_normal", "int64"}},
        {[&] { random_uniform(x, {-2}); }, typeid(ShapeError), {"random_uniform", "[-2]"}},
        {[&] { cross_entropy_rows(x, labels); },
         typeid(ValueError),
         {"cross_entropy", "label 3", "row 1", "0 .. 2"}},
        {[&] { logical_and(x, x); }, typeid(DtypeError), {"logical_and", "float64", "bool"}},
        {[&] { logical_and(x > 0, x); },
         typeid(DtypeError),
         {"logical_and", "[2, 3] float64, expected bool"}},
        {[&] { logical_or(x, x > 0); }, typeid(DtypeError), {"logical_or", "[2, 3] bool, expected bool"}},
        {[&] { where(x, x, x); }, typeid(DtypeError), {"where", "bool mask"}},
        {[&] { exp(whole); }, typeid(DtypeError), {"exp", "int64", "float32 or float64"}},
        {[&] { mean(whole); }, typeid(DtypeError), {"mean", "int64"}},
        {[&] {
             conv2d(image, tape.variable(kernel({4, 2, 3, 3})));
         },
         typeid(ShapeError),
         {"conv2d", "[1, 3, 4, 5]", "[4, 2, 3, 3]", "x has 3 (axis 1)", "the weight is for 2 in 1 group"}},
        {[&] {
             conv2d(image, tape.variable(kernel({4, 3, 3, 3})), {.groups = 2});
         },
         typeid(ShapeError),
         {"conv2d", "3 in and 4 out meet 2 groups"}},
        {[&] {
             conv2d(image, tape.variable(kernel({4, 1, 3, 3})), {.groups = 3});
         },
         typeid(ShapeError),
         {"conv2d", "3 in and 4 out meet 3 groups"}},
        {[&] {
             conv2d(image, tape.variable(kernel({4, 3, 5, 3})));
         },
         typeid(ShapeError),
         {"conv2d", "[4, 3, 5, 3]", "5 x 3 (with dilation) meets 4 x 5 (with padding)"}},
        {[&] {
             conv2d(image, tape.variable(kernel({4, 3, 3, 3})), {.padding = {1, 0}, .dilation = 3});
         },
         typeid(ShapeError),
         {"conv2d", "7 x 7 (with dilation) meets 6 x 5 (with padding)"}},
        {[&] {
             conv2d(image, tape.variable(kernel({4, 3, 3, 3})), tape.variable(kernel({3})));
         },
         typeid(ShapeError),
         {"conv2d", "a bias [4]", "[3]"}},
        {[&] {
             conv2d(image, tape.variable(kernel({4, 3, 0, 3})));
         },
         typeid(ShapeError),
         {"conv2d", "a kernel of at least one element"}},
        {[&] {
             conv2d(x, tape.variable(kernel({4, 3, 3, 3})));
         },
         typeid(ShapeError),
         {"conv2d", "[2, 3]", "x [N, C, H, W]"}},
        {[&] {
             conv2d(image, image, {.stride = {1, -2}});
         },
         typeid(ValueError),
         {"conv2d", "stride", "1 x -2"}},
        {[&] { conv2d(image, image, {.stride = 0}); },
         typeid(ValueError),
         {"conv2d", "stride", "positive", "0"}},
        {[&] { conv2d(image, image, {.padding = -1}); }, typeid(ValueError), {"conv2d", "padding", "-1"}},
        {[&] { conv2d(image, image, {.dilation = 0}); },
         typeid(ValueError),
         {"conv2d", "dilation", "positive"}},
        {[&] { conv2d(image, image, {.groups = 0}); }, typeid(ValueError), {"conv2d", "groups", "positive"}},
        {[&] { avg_pool2d(image, {5}); },
         typeid(ShapeError),
         {"avg_pool2d", "[1, 3, 4, 5]", "5 x 5 (with dilation) meets 4 x 5"}},
        {[&] { avg_pool2d(x, {1}); }, typeid(ShapeError), {"avg_pool2d", "[2, 3]", "x [N, C, H, W]"}},
        {[&] { avg_pool2d(image, {0}); }, typeid(ValueError), {"avg_pool2d", "kernel", "positive"}},
        {[&] { avg_pool2d(image, {.kernel = 2, .stride = -1}); },
         typeid(ValueError),
         {"avg_pool2d", "stride", "-1"}},
        {[&] {
             max_pool2d(image, {.kernel = {2, 3}, .padding = {1, 2}});
         },
         typeid(ValueError),
         {"max_pool2d", "half the kernel", "1 x 2", "2 x 3"}},
        {[&] { max_pool2d(image, {.kernel = 2, .dilation = 0}); },
         typeid(ValueError),
         {"max_pool2d", "dilation"}},
        {[&] { max_pool2d(cast(image, DType::int64), {2}); }, typeid(DtypeError), {"max_pool2d", "int64"}},
        {[&] { flatten(x, 2); }, typeid(ShapeError), {"flatten", "axis 2", "[2, 3]"}},
        {[&] { flatten(x, 1, 0); }, typeid(ShapeError), {"flatten", "[2, 3]", "not behind"}},
        {[&] { x.value<float>(); }, typeid(DtypeError), {"value<float32>", "input", "[2, 3]", "float64"}},
        {[&] { x.item(); }, typeid(ShapeError), {"item", "[2, 3]"}},
    };
    for (const Misuse& misuse : misuses) {
        const std::size_t size = tape.size();
        const std::string message = message_of(misuse.f, misuse.kind);
        for (const std::string& part : misuse.parts)
            BOOST_TEST(message.find(part) != std::string::npos,
                       "\"" << message << "\" lacks \"" << part << "\"");
        BOOST_TEST(tape.size() <= size + 2);  // operands that the call itself makes
    }
    BOOST_CHECK_NO_THROW(tape.graph({x}).verify());
}

// By their own names, in words about what was given, and with nothing left on the tape.
BOOST_AUTO_TEST_CASE(composed_functions_refuse_arguments_by_their_own_names)
{
    Tape tape;
    const Variable x = tape.variable(xt::xarray<double>{{1., 2., 3.}, {4., 5., 6.}}),
                   v = tape.variable(xt::xarray<double>{1., 2.}), scalar = tape.variable(1.0),
                   mask = tape.variable(xt::xarray<bool>{true, false}),
                   whole = tape.variable(xt::xarray<std::int64_t>{1, 2}),
                   none = tape.variable(Array(DType::float64, {0, 3}));
    struct Misuse {
        std::function<void()> f;
        const std::type_info& kind;
        std::vector<std::string> parts;
    };
    const std::vector<Misuse> misuses = {
        {[&] { squeeze(x, 0); }, typeid(ShapeError), {"squeeze: got [2, 3], expected length 1 along axis 0"}},
        {[&] { unsqueeze(x, 3); }, typeid(ShapeError), {"unsqueeze: axis 3", "[2, 3]", "-3 .. 2"}},
        {[&] {
             expand_dims(x, {0, -4});
         },
         typeid(ShapeError),
         {"expand_dims: axes [0, -4] name one twice"}},
        {[&] {
             transpose(x, {0, 0});
         },
         typeid(ShapeError),
         {"transpose: permute: [0, 0]", "[2, 3]", "once"}},
        {[&] { swapaxes(x, 0, 2); }, typeid(ShapeError), {"swapaxes: axis 2", "[2, 3]"}},
        {[&] {
             moveaxis(x, {0, 1}, {0});
         },
         typeid(ShapeError),
         {"moveaxis: axes [0, 1]", "[0]"}},
        {[&] {
             moveaxis(x, {0, 0}, {0, 1});
         },
         typeid(ShapeError),
         {"moveaxis: axes [0, 0] name one twice"}},
        {[&] { flip(x, 2); }, typeid(ShapeError), {"flip: axis 2", "[2, 3]"}},
        {[&] {
             roll(x, {1, 1}, {0, 2});
         },
         typeid(ShapeError),
         {"roll: axis 2", "[2, 3]"}},
        {[&] {
             roll(x, {1}, Axes{0, 1});
         },
         typeid(ShapeError),
         {"roll: shifts [1]", "[0, 1]"}},
        {[&] { repeat(x, -1, 0); }, typeid(ValueError), {"repeat: -1 times"}},
        {[&] {
             tile(x, {2, -1});
         },
         typeid(ValueError),
         {"tile: [2, -1] times"}},
        {[&] {
             pad(x, {{1, 0}, {0, 0}, {0, 0}});
         },
         typeid(ShapeError),
         {"pad: 3 pairs", "[2, 3]"}},
        {[&] { pad(x, -1); }, typeid(ValueError), {"pad: widths -1 and -1 of axis 0"}},
        {[&] { pad(none, 1, Padding::edge); }, typeid(ShapeError), {"pad: axis 0 of [0, 3] is empty"}},
        {[&] { pad(whole, 1, Padding::constant, 0.5); }, typeid(DtypeError), {"pad: full: the number 0.5"}},
        {[&] { tril(v); }, typeid(ShapeError), {"tril: got [2]", "at least two axes"}},
        {[&] { diagonal(x, 0, 1, -1); }, typeid(ShapeError), {"diagonal: axes 1 and -1 of [2, 3]"}},
        {[&] { diag(scalar); }, typeid(ShapeError), {"diag: got [] float64, expected a vector"}},
        {[&] { split(x, 2, 1); }, typeid(ShapeError), {"split: 2 equal parts of axis 1", "[2, 3]"}},
        {[&] {
             stack({x, v});
         },
         typeid(ShapeError),
         {"stack: got [2, 3] and [2]"}},
        {[&] {
             concatenate({x, v});
         },
         typeid(ShapeError),
         {"concatenate: concat: got [2, 3]", "[2]"}},
        {[&] { topk(x, 4); }, typeid(ShapeError), {"topk: 4 elements", "[2, 3]", "0 .. 3"}},
        {[&] { median(none, 0); }, typeid(ShapeError), {"median: got [0, 3]", "at least one element along the axes [0]"}},
        {[&] { median(none); }, typeid(ShapeError), {"median: [0, 3] has no elements"}},
        {[&] { median(whole); }, typeid(DtypeError), {"median: got [2] int64, expected float32"}},
        {[&] { one_hot(v, 3); }, typeid(DtypeError), {"one_hot: got [2] float64", "int64"}},
        {[&] { one_hot(whole, 0); }, typeid(ValueError), {"one_hot: 0 classes"}},
        {[&] { take(x, v, 1); }, typeid(DtypeError), {"take: got [2, 3] float64, [2] float64", "int64"}},
        {[&] { take(x, whole, 2); }, typeid(ShapeError), {"take: axis 2", "[2, 3]"}},
        {[&] { take_along_axis(x, whole, 0); }, typeid(ShapeError), {"take_along_axis: gather", "[2, 3]"}},
        {[&] { amax(none, 0); }, typeid(ShapeError), {"amax: max: got [0, 3]", "at least one element"}},
        {[&] {
             max(x, {0, 2});
         },
         typeid(ShapeError),
         {"max: axis 2", "[2, 3]"}},
        {[&] { argmin(none, 0); }, typeid(ShapeError), {"argmin: argmax: got [0, 3]"}},
        {[&] {
             any(x, {0, 2});
         },
         typeid(ShapeError),
         {"any: axis 2", "[2, 3]"}},
        {[&] {
             logsumexp(x, {0, 0});
         },
         typeid(ShapeError),
         {"logsumexp: axes [0, 0] name one twice"}},
        {[&] { cumprod(x, 2); }, typeid(ShapeError), {"cumprod: axis 2", "[2, 3]"}},
        {[&] { prod(mask); }, typeid(DtypeError), {"prod: got [2] bool, expected float32, float64 or int64"}},
        {[&] { diff(x, -1); }, typeid(ValueError), {"diff: -1 times"}},
        {[&] { dot(x, x); }, typeid(ShapeError), {"dot: matmul: got [2, 3] float64, [2, 3]"}},
        {[&] { vdot(x, v); }, typeid(ShapeError), {"vdot: got [2, 3] float64, [2] float64"}},
        {[&] { inner(x, v); }, typeid(ShapeError), {"inner: got [2, 3]", "[2]", "one length"}},
        {[&] { outer(mask, v); }, typeid(DtypeError), {"outer: got [2] bool, [2] float64"}},
        {[&] { cross(x, v); },
         typeid(ShapeError),
         {"cross: got [2, 3]", "[2]", "the length 3 along axis -1"}},
        {[&] { linear(x, x); }, typeid(ShapeError), {"linear: matmul: got [2, 3]"}},
        {[&] { linear(x, transpose(x), x); }, typeid(ShapeError), {"linear: add: got [2, 2]", "[2, 3]"}},
        {[&] {
             einsum("ij,jk->ik", {x, x});
         },
         typeid(ShapeError),
         {"einsum: axis 'j'", "3 and 2", "[2, 3], [2, 3]"}},
        {[&] { einsum("ij->ik", {x}); },
         typeid(ValueError),
         {"einsum: \"ij->ik\" has an axis in its result"}},
        {[&] { relu6(whole); }, typeid(DtypeError), {"relu6: hardtanh: got [2] int64"}},
        {[&] { glu(x); }, typeid(ShapeError), {"glu: got [2, 3]", "the odd length 3"}},
        {[&] { maxout(x, 2); }, typeid(ShapeError), {"maxout: got [2, 3]", "2 pieces"}},
        {[&] { clip(x, 1, 0); }, typeid(ValueError), {"clip: clamp: the lower bound 1"}},
        {[&] { nan_to_num(mask); }, typeid(DtypeError), {"nan_to_num: got [2] bool"}},
        {[&] { dropout(x, 1); }, typeid(ValueError), {"dropout: the probability 1"}},
        {[&] { zeros(x, {-1}); }, typeid(ShapeError), {"zeros: full: shape [-1]"}},
        {[&] { full_like(whole, 0.5); }, typeid(DtypeError), {"full_like: full: the number 0.5"}},
        {[&] { arange(x, 0, 1, 0); }, typeid(ValueError), {"arange: from 0 to 1 in steps of 0"}},
        {[&] { linspace(x, 0, 1, -1); }, typeid(ValueError), {"linspace: -1 numbers"}},
        {[&] { eye(x, 2, -1); }, typeid(ShapeError), {"eye: 2 rows and -1 columns"}},
        {[&] { scaled_dot_product_attention(x, x, none); },
         typeid(ShapeError),
         {"scaled_dot_product_attention: k [2, 3] and v [0, 3]", "as many steps"}},
    };
    for (const Misuse& misuse : misuses) {
        const std::size_t size = tape.size();
        const std::string message = message_of(misuse.f, misuse.kind);
        for (const std::string& part : misuse.parts)
            BOOST_TEST(message.find(part) != std::string::npos,
                       "\"" << message << "\" lacks \"" << part << "\"");
        // An operand that was made in the call is the caller's.
        BOOST_TEST(tape.size() <= size + (message.find("linear: add") == 0 ? 1 : 0), message);
    }
    BOOST_CHECK_NO_THROW(tape.graph({x}).verify());
}

BOOST_AUTO_TEST_CASE(an_optimizer_s_step_has_no_gradient_and_says_so)
{
    for (const Op* op : registry())
        if (op->traits.update)
            for (const Sample& sample : op->samples) {
                Tape tape;
                const std::vector<Variable> x = put(tape, draw(sample, DType::float64));
                const Variable y = sum(sample.call(x));  // whichever of its outputs the sample gives
                const std::string message = message_of([&] { grad(y, x[0]); }, typeid(GradientError));
                BOOST_TEST(message.find(op->name) != std::string::npos, message);
                BOOST_TEST(message.find("no gradient") != std::string::npos);
            }
}

BOOST_AUTO_TEST_CASE(a_graph_that_breaks_an_invariant_does_not_verify)
{
    Node input{}, product{};
    input.op = find_op("input");
    product.op = find_op("matmul");
    const auto verify = [&](Shape result, std::vector<ValueId> in, DType dtype) {
        Graph graph;
        input.dtype = DType::float64;
        input.shape = graph.intern(Shape{2, 3});
        graph.append(input, {});
        input.shape = graph.intern(Shape{3, 4});
        graph.append(input, {});
        product.dtype = dtype;
        product.shape = graph.intern(result);
        graph.append(product, in);
        graph.verify();
    };
    BOOST_CHECK_NO_THROW(verify({2, 4}, {0, 1}, DType::float64));
    const std::pair<std::string, std::function<void()>> broken[] = {
        {"its shape [4, 2] is not",
         [&] {
             verify({4, 2}, {0, 1}, DType::float64);
         }},
        {"its type is not",
         [&] {
             verify({2, 4}, {0, 1}, DType::float32);
         }},
        {"equal inner lengths",
         [&] {
             verify({2, 4}, {0, 0}, DType::float64);
         }},
        {"does not come before it",
         [&] {
             verify({2, 4}, {0, 2}, DType::float64);
         }},
        {"has 1 inputs, the op takes 2",
         [&] {
             verify({2, 4}, {0}, DType::float64);
         }},
    };
    for (const auto& [part, f] : broken) {
        const std::string message = message_of(f, typeid(GraphError));
        BOOST_TEST(message.find("verify: node %2 (matmul)") == 0u);
        BOOST_TEST(message.find(part) != std::string::npos, message << " lacks " << part);
    }
}
