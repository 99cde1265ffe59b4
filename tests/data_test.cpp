// Data: CSV files and what is wrong with them, standardising, splitting, batches and synthetic sets.

#define BOOST_TEST_MODULE data
#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <clocale>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <set>

#include "support.hpp"
#include "xgrad/nn/data.hpp"

using namespace xgrad;

namespace {

using Doubles = std::vector<double>;
using Words = std::vector<std::string>;

/// A file that goes away with the test.
struct File {
    explicit File(const std::string& text)
    {
        static int count = 0;
        path = (std::filesystem::temp_directory_path() /
                ("xgrad_data_test_" + std::to_string(::getpid()) + "_" + std::to_string(count++) + ".csv"))
                   .string();
        std::ofstream(path, std::ios::binary) << text;
    }
    ~File() { std::filesystem::remove(path); }
    std::string path;
};

nn::Dataset read(const std::string& text, const nn::CsvOptions& options = {})
{
    return nn::read_csv<double>(File(text).path, options);
}

std::string shape(const Array& array) { return to_string(array.shape()); }

void check_fails(const std::string& text, const nn::CsvOptions& options, const Words& parts)
{
    const File file(text);
    const std::string what = message<DataError>([&] { nn::read_csv<double>(file.path, options); });
    says(what, file.path);
    for (const std::string& part : parts) says(what, part);
}

std::string example(const char* name) { return std::string(XGRAD_SOURCE_DIR) + "/examples/data/" + name; }

}  // namespace

// ---------------------------------------------------------------- files

BOOST_AUTO_TEST_CASE(breast_cancer_as_signs)
{
    const nn::Dataset data =
        nn::read_csv<float>(example("breast_cancer.csv"), {.target = "diagnosis", .positive = "malignant"});
    BOOST_TEST(shape(data.x) == "[569, 30]");
    BOOST_TEST(shape(data.t) == "[569, 1]");
    BOOST_TEST((data.x.dtype() == DType::float32 && data.t.dtype() == DType::float32));
    const Doubles t = values(data.t);
    BOOST_TEST(std::count(t.begin(), t.end(), 1.) == 212);
    BOOST_TEST(std::count(t.begin(), t.end(), -1.) == 357);
    BOOST_TEST(data.features.size() == 30u);
    BOOST_TEST(data.features[0] == "mean_radius");
    BOOST_TEST(data.classes == (Words{"benign", "malignant"}), boost::test_tools::per_element());
    BOOST_TEST(data.target == "diagnosis");
    BOOST_TEST(values(data.x)[0] == double(17.99f));
}

