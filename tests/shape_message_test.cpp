// Shapes that do not fit: the message shows them one under the other, and the axis that is in the way.
#define BOOST_TEST_MODULE shape_message
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <functional>

#include "autodiff/shape_text.hpp"
#include "support.hpp"

#include <xgrad/autodiff.hpp>
#include <xgrad/nn.hpp>

using namespace xgrad;

namespace {

// What follows the first line.
std::string block(const std::function<void()>& f)
{
    const std::string text = message<ShapeError>(f);
    const std::size_t end = text.find('\n');
    return end == std::string::npos ? "" : text.substr(end);
}

struct Arrays {
    Tape tape;
    Variable operator()(const Shape& shape) { return tape.variable(Array(DType::float64, shape)); }
};

}  // namespace

BOOST_AUTO_TEST_CASE(broadcasting_aligns_from_the_right)
{
    Arrays a;
    const auto scope = a.tape.scope("net.out", "Linear");
    const Variable x = a({64, 30, 16}), y = a({30, 15});
    BOOST_TEST(message<ShapeError>([&] { x + y; }) ==
               "add in net.out: got [64, 30, 16] float64, [30, 15] float64, expected shapes that broadcast "
               "(axis -1 has lengths 16 and 15)\n"
               "    x: [64, 30, 16]\n"
               "    y:     [30, 15]\n"
               "                ^^ axis -1: 16 against 15");
    BOOST_TEST(block([&] {
                   a({5, 1, 4}) * a({3, 1, 3, 2});
               }) ==
               "\n"
               "    x:    [5, 1, 4]\n"
               "    y: [3, 1, 3, 2]\n"
               "                 ^ axis -1: 4 against 2");
    // A length of 1 is not in the way, the axis before it is.
    BOOST_TEST(block([&] {
                   a({7, 3, 1}) - a({8, 1, 9});
               }) ==
               "\n"
               "    x: [7, 3, 1]\n"
               "    y: [8, 1, 9]\n"
               "        ^ axis -3: 7 against 8");
}

BOOST_AUTO_TEST_CASE(three_operands_and_a_mask)
{
    Arrays a;
    const Variable mask = a({2, 100}) > 0;
    // The mask fits y; x fits neither.
    BOOST_TEST(block([&] {
                   where(mask, a({2, 99}), a({100}));
               }) ==
               "\n"
               "    mask: [2, 100]\n"
               "    x:    [2,  99]\n"
               "    y:       [100]\n"
               "              ^^^ axis -1: 100 against 99");
    // What does not fit the third operand is named, not what broadcast on the way.
    BOOST_TEST(block([&] {
                   where(a({1, 1}) > 0, a({4, 3}), a({5, 3}));
               }) ==
               "\n"
               "    mask: [1, 1]\n"
               "    x:    [4, 3]\n"
               "    y:    [5, 3]\n"
               "           ^ axis -2: 4 against 5");
}

BOOST_AUTO_TEST_CASE(matrix_products_put_the_inner_axes_in_one_column)
{
    Arrays a;
    BOOST_TEST(block([&] {
                   matmul(a({64, 30}), a({15, 10}));
               }) ==
               "\n"
               "    x: [64, 30]\n"
               "    y:     [15, 10]\n"
               "            ^^ 30 against 15");
    BOOST_TEST(block([&] {
                   matmul(a({2, 64, 30}), a({3, 30, 10}));
               }) ==
               "\n"
               "    x: [2, 64, 30]\n"
               "    y: [3, 30, 10]\n"
               "        ^ axis 0: 2 against 3");
    BOOST_TEST(block([&] {
                   matmul(a({3}), a({4, 2}));
               }) ==
               "\n"
               "    x: [3]\n"
               "    y: [4, 2]\n"
               "        ^ axis 0: 3 against 4");
    nn::Linear layer(16, 8, {.dtype = DType::float64});
    const std::string text = message<ShapeError>([&] { layer(a({32, 15})); });
    says(text, "matmul", "15 columns meet 16 rows", "[32, 15]", "^^ 15 against 16");
}

