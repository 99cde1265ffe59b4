// Folds of cross-validation, accuracy and the confusion matrix.
#define BOOST_TEST_MODULE metrics
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "support.hpp"
#include "xgrad/nn/folds.hpp"
#include "xgrad/nn/metrics.hpp"

using namespace xgrad;

namespace {

// [n, 1]
Array column(const std::vector<double>& v)
{
    Array result(DType::float64, {static_cast<std::int64_t>(v.size()), 1});
    std::copy(v.begin(), v.end(), static_cast<double*>(result.mutable_data()));
    return result;
}

// x holds the row's number; labels: `positive` rows of +1, then -1.
nn::Dataset numbered(std::int64_t n, std::int64_t positive)
{
    Array x(DType::float64, {n, 1}), t(DType::float64, {n, 1});
    for (std::int64_t i = 0; i < n; ++i) {
        static_cast<double*>(x.mutable_data())[i] = static_cast<double>(i);
        static_cast<double*>(t.mutable_data())[i] = i < positive ? 1 : -1;
    }
    return {.x = x, .t = t};
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_row_is_in_one_test_set_and_in_the_other_training_sets)
{
    for (const bool stratified : {false, true}) {
        std::vector<double> tested;
        const auto splits = nn::folds(numbered(23, 10), 5, 1, {.stratified = stratified});
        BOOST_REQUIRE_EQUAL(splits.size(), 5u);
        for (const auto& [train, test] : splits) {
            BOOST_TEST((test.size() == 4 || test.size() == 5));
            std::vector<double> both = values(train.x);
            for (const double row : values(test.x)) {
                BOOST_TEST(std::count(both.begin(), both.end(), row) == 0);
                both.push_back(row);
                tested.push_back(row);
            }
            BOOST_TEST(both.size() == 23u);
            // Rows keep their labels.
            for (std::size_t i = 0; i < both.size(); ++i) {
                const std::vector<double> labels = values(train.t), others = values(test.t);
                const double t = i < labels.size() ? labels[i] : others[i - labels.size()];
                BOOST_TEST(t == (both[i] < 10 ? 1 : -1));
            }
        }
        std::sort(tested.begin(), tested.end());
        for (std::size_t i = 0; i < 23; ++i) BOOST_TEST(tested[i] == static_cast<double>(i));
    }
}

BOOST_AUTO_TEST_CASE(stratified_folds_have_their_share_of_each_label)
{
    for (const auto& [train, test] : nn::folds(numbered(50, 12), 5, 3, {.stratified = true})) {
        const std::vector<double> labels = values(test.t);
        const auto positive = std::count(labels.begin(), labels.end(), 1.0);
        BOOST_TEST((positive == 2 || positive == 3));
        BOOST_TEST(test.size() == 10);
    }
}

BOOST_AUTO_TEST_CASE(the_seed_decides_the_folds)
{
    const nn::Dataset data = numbered(40, 20);
    BOOST_TEST(same(nn::folds(data, 4, 1)[0].test.x, nn::folds(data, 4, 1)[0].test.x));
    BOOST_TEST(!same(nn::folds(data, 4, 1)[0].test.x, nn::folds(data, 4, 2)[0].test.x));
}

BOOST_AUTO_TEST_CASE(folds_that_cannot_be_made_are_refused)
{
    says(message<ValueError>([] { nn::folds(numbered(5, 2), 6, 0); }), "k must be at least 2", "5; got 6");
    says(message<ValueError>([] { nn::folds(numbered(5, 2), 1, 0); }), "got 1");
    says(message<ValueError>([] { nn::folds(numbered(9, 2), 3, 0, {.stratified = true}); }),
         "label 1 has 2 rows", "3 folds");
}

BOOST_AUTO_TEST_CASE(accuracy_of_outputs_and_of_classes)
{
    const Array t = column({1., -1., 1., -1.});
    BOOST_TEST(nn::accuracy(column({0.1, -5., -0.1, 0.}), t) == 0.75);  // 0 means -1
    BOOST_TEST(nn::accuracy(column({1., 1., 1., 1.}).cast(DType::float32), t) == 0.5);
    const Array classes(xt::xarray<std::int64_t>{0, 2, 1});
    BOOST_TEST(nn::accuracy(Array(xt::xarray<float>{{1.f, 0.f, 0.f}, {0.f, 0.f, 3.f}, {2.f, 2.f, 0.f}}),
                            classes) == 2. / 3);
    BOOST_TEST(nn::accuracy(Array(xt::xarray<std::int64_t>{0, 2, 1}), classes) == 1);
}

BOOST_AUTO_TEST_CASE(the_confusion_matrix_counts_what_was_taken_for_what)
{
    const nn::ConfusionMatrix m =
        nn::confusion_matrix(Array(xt::xarray<std::int64_t>{0, 1, 1, 2, 0}),
                             Array(xt::xarray<std::int64_t>{0, 1, 0, 2, 2}), {"ant", "bee", "cicada"});
    near(values(m.counts), {1, 1, 0, 0, 1, 0, 1, 0, 1});  // rows: what it is
    BOOST_TEST(m.accuracy() == 0.6);
    std::ostringstream text;
    text << m;
    says(text.str(), "taken for", "cicada", "   bee       0       1       0\n");
    const nn::ConfusionMatrix signs = nn::confusion_matrix(column({2., 3., -1.}), column({1., -1., -1.}));
    near(values(signs.counts), {1, 1, 0, 1});
    BOOST_TEST(signs.classes[0] == "-1");
}

BOOST_AUTO_TEST_CASE(outputs_and_labels_that_do_not_fit_are_refused)
{
    const Array y = column({1., 2.}), t = column({1., -1.});
    says(message<ShapeError>([&] { nn::accuracy(y, column({1.})); }), "accuracy", "[2, 1]", "[1, 1]");
    says(message<ShapeError>([&] { nn::accuracy(Array(xt::xarray<double>{1., 2.}), t); }), "[2]");
    says(message<DtypeError>([&] {
             nn::accuracy(Array(xt::xarray<double>{{1., 2.}}), Array(xt::xarray<double>{1.}));
         }),
         "float64", "int64");
    says(message<ValueError>([&] { nn::accuracy(y, column({0., 1.})); }), "t is 0 in row 0");
    says(message<ValueError>([&] { nn::accuracy(column({NAN, 1.}), t); }), "nan in row 0");
    const Array classes(xt::xarray<std::int64_t>{0, 3});
    says(message<ValueError>([&] {
             nn::accuracy(Array(xt::xarray<double>{{1., 2.}, {3., 4.}}), classes);
         }),
         "t is 3", "0 to 1");
    says(message<ValueError>([&] { nn::confusion_matrix(y, t, {"a", "b", "c"}); }), "3 names", "2 classes");
}