BOOST_AUTO_TEST_CASE(the_other_examples)
{
    const nn::Dataset iris = nn::read_csv<double>(example("iris.csv"), {.target = "species"});
    BOOST_TEST(shape(iris.x) == "[150, 4]");
    BOOST_TEST(shape(iris.t) == "[150]");
    BOOST_TEST((iris.t.dtype() == DType::int64));
    BOOST_TEST(iris.classes == (Words{"setosa", "versicolor", "virginica"}),
               boost::test_tools::per_element());
    BOOST_TEST(values(iris.t)[149] == 2);

    const nn::Dataset two = nn::read_csv<double>(example("iris.csv"), {.target = "species",
                                                                       .positive = "virginica",
                                                                       .only = {"versicolor", "virginica"},
                                                                       .skip = {"sepal_width_cm"}});
    BOOST_TEST(shape(two.x) == "[100, 3]");
    BOOST_TEST(two.classes == (Words{"versicolor", "virginica"}), boost::test_tools::per_element());

    const nn::Dataset diabetes = nn::read_csv<double>(example("diabetes.csv"), {.target = "progression"});
    BOOST_TEST(shape(diabetes.t) == "[442, 1]");
    BOOST_TEST(values(diabetes.t)[0] == 151);

    const nn::Dataset digits =
        nn::read_csv<float>(example("digits.csv"), {.target = "digit", .labels = true});
    BOOST_TEST(shape(digits.t) == "[" + std::to_string(digits.size()) + "]");
    BOOST_TEST(digits.classes == (Words{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(fields_may_be_quoted_and_lines_end_in_crlf)
{
    const nn::Dataset data =
        read("\xEF\xBB\xBF\"a, \"\"b\"\"\",c ,kind\r\n\"1.5\", 2e-3 ,\"x, y\"\r\n+.5,-7,\"line\nbreak\"\r\n",
             {.target = "kind"});
    BOOST_TEST(data.features == (Words{"a, \"b\"", "c"}), boost::test_tools::per_element());
    BOOST_TEST(values(data.x) == (Doubles{1.5, 2e-3, .5, -7}), boost::test_tools::per_element());
    BOOST_TEST(data.classes == (Words{"line\nbreak", "x, y"}), boost::test_tools::per_element());
    BOOST_TEST(values(data.t) == (Doubles{1, 0}), boost::test_tools::per_element());

    const nn::Dataset old = read("a,b\r1,2\r3,\"4\"\r\r");  // lines that end in CR alone
    BOOST_TEST(values(old.x) == (Doubles{1, 2, 3, 4}), boost::test_tools::per_element());

    const nn::Dataset tabs = read("a\tb\n1\t2\n3\t4", {.separator = '\t'});
    BOOST_TEST(values(tabs.x) == (Doubles{1, 2, 3, 4}), boost::test_tools::per_element());
    BOOST_TEST(shape(tabs.t) == "[2, 0]");
}

BOOST_AUTO_TEST_CASE(classes_written_as_numbers_are_in_numeric_order)
{
    const nn::Dataset data = read("a,k\n1,10\n2,9\n3,10\n", {.target = "k", .labels = true});
    BOOST_TEST(data.classes == (Words{"9", "10"}), boost::test_tools::per_element());
    BOOST_TEST(values(data.t) == (Doubles{1, 0, 1}), boost::test_tools::per_element());
    const nn::Dataset signs = read("a,k\n1,10\n2,9\n3,8\n", {.target = "k", .positive = "9"});
    BOOST_TEST(values(signs.t) == (Doubles{-1, 1, -1}), boost::test_tools::per_element());
    BOOST_TEST(signs.classes == (Words{"8, 10", "9"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(one_column_is_enough)
{
    const nn::Dataset only_x = read("a\n1\n\"2\"\n");
    BOOST_TEST(shape(only_x.x) == "[2, 1]");
    BOOST_TEST(shape(only_x.t) == "[2, 0]");
    const nn::Dataset only_t = read("k\r\nx\r\ny", {.target = "k"});
    BOOST_TEST(shape(only_t.x) == "[2, 0]");
    BOOST_TEST(values(only_t.t) == list({0, 1}));
    check_fails("a\n1\n\n2\n", {}, {"line 3", "column 1", "the cell is empty"});
    check_fails("a\n1\n  ", {}, {"line 3", "column 1", "the cell is empty"});
}

BOOST_AUTO_TEST_CASE(numbers_are_read_to_the_last_bit_and_tiny_ones_are_zero)
{
    const nn::Dataset data = read(
        "a\n0.1\n-1.7976931348623157e308\n4.9e-324\n1e-400\n-1e-99999999999\n5.\n+.5\n0e9999\n-0\n"
        "9007199254740993\n0.000" +
        std::string(400, '0') + "1\n");
    BOOST_TEST(values(data.x) == (Doubles{0.1, -std::numeric_limits<double>::max(),
                                          std::numeric_limits<double>::denorm_min(), 0, 0, 5, 0.5, 0, 0,
                                          9007199254740992, 0}),
               boost::test_tools::per_element());
    check_fails("a\n1e400\n", {}, {"line 2", "column 1 (a)", "range of float64"});
    check_fails("a\n-" + std::string(400, '9') + ".5\n", {}, {"99...'", "range of float64"});
    // What is too large and what is too small: the first digit's place and the exponent together.
    const std::string zeros(500, '0');
    for (const std::string& cell :
         Words{"1" + zeros + "e-100", "-1" + zeros.substr(100) + ".5e-1", "0.01e999", "0." + zeros + "1e+900",
               "1e99999999999999999999", "1" + zeros + "E-191"})
        check_fails("a\n" + cell + "\n", {}, {"line 2", "range of float64"});
    for (const std::string& cell : Words{"0." + zeros + "1e100", "-." + zeros + "9e+1", "1" + zeros + "e-900",
                                         "0.1e-99999999999999999999", "+100.5e-400"})
        BOOST_TEST(values(read("a\n" + cell + "\n").x)[0] == 0, cell);
    BOOST_TEST(values(read("a\n1" + zeros + "e-500\n0." + zeros + "1e501\n").x) == (Doubles{1, 1}),
               boost::test_tools::per_element());
    for (const char* word : {"0x10", "1_000", "1,5", "1d5", "--1", "+-1", "1 2", "e5", ".", "NA", "true"})
        check_fails(std::string("a;b\n0;") + word + "\n", {.separator = ';'},
                    {"line 2, column 2 (b): '" + std::string(word) + "' is not a number"});
    for (const char* word : {"inf", "-Infinity", "NaN", "nan(0)"})
        check_fails(std::string("a,k\n1,2\n3,") + word + "\n", {.target = "k"},
                    {"line 3, column 2 (k): '" + std::string(word) + "' is not a finite number"});
}

BOOST_AUTO_TEST_CASE(a_target_is_all_numbers_or_all_words)
{
    const std::string mixed = "a,k\n1,2\n1,3\n1,4?\n1,5\n";
    check_fails(mixed, {.target = "k"},
                {"line 4, column 2 (k): '4?' is not a number, as 3 others are", "labels = true"});
    const nn::Dataset data = read(mixed, {.target = "k", .labels = true});
    BOOST_TEST(data.classes == (Words{"2", "3", "4?", "5"}), boost::test_tools::per_element());
    std::string many = "a,k\n";  // as many classes as rows: numbered in one look-up each
    for (int i = 0; i < 100000; ++i) many += "1,w" + std::to_string(i) + "\n";
    BOOST_TEST(read(many, {.target = "k"}).classes.size() == 100000u);
}

BOOST_AUTO_TEST_CASE(numbers_do_not_depend_on_the_locale)
{
    const std::string before = std::setlocale(LC_ALL, nullptr);
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"})
        if (std::setlocale(LC_ALL, name)) break;
    BOOST_TEST(values(read("a\n0.1\n").x)[0] == 0.1);
    std::setlocale(LC_ALL, before.c_str());
}

BOOST_AUTO_TEST_CASE(a_bad_file_is_described_by_line_and_column)
{
    const nn::CsvOptions k{.target = "k"};
    check_fails("a,b,k\n1,2,x\n1,2\n", k, {"line 3", "column 3", "2 cells", "3"});
    check_fails("a,b,k\n1,2,x,4\n", k, {"line 2", "column 4", "4 cells"});
    check_fails("a,b,k\n1,2,x\n\n1,2,x\n", k, {"line 3", "column 1", "empty"});
    check_fails("a,b,k\n1,2,x\n1,abc,x\n", k, {"line 3", "column 2", "(b)", "'abc' is not a number"});
    check_fails("a,b,k\n1,,x\n", k, {"line 2", "column 2", "(b)", "the cell is empty"});
    check_fails("a,b,k\n1,2,\n", k, {"line 2", "column 3", "(k)", "the cell is empty"});
    check_fails("a,k\n1.5.2,x\n", k, {"line 2", "column 1", "not a number"});
    check_fails("a,k\n1e,x\n", k, {"line 2", "column 1", "not a number"});
    check_fails("a,k\nnan,x\n", k, {"line 2", "column 1", "not a finite number"});
    check_fails("a,k\n-inf,x\n", k, {"line 2", "column 1", "not a finite number"});
    check_fails("a,k\n1e400,x\n", k, {"line 2", "column 1", "range of float64"});
    check_fails("a,k\n1,5\n1,\n", k, {"line 3", "column 2", "empty"});
    check_fails("a,k\n1,\"x\n2,y\n", k, {"line 2", "column 2", "never closed"});
    check_fails("a,k\n1,\"x\"y\n", k, {"line 2", "column 2", "behind a closing quote"});
    check_fails("k,a\n\"x\ny\",1\nq,z\n", k, {"line 4", "column 2"});  // lines of the file, not rows
}

BOOST_AUTO_TEST_CASE(a_file_without_what_is_asked_for)
{
    check_fails("", {}, {"empty"});
    check_fails("\n\n", {}, {"empty"});
    check_fails("\xEF\xBB\xBF", {}, {"empty"});
    check_fails("a,k\n", {}, {"no rows"});
    check_fails("a,k", {}, {"no rows"});
    check_fails(std::string("\xFF\xFE\x61\0\n\0", 6), {}, {"UTF-16"});
    check_fails(std::string("a\n\x01\0\x02", 5), {}, {"line 2", "'   ' is not a number"});
    check_fails("a\n" + std::string(100000, 'z'), {}, {"zzz...' is not a number"});
    check_fails(",a\n0,1\n", {}, {"line 1, column 1", "no name"});  // row numbers, as pandas writes them
    BOOST_TEST(shape(read(",a\n0,1\n", {.skip = {""}}).x) == "[1, 1]");
    for (const char separator : {'"', '\n', '\r'})
        BOOST_CHECK_THROW(read("a,k\n1,2\n", {.separator = separator}), ValueError);
    check_fails("a,k\n1,x\n", {.target = "kind"}, {"'kind'", "'a', 'k'"});
    check_fails("a,k\n1,x\n", {.target = "k", .skip = {"zz"}}, {"'zz'"});
    check_fails("a,a,k\n1,2,x\n", {.target = "a"}, {"two columns 'a'"});
    check_fails("a,k\n1,x\n2,y\n", {.target = "k", .positive = "z"}, {"'z'", "'k'", "'x', 'y'"});
    check_fails("a,k\n1,x\n2,y\n", {.target = "k", .only = {"x", "z"}}, {"'z'", "'x', 'y'"});
    BOOST_CHECK_THROW(read("a,k\n1,x\n", {.positive = "x"}), ValueError);
    BOOST_CHECK_EXCEPTION(nn::read_csv<float>("/no/such/file.csv"), DataError, [](const DataError& error) {
        return std::string(error.what()).starts_with("/no/such/file.csv: cannot be read: ");
    });
    BOOST_CHECK_THROW(nn::read_csv<float>("/"), DataError);  // a directory
    const File large("a\n1e39\n");
    BOOST_CHECK_NO_THROW(nn::read_csv<double>(large.path));
    BOOST_CHECK_THROW(nn::read_csv<float>(large.path), DataError);
}

// ---------------------------------------------------------------- preparation

BOOST_AUTO_TEST_CASE(standardised_columns_have_mean_0_and_deviation_1)
{
    nn::Dataset train =
        nn::read_csv<double>(example("breast_cancer.csv"), {.target = "diagnosis", .positive = "malignant"});
    nn::Dataset test = train;
    const Array before = train.x;
    const nn::Standardiser by = nn::standardise(train, test);
    BOOST_TEST(same(train.x, test.x));
    // x = numpy.loadtxt(file, delimiter=",", skiprows=1, usecols=range(30)); x.mean(0)[0], x.std(0)[0]
    BOOST_TEST(by.mean()[0] == 14.127291739894563, boost::test_tools::tolerance(1e-14));
    BOOST_TEST(by.deviation()[0] == 3.520950760711062, boost::test_tools::tolerance(1e-14));
    const Doubles x = values(train.x);
    for (std::size_t j = 0; j < 30; ++j) {
        double mean = 0, square = 0;
        for (std::size_t i = 0; i < 569; ++i) mean += x[i * 30 + j] / 569;
        for (std::size_t i = 0; i < 569; ++i) square += (x[i * 30 + j] - mean) * (x[i * 30 + j] - mean) / 569;
        BOOST_TEST(std::abs(mean) < 1e-13);
        BOOST_TEST(square == 1, boost::test_tools::tolerance(1e-12));
    }
    BOOST_TEST(!same(before, train.x));

    const nn::Standardiser constant(Array(xt::xarray<double>{{0.1, 1.}, {0.1, 3.}, {0.1, 5.}}));
    BOOST_TEST(constant.deviation()[0] == 1);
    BOOST_TEST(values(constant(Array(xt::xarray<double>{{0.1, 3.}}))) == (Doubles{0, 0}),
               boost::test_tools::per_element());
    BOOST_CHECK_THROW(constant(Array(xt::xarray<double>{{1., 2., 3.}})), ShapeError);
    BOOST_CHECK_THROW(constant(Array(xt::xarray<double>{1., 2.})), ShapeError);
    BOOST_CHECK_THROW(nn::Standardiser(Array(xt::xarray<std::int64_t>{{1, 2}})), DtypeError);
    BOOST_CHECK_THROW(nn::Standardiser(Array(DType::float64, {0, 2})), ShapeError);
}

BOOST_AUTO_TEST_CASE(columns_of_any_size_are_standardised)
{
    const auto standardised = [](double a, double b) {
        const Array x(xt::xarray<double>{{a, 7.}, {b, 8.}});
        return values(nn::Standardiser(x)(x));
    };
    constexpr double most = std::numeric_limits<double>::max(), least = std::numeric_limits<double>::min();
    for (const auto& [a, b] : {std::pair{1e-200, 2e-200},
                               {1e200, 2e200},
                               {1e308, 1.7e308},
                               {-most, most},
                               {least, 2 * least},
                               {0., least},
                               {-1e-310, 1e-310},
                               {1e-300, 1e300}}) {
        const Doubles x = standardised(a, b);
        BOOST_TEST(x == (Doubles{-1, -1, 1, 1}), boost::test_tools::tolerance(1e-12)
                                                     << boost::test_tools::per_element());
    }
    for (const double x : standardised(0, std::numeric_limits<double>::denorm_min()))
        BOOST_TEST(std::abs(x) <= 1);
    // Far from the mean of many, x - mean overflows although the quotient does not.
    Array lopsided(DType::float64, {4, 1});
    for (int i = 0; i < 4; ++i) static_cast<double*>(lopsided.mutable_data())[i] = i == 0 ? -most : most;
    BOOST_TEST(values(nn::Standardiser(lopsided)(lopsided))[0] == -std::sqrt(3.),
               boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(a_column_that_is_not_finite_is_refused)
{
    const Array good(xt::xarray<double>{{1., 2.}, {3., 4.}, {5., 6.}});
    for (const double wrong : {std::nan(""), std::numeric_limits<double>::infinity()})
        for (const DType dtype : {DType::float32, DType::float64}) {
            const Array bad = Array(xt::xarray<double>{{1., 2.}, {3., 4.}, {5., wrong}}).cast(dtype);
            for (const std::string& what : {message<ValueError>([&] { nn::Standardiser learnt(bad); }),
                                            message<ValueError>([&] { nn::Standardiser(good)(bad); })})
                says(what, std::string("standardise: column 1 of x is ") + (wrong != wrong ? "nan" : "inf") +
                               " in row 2");
        }
}

BOOST_AUTO_TEST_CASE(a_stratified_split_gives_both_parts_of_every_label)
{
    nn::Dataset data{Array(DType::float64, {10, 1}), Array(DType::int64, {10})};
    data.classes = {"common", "rare"};
    auto* labels = static_cast<std::int64_t*>(data.t.mutable_data());
    std::fill_n(labels, 10, 0);
    labels[3] = 1;
    const auto split = [&](double fraction) { nn::split(data, fraction, 1, {.stratified = true}); };
    says(message<ValueError>([&] { split(0.8); }),
         "split: label 1 ('rare') has 1 row; with a fraction of 0.8 the test set would get none of it");
    says(message<ValueError>([&] { split(0.2); }), "the training set would get none of it");
    labels[7] = 1;
    says(message<ValueError>([&] { split(0.8); }), "label 1 ('rare') has 2 rows");
    BOOST_CHECK_NO_THROW(split(0.7));
    BOOST_CHECK_NO_THROW(nn::split(data, 0.8, 1));
    data.t = data.t.cast(DType::float64);
    says(message<ValueError>([&] { split(0.8); }), "label 1 has 2 rows");
}

BOOST_AUTO_TEST_CASE(a_split_puts_every_row_into_one_part)
{
    const nn::Dataset data = nn::read_csv<double>(example("iris.csv"), {.target = "species"});
    nn::Dataset numbered = data;
    Array ids(DType::float64, {150, 1});
    std::iota(static_cast<double*>(ids.mutable_data()), static_cast<double*>(ids.mutable_data()) + 150, 0.);
    numbered.x = ids;
    for (const bool stratified : {false, true}) {
        const auto [train, test] = nn::split(numbered, 0.8, 3, {.stratified = stratified});
        BOOST_TEST(train.size() == 120);
        BOOST_TEST(test.size() == 30);
        std::multiset<double> rows;
        for (const Array& x : {train.x, test.x})
            for (const double id : values(x)) rows.insert(id);
        BOOST_TEST(rows.size() == 150u);
        BOOST_TEST(std::set<double>(rows.begin(), rows.end()).size() == 150u);
        for (std::size_t i = 0; i < 30; ++i)
            BOOST_TEST(values(test.t)[i] == values(data.t)[std::size_t(values(test.x)[i])]);
        if (stratified) {
            const Doubles t = values(test.t);
            for (const double label : {0., 1., 2.}) BOOST_TEST(std::count(t.begin(), t.end(), label) == 10);
            BOOST_TEST(!std::ranges::is_sorted(t));
        }
        BOOST_TEST(test.classes.size() == 3u);
        BOOST_TEST(same(nn::split(numbered, 0.8, 3, {.stratified = stratified}).test.x, test.x));
        BOOST_TEST(!same(nn::split(numbered, 0.8, 4, {.stratified = stratified}).test.x, test.x));
    }
    for (const double fraction : {0., 1., -1., 2., std::nan("")})
        BOOST_CHECK_THROW(nn::split(data, fraction, 1), ValueError);
    BOOST_CHECK_THROW(nn::split(data, 1e-9, 1), ValueError);
}

// ---------------------------------------------------------------- batches

BOOST_AUTO_TEST_CASE(batches_cover_each_epoch_once)
{
    nn::Dataset data{Array(DType::float32, {10, 2}), Array(DType::int64, {10})};
    for (int i = 0; i < 10; ++i) {
        static_cast<float*>(data.x.mutable_data())[2 * i] = float(i);
        static_cast<float*>(data.x.mutable_data())[2 * i + 1] = float(-i);
        static_cast<std::int64_t*>(data.t.mutable_data())[i] = i;
    }
    const auto collect = [&](const nn::BatchOptions& options) {
        std::vector<Doubles> result;
        for (auto [x, t] : nn::batches(data, 4, options)) {
            const Doubles rows = values(t), xs = values(x);
            BOOST_TEST(shape(x) == "[" + std::to_string(rows.size()) + ", 2]");
            for (std::size_t i = 0; i < rows.size(); ++i)
                BOOST_TEST((xs[2 * i] == rows[i] && xs[2 * i + 1] == -rows[i]));
            result.push_back(rows);
        }
        return result;
    };
    const auto joined = [](const std::vector<Doubles>& parts, std::size_t from, std::size_t count) {
        Doubles all;
        for (std::size_t i = from; i < from + count; ++i)
            all.insert(all.end(), parts[i].begin(), parts[i].end());
        return all;
    };
    const auto plain = collect({.shuffle = false});
    BOOST_TEST(plain.size() == 3u);
    Doubles in_order(10);
    std::iota(in_order.begin(), in_order.end(), 0.);
    BOOST_TEST(joined(plain, 0, 3) == in_order, boost::test_tools::per_element());
    BOOST_TEST(plain[2].size() == 2u);

    const auto shuffled = collect({.epochs = 3, .seed = 1});
    BOOST_TEST(shuffled.size() == 9u);
    std::set<Doubles> orders;
    for (std::size_t epoch = 0; epoch < 3; ++epoch) {
        Doubles rows = joined(shuffled, 3 * epoch, 3);
        orders.insert(rows);
        std::ranges::sort(rows);
        BOOST_TEST(rows == in_order, boost::test_tools::per_element());
    }
    BOOST_TEST(orders.size() == 3u);  // another order in each epoch
    BOOST_TEST((collect({.epochs = 3, .seed = 1}) == shuffled));
    BOOST_TEST((collect({.epochs = 3, .seed = 2}) != shuffled));

    BOOST_TEST(collect({.epochs = 2, .drop_last = true}).size() == 4u);
    BOOST_TEST(data.batches(4, {.epochs = 5}).count() == 15);
    BOOST_TEST(data.batches(100, {}).count() == 1);
    for (const auto batch : data.batches(100, {.drop_last = true})) BOOST_TEST(batch.x.size() == -1);  // none
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    BOOST_TEST(data.batches(most, {.epochs = 2}).count() == 2);
    BOOST_TEST(data.batches(most, {.drop_last = true}).count() == 0);
    BOOST_TEST(data.batches(4, {.epochs = most}).count() > most / 4);
    const nn::Dataset empty{Array(DType::float32, {0, 2}), Array(DType::int64, {0})};
    BOOST_TEST(empty.batches(4, {.epochs = 3}).begin().epoch() == 0);
    BOOST_CHECK_THROW(nn::batches(data, 0), ValueError);
    BOOST_CHECK_THROW(nn::batches(data, 4, {.epochs = 0}), ValueError);
    data.t = Array(DType::int64, {9});
    BOOST_CHECK_THROW(nn::batches(data, 4), ShapeError);
}

// ---------------------------------------------------------------- synthetic sets

BOOST_AUTO_TEST_CASE(synthetic_sets_have_their_shape)
{
    const auto check = [](auto make, auto on_curve) {
        const nn::Dataset data = make(101, 0., 1);
        BOOST_TEST(shape(data.x) == "[101, 2]");
        BOOST_TEST(shape(data.t) == "[101, 1]");
        const Doubles x = values(data.x), t = values(data.t);
        for (std::size_t i = 0; i < 101; ++i) {
            BOOST_TEST(t[i] == (i % 2 ? 1 : -1));
            BOOST_TEST(std::abs(on_curve(x[2 * i], x[2 * i + 1], t[i])) < 1e-9);
        }
        BOOST_TEST(same(make(101, 0.2, 5).x, make(101, 0.2, 5).x));
        BOOST_TEST(!same(make(101, 0.2, 5).x, make(101, 0.2, 6).x));
        const Doubles noisy = values(make(2000, 0.3, 1).x), clean = values(make(2000, 0., 1).x);
        double square = 0;
        for (std::size_t i = 0; i < 4000; ++i) square += (noisy[i] - clean[i]) * (noisy[i] - clean[i]) / 4000;
        BOOST_TEST(square == 0.09, boost::test_tools::tolerance(0.15));
        BOOST_CHECK_THROW(make(1, 0.1, 1), ValueError);
        BOOST_CHECK_THROW(make(10, -0.1, 1), ValueError);
    };
    check(nn::make_blobs<double>,
          [](double x, double y, double t) { return std::hypot(x - 2 * t, y - 2 * t); });
    check(nn::make_moons<double>, [](double x, double y, double t) {
        return t > 0 ? std::hypot(x - 1, y - 0.5) - 1 : std::hypot(x, y) - 1;
    });
    check(nn::make_circles<double>,
          [](double x, double y, double t) { return std::hypot(x, y) - (t > 0 ? 0.5 : 1); });
    check(nn::make_spirals<double>, [](double x, double y, double t) {
        const double radius = std::hypot(x, y), angle = 3 * std::acos(-1.) * radius;
        return std::hypot(x - t * -1 * radius * std::cos(angle), y - t * -1 * radius * std::sin(angle));
    });
    BOOST_TEST(
        same(nn::make_moons<float>(50, 0.1, 1).x, nn::make_moons<double>(50, 0.1, 1).x.cast(DType::float32)));
}
