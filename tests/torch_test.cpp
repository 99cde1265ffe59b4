// Values, gradients and Hessian-vector products beside PyTorch's (fixtures/torch_*.txt, by the scripts beside them).
#define BOOST_TEST_MODULE torch
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "torch_arrays_calls.hpp"
#include "torch_conv_calls.hpp"
#include "torch_core_arrays_calls.hpp"
#include "torch_core_math_calls.hpp"
#include "torch_core_norms_calls.hpp"
#include "torch_image.hpp"
#include "torch_linalg_calls.hpp"
#include "torch_loss_calls.hpp"
#include "torch_norms_calls.hpp"
#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/transform.hpp"

using namespace xgrad;
using Inputs = std::span<const Variable>;

namespace {

struct Record {
    std::string name;
    std::map<std::string, std::vector<Array>> parts;  // "in", "cot", "out", "grad", "vec", "hvp"
};

std::vector<Record> read(const std::string& path)
{
    std::ifstream file(path);
    BOOST_REQUIRE_MESSAGE(file, "cannot read " << path);
    std::vector<Record> records;
    for (std::string text; std::getline(file, text);) {
        std::istringstream words(text);
        std::string kind, word;
        words >> kind;
        if (kind == "#") continue;
        if (kind == "case") {
            records.push_back({text.substr(5), {}});
            continue;
        }
        Shape shape;
        while (words >> word && word != ":") shape.push_back(std::stoll(word));
        Array array(DType::float64, shape);
        for (std::int64_t i = 0; i < array.size(); ++i) {
            BOOST_REQUIRE(words >> word);
            static_cast<double*>(array.mutable_data())[i] = std::strtod(word.c_str(), nullptr);
        }
        records.back().parts[kind].push_back(array);
    }
    return records;
}

std::vector<Record> read_all(const std::string& folder)
{
    std::vector<Record> records;
    for (const auto& file : std::filesystem::directory_iterator(folder))
        if (file.path().extension() == ".txt")
            std::ranges::move(read(file.path()), std::back_inserter(records));
    return records;
}

template <Variable (*f)(Variable)>
Variable one(Inputs x)
{
    return f(x[0]);
}
using Call = std::function<Variable(Inputs)>;
Call two(Variable (*f)(Variable, Variable))
{
    return [f](Inputs x) { return f(x[0], x[1]); };
}
Variable mask(Variable m, Inputs x) { return cast(m, DType::float64) * x[0] * x[1]; }
Variable ones_and_zeros(Variable m) { return cast(m, DType::float64); }
Variable like(Inputs x, const xt::xarray<double>& v) { return x[0].tape().constant(v); }
Variable labels(Inputs x, const xt::xarray<std::int64_t>& v) { return x[0].tape().constant(v); }

// x, three weights for each layer, h0 and c0 of all layers: output, h_n and c_n one after the other.
Variable lstm_layers(Inputs x)
{
    const Variable h0 = x[x.size() - 2], c0 = x[x.size() - 1];
    std::vector<Variable> h_n, c_n;
    Variable output = x[0];
    for (std::size_t k = 0; 3 * k + 3 < x.size() - 1; ++k) {
        const auto state = [&](Variable all) {
            const auto from = static_cast<std::int64_t>(k);
            return reshape(slice(all, {{from, from + 1}}), {-1, all.shape()[2]});
        };
        const LstmStates states =
            lstm(output, x[3 * k + 1], x[3 * k + 2], x[3 * k + 3], state(h0), state(c0));
        output = states.hidden;
        h_n.push_back(reshape(slice(states.hidden, {{-1}}), {-1}));
        c_n.push_back(reshape(slice(states.cells, {{-1}}), {-1}));
    }
    return concat({reshape(output, {-1}), concat(h_n), concat(c_n)});
}

// The loss of each example of a network 3-4-1 whose parameters are one vector.
Variable network_losses(Variable p, Variable x, Variable t)
{
    const Variable w = reshape(slice(p, {{0, 12}}), {3, 4}), b = slice(p, {{12, 16}});
    const Variable hidden = tanh(matmul(x, w) + b);
    return softplus(-t * (matmul(hidden, slice(p, {{16, 20}})) + slice(p, {{20, 21}})));
}

const std::map<std::string, Call>& calls()
{
    static const std::map<std::string, Call> table = [] {
        std::map<std::string, Call> t = {
            {"exp", one<exp>},
            {"log", one<log>},
            {"log1p", one<log1p>},
            {"expm1", one<expm1>},
            {"sqrt", one<sqrt>},
            {"square", one<square>},
            {"abs", one<abs>},
            {"sign", one<sign>},
            {"tanh", one<tanh>},
            {"sigmoid", one<sigmoid>},
            {"softplus", one<softplus>},
            {"relu", one<relu>},
            {"neg", one<neg>},
            {"clamp", [](Inputs x) { return clamp(x[0], -0.75, 0.5); }},
            {"affine", [](Inputs x) { return 0.5 * x[0] - 1.25; }},
            {"detach", [](Inputs x) { return detach(x[0]) * x[0]; }},
            {"add", two([](Variable x, Variable y) { return x + y; })},
            {"sub", two([](Variable x, Variable y) { return x - y; })},
            {"mul", two([](Variable x, Variable y) { return x * y; })},
            {"div", two([](Variable x, Variable y) { return x / y; })},
            {"pow", two([](Variable x, Variable y) { return pow(x, y); })},
            {"maximum", two([](Variable x, Variable y) { return maximum(x, y); })},
            {"minimum", two([](Variable x, Variable y) { return minimum(x, y); })},
            {"logistic_loss", two(logistic_loss_elementwise)},
            {"hinge_loss", two(hinge_loss_elementwise)},
            {"binary_cross_entropy", two(binary_cross_entropy_elementwise)},
            {"binary_cross_entropy_with_logits", two(binary_cross_entropy_with_logits_elementwise)},
            {"binary_cross_entropy edge",
             [](Inputs x) {
                 return binary_cross_entropy_elementwise(x[0], like(x, {0., 0., 0., 1., 1., 1., 0.3, 0.3}));
             }},
            {"binary_cross_entropy_with_logits edge",
             [](Inputs x) {
                 return binary_cross_entropy_with_logits_elementwise(x[0],
                                                                     like(x, {0., 1., 0., 1., 0., 1., NAN}));
             }},
            {"cross_entropy",
             [](Inputs x) {
                 return cross_entropy_rows(x[0], labels(x, {0, 3, 1}));
             }},
            {"cross_entropy edge",
             [](Inputs x) {
                 return cross_entropy_rows(x[0], labels(x, {0, 1, 2, 0}));
             }},
            {"equal", [](Inputs x) { return mask(equal(x[0], x[1]), x); }},
            {"not_equal", [](Inputs x) { return mask(not_equal(x[0], x[1]), x); }},
            {"less", [](Inputs x) { return mask(x[0] < x[1], x); }},
            {"less_equal", [](Inputs x) { return mask(x[0] <= x[1], x); }},
            {"greater", [](Inputs x) { return mask(x[0] > x[1], x); }},
            {"greater_equal", [](Inputs x) { return mask(x[0] >= x[1], x); }},
            {"equal edge", [](Inputs x) { return ones_and_zeros(equal(x[0], x[1])); }},
            {"not_equal edge", [](Inputs x) { return ones_and_zeros(not_equal(x[0], x[1])); }},
            {"less edge", [](Inputs x) { return ones_and_zeros(x[0] < x[1]); }},
            {"less_equal edge", [](Inputs x) { return ones_and_zeros(x[0] <= x[1]); }},
            {"greater edge", [](Inputs x) { return ones_and_zeros(x[0] > x[1]); }},
            {"greater_equal edge", [](Inputs x) { return ones_and_zeros(x[0] >= x[1]); }},
            {"where", [](Inputs x) { return where(x[0] > 0, x[1] * x[2], x[1] / x[2]); }},
            {"amax ties", [](Inputs x) { return amax(x[0], {1}); }},
            {"amin ties", [](Inputs x) { return amin(x[0], {1}); }},
            {"max first", [](Inputs x) { return max(x[0], 1); }},
            {"min first", [](Inputs x) { return min(x[0], 1); }},
            {"max all", [](Inputs x) { return max(x[0]); }},
            {"min all", [](Inputs x) { return min(x[0]); }},
            {"maximum ties", [](Inputs x) { return maximum(x[0], ones_like(x[0])); }},
            {"minimum ties", [](Inputs x) { return minimum(x[0], ones_like(x[0])); }},
            {"clamp bounds", [](Inputs x) { return clamp(x[0], -1, 1); }},
            {"argmax 1", [](Inputs x) { return cast(argmax(x[0], 1), DType::float64); }},
            {"matmul", [](Inputs x) { return matmul(x[0], x[1]); }},
            {"reshape",
             [](Inputs x) {
                 return tanh(reshape(x[0], {3, 2})) * 2;
             }},
            {"transpose", [](Inputs x) { return tanh(transpose(x[0])) * 2; }},
            {"permute",
             [](Inputs x) {
                 return tanh(permute(x[0], {2, 0, 1})) * 2;
             }},
            {"broadcast_to",
             [](Inputs x) {
                 return tanh(broadcast_to(x[0], {2, 3, 2})) * 2;
             }},
            {"slice",
             [](Inputs x) {
                 return tanh(slice(x[0], {{1, 4}, {.step = 2}})) * 2;
             }},
            {"concat",
             [](Inputs x) {
                 return tanh(concat({x[0], x[0] * x[0], slice(x[0], {{}, {0, 1}})}, 1)) * 2;
             }},
            {"hessian of a network",
             [](Inputs x) {
                 return hessian([](auto... in) { return mean(network_losses(in...)); })(x[0], x[1], x[2]);
             }},
            {"jacobian of losses", [](Inputs x) { return jacobian(network_losses)(x[0], x[1], x[2]); }},
            {"lstm 1", lstm_layers},
            {"lstm 2", lstm_layers},
            {"network",
             [](Inputs x) { return mean(softplus(-matmul(tanh(matmul(x[0], x[1]) + x[2]), x[3]))); }},
        };
        using Reduce = Variable (*)(Variable, const Axes&, bool);
        for (const auto& [name, f] :
             std::map<std::string, Reduce>{{"sum", sum}, {"mean", mean}, {"amax", amax}, {"amin", amin}}) {
            const Reduce reduce = f;
            t[name + " 1"] = [reduce](Inputs x) { return reduce(x[0], {1}, false); };
            t[name + " 0 2 kept"] = [reduce](Inputs x) { return reduce(x[0], {0, 2}, true); };
            t[name + " all"] = [reduce](Inputs x) { return reduce(x[0], {0, 1}, false); };
        }
        using Along = Variable (*)(Variable, std::int64_t);
        for (const auto& [name, f] : std::map<std::string, Along>{
                 {"softmax", softmax},
                 {"log_softmax", log_softmax},
                 {"logsumexp", [](Variable x, std::int64_t a) { return logsumexp(x, a); }}}) {
            const Along along = f;
            for (const char* form : {" 1", " edge", " empty"})
                t[name + form] = [along](Inputs x) { return along(x[0], 1); };
            t[name + " -1"] = [along](Inputs x) { return along(x[0], -1); };
        }
        for (const char* name :
             {"exp",  "log",     "log1p",    "expm1", "sqrt",    "square",  "abs",    "sign",
              "tanh", "sigmoid", "softplus", "relu",  "neg",     "clamp",   "affine", "detach",
              "add",  "sub",     "mul",      "div",   "maximum", "minimum", "pow"})
            t[std::string(name) + " edge"] = t[name];
        for (std::map<std::string, Call> family :
             {torch_core_math::calls(), torch_core_arrays::calls(), torch_arrays::calls(),
              torch_linalg::calls(), torch_conv::calls(), torch_loss::calls(), norm_calls(),
              torch_norms::calls(), image_calls()}) {
            t.merge(family);
            for (const auto& [name, call] : family) BOOST_ERROR(name << " is the name of two calls");
        }
        return t;
    }();
    return table;
}

double operand(const Record& record, std::int64_t i)
{
    return static_cast<const double*>(record.parts.at("in")[0].data())[i];
}

// Where ours is another convention: sign(NaN) and heaviside(NaN) are NaN as in NumPy (PyTorch: 0); at NaN clamp passes the gradient
// (PyTorch: 0), so do relu6, hardtanh and their like, and maximum and minimum share it as ties do (PyTorch: all to both); the gradient of an infinite
// logsumexp is NaN throughout its row (PyTorch: 0 at the finite elements).
bool differs(const std::string& name, const std::string& part, const Record& record, std::int64_t i)
{
    static const std::set<std::string> at_nan = {
        "sign edge out",        "clamp edge grad",    "maximum edge grad",
        "minimum edge grad",    "heaviside edge out", "relu6 edge grad",
        "hardshrink edge grad", "hardtanh edge grad", "hardsigmoid edge grad"};
    if (name == "logsumexp edge" && part == "grad") return i == 4;
    // Poles of trigamma, of which PyTorch has large numbers; polygamma at infinity, 0 but for PyTorch.
    if (name == "digamma edge" && part == "grad") return operand(record, i) < 0;
    // The limits 1 and 0, where PyTorch multiplies 0 by the overflown square of x.
    if (name == "gelu tanh edge" && part == "grad") return std::abs(operand(record, i)) > 1e154;
    if (name == "softsign edge" && part == "grad") return std::isinf(operand(record, i));  // 0, the limit
    if (name == "polygamma edge") return std::isinf(operand(record, i));
    if (!at_nan.contains(name + " " + part)) return false;
    for (const Array& in : record.parts.at("in"))
        if (std::isnan(static_cast<const double*>(in.data())[i])) return true;
    return false;
}

void compare(const Record& record, const std::string& part, const std::vector<Variable>& got)
{
    const auto it = record.parts.find(part);
    if (it == record.parts.end()) return;
    BOOST_REQUIRE_EQUAL(got.size(), it->second.size());
    for (std::size_t k = 0; k < got.size(); ++k) {
        const Array mine = got[k].array(), &theirs = it->second[k];
        BOOST_REQUIRE_MESSAGE(
            std::ranges::equal(mine.shape(), theirs.shape()),
            part << " has shape " << to_string(mine.shape()) << ", not " << to_string(theirs.shape()));
        for (std::int64_t i = 0; i < mine.size(); ++i) {
            const double x = static_cast<const double*>(mine.data())[i],
                         want = static_cast<const double*>(theirs.data())[i];
            const bool same = std::isnan(want)   ? std::isnan(x)
                              : std::isinf(want) ? x == want
                                                 : std::abs(x - want) <= 1e-10 + 1e-9 * std::abs(want);
            if (!same && !differs(record.name, part, record, i)) {
                std::string operands;
                for (const Array& in : record.parts.at("in"))
                    if (in.size() == mine.size())
                        operands += std::to_string(static_cast<const double*>(in.data())[i]) + " ";
                BOOST_ERROR(part << " " << k << "[" << i << "] is " << x << ", PyTorch's " << want
                                 << "; operands " << operands);
            }
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_gradients_and_hessian_vector_products_are_pytorch_s)
{
    const std::vector<Record> records = read_all(std::string(XGRAD_SOURCE_DIR) + "/tests/fixtures");
    BOOST_TEST(records.size() > 120u);
    std::set<std::string> tried;
    for (const Record& record : records) BOOST_TEST_CONTEXT(record.name)
        {
            const auto call = calls().find(record.name);
            BOOST_REQUIRE(call != calls().end());
            tried.insert(record.name);
            Tape tape;
            std::vector<Variable> x;
            for (const Array& in : record.parts.at("in")) x.push_back(tape.variable(in));
            const Variable y = call->second(x), c = tape.constant(record.parts.at("cot").at(0));
            compare(record, "out", {y});
            if (!record.parts.contains("grad")) continue;
            const std::vector<Target> wrt(x.begin(), x.end());
            const Gradients g = vjp(y, wrt, c);
            std::vector<Variable> first, second;
            for (const Variable& v : x) first.push_back(g[v]);
            compare(record, "grad", first);
            if (!record.parts.contains("vec")) continue;
            Variable total = tape.constant(0.0);
            for (std::size_t k = 0; k < x.size(); ++k)
                total += sum(first[k] * tape.constant(record.parts.at("vec")[k]));
            const Gradients h = grad(total, wrt);
            for (const Variable& v : x) second.push_back(h[v]);
            compare(record, "hvp", second);
        }
    for (const auto& [name, call] : calls()) BOOST_TEST(tried.contains(name), name << " has no record");
}

// A case belongs to the row that its name begins with, or to a variant that is a row of its own; scalars count as a shape.
BOOST_AUTO_TEST_CASE(every_public_row_has_records_of_three_shapes)
{
    const std::map<std::string_view, std::string> variants = {
        {"batch_norm_training", "batch_norm training"},
        {"soft_cross_entropy", "cross_entropy soft"},
        {"kl_div_log_target", "kl_div log"},
        {"poisson_nll_loss_rate", "poisson_nll_loss rate"},
    };
    std::map<std::string, std::set<std::vector<Shape>>> records;
    for (const Record& record : read_all(std::string(XGRAD_SOURCE_DIR) + "/tests/fixtures")) {
        std::vector<Shape> inputs;
        for (const Array& in : record.parts.at("in"))
            inputs.emplace_back(in.shape().begin(), in.shape().end());
        records[record.name].insert(inputs);
    }
    for (const Op* op : registry()) {
        if (!op->derived_from.empty() || op->internal || op->traits.leaf || op->traits.stochastic) continue;
        const auto variant = variants.find(op->name);
        const std::string name = variant == variants.end() ? std::string(op->name) : variant->second;
        std::set<std::vector<Shape>> shapes;
        for (const auto& [record, inputs] : records)
            if (record == name || record.rfind(name + " ", 0) == 0)
                shapes.insert(inputs.begin(), inputs.end());
        BOOST_TEST(shapes.size() >= 3u, op->name << " has records of " << shapes.size() << " shapes");
    }
}
