// The calls that the registry tests try: every sample of every row, and shapes that samples have no room for.
#pragma once

#include <boost/test/unit_test.hpp>

#include <functional>
#include <random>
#include <typeinfo>

#include "reference.hpp"
#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/transform.hpp"

using namespace xgrad;
using reference::Real;
using reference::Values;
using Inputs = std::span<const Variable>;

struct Case {
    std::string name;
    std::string_view op;
    Sample sample;
};

// Shapes that samples have no room for: empty, 0-d and size-1 arrays.
inline std::vector<Case> unusual_shapes()
{
    const auto unary = [](std::string_view op, Shape shape, Variable (*f)(Variable)) {
        return Case{std::string(op) + " of " + to_string(shape), op, {{{shape}}, [f](Inputs in) {
                                                                          return f(in[0]);
                                                                      }}};
    };
    const auto binary = [](std::string_view op, Shape x, Shape y, Variable (*f)(Variable, Variable)) {
        return Case{std::string(op) + " of " + to_string(x) + " and " + to_string(y),
                    op,
                    {{{x}, {y}}, [f](Inputs in) { return f(in[0], in[1]); }}};
    };
    std::vector<Case> all = {
        unary("sum", {0}, [](Variable x) { return sum(x); }),
        unary("sum", {0, 3}, [](Variable x) { return sum(x, {1}); }),
        unary("sum", {3, 0}, [](Variable x) { return sum(x, {-1}, true); }),
        unary("sum", {2, 3}, [](Variable x) { return sum(x, {}); }),
        unary("sum", {1, 1}, [](Variable x) { return sum(x, {0}); }),
        unary("sum", {2, 3}, [](Variable x) { return sum(x, 1); }),
        unary("sum", {2, 3}, [](Variable x) { return sum(x, -1, true); }),
        unary("mean", {2, 3}, [](Variable x) { return mean(x, std::size_t{1}); }),
        unary("max", {2, 3}, [](Variable x) { return amax(x, 0); }),
        unary("min", {2, 3}, [](Variable x) { return amin(x, 1); }),
        unary("mean", {0, 3}, [](Variable x) { return mean(x, {0}); }),
        unary("mean", {3, 0}, [](Variable x) { return mean(x, {0}); }),
        unary("mean", {2, 3, 2},
              [](Variable x) {
                  return mean(x, {0, 2});
              }),
        unary("max", {0, 3}, [](Variable x) { return max(x, 1); }),
        unary("max", {1, 1}, [](Variable x) { return max(x); }),
        unary("min", {}, [](Variable x) { return min(x); }),
        unary("min", {1}, [](Variable x) { return min(x, 0); }),
        unary("argmax", {1}, [](Variable x) { return argmax(x); }),
        unary("argmax", {0, 3}, [](Variable x) { return argmax(x, 1); }),
        unary("argmax", {}, [](Variable x) { return argmax(x); }),
        unary("reshape", {},
              [](Variable x) {
                  return reshape(x, {1, 1});
              }),
        unary("reshape", {0},
              [](Variable x) {
                  return reshape(x, {2, 0});
              }),
        unary("permute", {0, 3}, [](Variable x) { return transpose(x); }),
        unary("permute", {1}, [](Variable x) { return transpose(x); }),
        unary("broadcast_to", {1}, [](Variable x) { return broadcast_to(x, {0}); }),
        unary("broadcast_to", {0, 1},
              [](Variable x) {
                  return broadcast_to(x, {2, 0, 3});
              }),
        unary("sum_to", {0, 3}, [](Variable x) { return sum_to(x, {3}); }),
        unary("sum_to", {4, 0},
              [](Variable x) {
                  return sum_to(x, {4, 1});
              }),
        unary("slice", {3},
              [](Variable x) {
                  return slice(x, {{5, 9}});
              }),
        unary("slice", {0}, [](Variable x) { return slice(x, {{.step = -1}}); }),
        unary("slice", {1, 1},
              [](Variable x) {
                  return slice(x, {{-1, {}}});
              }),
        unary("slice", {7},
              [](Variable x) {
                  return slice(x, {{-2, -9, -2}});
              }),
        unary("softmax", {0, 3}, [](Variable x) { return softmax(x); }),
        unary("softmax", {3, 0}, [](Variable x) { return softmax(x); }),
        unary("log_softmax", {1}, [](Variable x) { return log_softmax(x); }),
        unary("log_softmax", {2, 0}, [](Variable x) { return log_softmax(x, 0); }),
        unary("layer_norm", {0, 3}, [](Variable x) { return layer_norm(x); }),
        unary("layer_norm", {3, 0}, [](Variable x) { return layer_norm(x); }),
        unary("layer_norm", {2, 1}, [](Variable x) { return layer_norm(x); }),
        binary("layer_norm", {2, 0}, {0}, [](Variable x, Variable w) { return layer_norm(x, w, w); }),
        binary("layer_norm", {0, 3}, {3}, [](Variable x, Variable w) { return layer_norm(x, w, w); }),
        binary("layer_norm", {2, 131}, {131},
               [](Variable x, Variable w) { return layer_norm(x, w, w, 0.5); }),
        unary("self_attention", {0, 3, 6}, [](Variable x) { return self_attention(x, 2); }),
        unary("self_attention", {2, 0, 6}, [](Variable x) { return self_attention(x, 2, true); }),
        unary("self_attention", {2, 3, 0}, [](Variable x) { return self_attention(x, 2); }),
        unary("self_attention", {2, 1, 3}, [](Variable x) { return self_attention(x, 1, true); }),
        unary("logsumexp", {0}, [](Variable x) { return logsumexp(x); }),
        unary("logsumexp", {}, [](Variable x) { return logsumexp(x); }),
        unary("logsumexp", {2, 0}, [](Variable x) { return logsumexp(x, 1); }),
        unary("logsumexp", {0, 2}, [](Variable x) { return logsumexp(x, 1, true); }),
        unary("cast", {}, [](Variable x) { return cast(x, DType::float64); }),
        unary("detach", {0}, [](Variable x) { return detach(x); }),
        binary("matmul", {1, 1}, {1, 1}, [](Variable x, Variable y) { return matmul(x, y); }),
        binary("matmul", {0}, {0}, [](Variable x, Variable y) { return matmul(x, y); }),
        binary("matmul", {2, 3, 0}, {0, 4}, [](Variable x, Variable y) { return matmul(x, y); }),
        binary("matmul", {2, 3, 4}, {4, 0}, [](Variable x, Variable y) { return matmul(x, y); }),
        binary("matmul", {0, 2, 3}, {3, 2}, [](Variable x, Variable y) { return matmul(x, y); }),
        binary("matmul", {0, 2, 3}, {0, 3, 2}, [](Variable x, Variable y) { return matmul(x, y); }),
        binary("matmul", {2, 2, 3}, {3}, [](Variable x, Variable y) { return matmul(x, y); }),
        binary("matmul", {3}, {2, 3, 2}, [](Variable x, Variable y) { return matmul(x, y); }),
        binary("concat", {0}, {0},
               [](Variable x, Variable y) {
                   return concat({x, y});
               }),
        binary("concat", {1, 2}, {0, 2},
               [](Variable x, Variable y) {
                   return concat({x, y}, -2);
               }),
    };
    all.push_back(
        {"cross_entropy of [0, 4]", "cross_entropy", {{{{0, 4}}, {{0}, 0, 4, DType::int64}}, [](Inputs in) {
                                                          return cross_entropy_rows(in[0], in[1]);
                                                      }}});
    all.push_back(
        {"cross_entropy of [2, 1]", "cross_entropy", {{{{2, 1}}, {{2}, 0, 1, DType::int64}}, [](Inputs in) {
                                                          return cross_entropy_rows(in[0], in[1]);
                                                      }}});
    all.push_back({"where of [0]", "where", {{{{0}, 0, 2, DType::boolean}, {{0}}, {{1}}}, [](Inputs in) {
                                                 return where(in[0], in[1], in[2]);
                                             }}});
    return all;
}