BOOST_AUTO_TEST_CASE(rows_of_other_families)
{
    Arrays a;
    BOOST_TEST(block([&] {
                   concat({a({2, 3}), a({2, 4}), a({3, 3})}, 1);
               }) ==
               "\n"
               "    x: [2, 3]\n"
               "    y: [2, 4]\n"
               "    z: [3, 3]\n"
               "        ^ axis 0: 2 against 3");
    says(block([&] { concat({a({2, 3}), a({2})}, 1); }), "x: [2, 3]", "y:    [2]");
    says(block([&] {
             stack(std::vector<Variable>{a({2, 3}), a({2, 4})});
         }),
         "input 0: [2, 3]", "input 1: [2, 4]", "^ axis 1: 3 against 4");
    BOOST_TEST(block([&] {
                   conv2d(a({1, 3, 8, 8}), a({4, 2, 3, 3}));
               }) ==
               "\n"
               "    x:      [1, 3, 8, 8]\n"
               "    weight: [4, 2, 3, 3]\n"
               "                ^ axis 1: 3 against 2");
    says(block([&] { conv2d(a({1, 3, 8, 8}), a({4, 3, 3, 3}), a({5})); }), "bias:", "4 against 5");
    says(block([&] { layer_norm(a({2, 5}), a({4}), a({5}), 1e-5); }), "weight:", "5 against 4");
    says(block([&] { broadcast_to(a({3, 2}), {4, 5, 2}); }), "x:     [3, 2]", "to: [4, 5, 2]", "3 against 5");
    says(block([&] { sum_to(a({4, 5, 2}), {3, 2}); }), "to:    [3, 2]", "3 against 5");
    Tape& tape = a.tape;
    const Variable labels = tape.constant(xt::xarray<std::int64_t>{0, 1});
    says(block([&] {
             cross_entropy_rows(a({3, 4}), labels);
         }),
         "logits: [3, 4]", "labels: [2]", "3 against 2");
    says(block([&] {
             nn::cross_entropy(a({3, 4}), labels);
         }),
         "outputs: [3, 4]", "labels:  [2]", "3 against 2");
    says(block([&] { nn::mse_loss(a({3, 1}), a({3})); }), "outputs: [3, 1]", "targets:    [3]");
    says(block([&] {
             scaled_dot_product_attention(a({2, 4}), a({2, 5}), a({2, 5}));
         }),
         "q: [2, 4]", "4 against 5");
}

BOOST_AUTO_TEST_CASE(arrays_that_are_given)
{
    Arrays a;
    const Variable x = a({2, 3});
    says(block([&] { vjp(x * 2.0, x, a({2, 4})); }), "cotangent: [2, 4]", "expected:  [2, 3]", "4 against 3");
    const Parameter p(DType::float64, {2, 3}, "p");
    says(block([&] { p.assign(Array(DType::float64, {3, 3})); }), "parameter: [2, 3]", "2 against 3");
    says(block([&] { a.tape.assign(p, a({2, 2})); }), "value:     [2, 2]", "3 against 2");
}

BOOST_AUTO_TEST_CASE(any_ranks_and_lengths_can_be_shown)
{
    using detail::aligned_shapes, detail::ShapeRow;
    const Shape none{}, one{7}, many(12, 1000), wide{1, 1000000, 3};
    const ShapeRow rows[] = {{"x", none}, {"weight", one}, {"z", many}, {"w", wide}};
    const std::string text = aligned_shapes(rows);
    says(text, "x:", "[]", "[7]", "[1, 1000000,");
    BOOST_TEST(std::ranges::count(text, '\n') == 4);
    // All lines end in one column: they are aligned from the right.
    std::vector<std::size_t> lengths;
    for (std::size_t at = 1, end = 0; end != std::string::npos; at = end + 1) {
        end = text.find('\n', at);
        lengths.push_back((end == std::string::npos ? text.size() : end) - at);
    }
    for (const std::size_t length : lengths) BOOST_TEST(length == lengths[0]);
}