inline const std::vector<Case>& cases()
{
    static const std::vector<Case> all = [] {
        std::vector<Case> result = unusual_shapes();
        for (const Op* op : registry())
            for (std::size_t k = 0; k < op->samples.size(); ++k)
                result.push_back(
                    {std::string(op->name) + ", sample " + std::to_string(k), op->name, op->samples[k]});
        return result;
    }();
    return all;
}

// Drawn in float32 and then widened, so that both types see the same numbers.
inline std::vector<Array> draw(const Sample& sample, DType dtype, unsigned seed = 1)
{
    std::mt19937 engine(seed);
    std::vector<Array> inputs;
    for (const SampleInput& input : sample.inputs) {
        std::uniform_real_distribution<double> uniform(input.low, input.high);
        const DType type = input.dtype.value_or(dtype);
        Array values(DType::float32, input.shape);
        for (std::int64_t i = 0; i < values.size(); ++i)
            static_cast<float*>(values.mutable_data())[i] =
                static_cast<float>(is_floating(type) ? uniform(engine) : std::floor(uniform(engine)));
        inputs.push_back(values.cast(type));
    }
    return inputs;
}

inline std::vector<Variable> put(Tape& tape, std::span<const Array> inputs)
{
    std::vector<Variable> x;
    for (const Array& input : inputs) x.push_back(tape.variable(input));
    return x;
}

inline std::vector<Real> numbers(const Array& array)
{
    std::vector<Real> v;
    for (std::int64_t i = 0; i < array.size(); ++i) switch (array.dtype()) {
        case DType::float32: v.push_back(static_cast<const float*>(array.data())[i]); break;
        case DType::float64: v.push_back(static_cast<const double*>(array.data())[i]); break;
        case DType::int64:
            v.push_back(static_cast<Real>(static_cast<const std::int64_t*>(array.data())[i]));
            break;
        case DType::boolean: v.push_back(static_cast<const bool*>(array.data())[i]); break;
        }
    return v;
}
inline Shape shape_of(Variable x) { return Shape(x.shape().begin(), x.shape().end()); }

inline Real epsilon(DType dtype)
{
    return dtype == DType::float32 ? std::numeric_limits<float>::epsilon()
                                   : std::numeric_limits<double>::epsilon();
}
inline Real as(DType dtype, Real x)
{
    return dtype == DType::float32   ? Real(static_cast<float>(x))
           : dtype == DType::float64 ? Real(static_cast<double>(x))
                                     : x;
}
inline bool near(Real got, Real want, Real tolerance)
{
    if (std::isnan(want) || std::isinf(want)) return std::isnan(want) ? std::isnan(got) : got == want;
    return std::fabs(got - want) <= tolerance * std::max(Real(1), std::fabs(want));
}

/// The text of the error that f throws, which must be of this very type.
inline std::string message_of(const std::function<void()>& f, const std::type_info& kind)
{
    try {
        f();
    } catch (const Error& error) {
        BOOST_CHECK_MESSAGE(typeid(error) == kind, "another type of error: " << error.what());
        return error.what();
    }
    BOOST_ERROR("no error");
    return {};
}

inline constexpr DType floats[] = {DType::float32, DType::float64};
