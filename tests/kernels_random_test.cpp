// Random numbers: published answers, moments, and what an element depends on.

#define BOOST_TEST_MODULE kernels_random
#include <boost/test/unit_test.hpp>

#include <array>
#include <numeric>
#include <utility>

#include "autodiff/kernels/random.hpp"
#include "kernels_support.hpp"

using namespace xgrad::kernels;

BOOST_AUTO_TEST_CASE(philox_gives_the_published_answers)
{
    using Four = std::array<std::uint32_t, 4>;
    // Random123, kat_vectors, philox4x32 10.
    BOOST_TEST((philox({0, 0, 0, 0}, {0, 0}) == Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
    BOOST_TEST(
        (philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
    BOOST_TEST((philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
                Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(uniform_values_are_philox_words)
{
    const std::uint64_t key = 0x299f31d0a4093822, stream = 0x0370734413198a2e;
    std::vector<float> x(300);
    uniform(x.data(), 300, key, stream);
    std::vector<double> d(300);
    uniform(d.data(), 300, key, stream);
    for (std::uint32_t i = 0; i < 300; ++i) {
        auto word = [&](std::uint32_t tile, std::uint32_t b, int w) {
            return philox({tile * 32 + b, 0, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0})[w];
        };
        BOOST_TEST(x[i] == float(word(i / 128, i % 32, i % 128 / 32) >> 8) / 16777216.f);
        const int half = i % 64 / 32 * 2;
        const std::uint64_t bits =
            std::uint64_t(word(i / 64, i % 32, half) >> 5) << 26 | word(i / 64, i % 32, half + 1) >> 6;
        BOOST_TEST(d[i] == double(bits) / 9007199254740992.);
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(random_elements_depend_on_their_index_alone, T, Floats)
{
    const std::int64_t n = 1000;
    auto check = [&](auto fill) {
        std::vector<T> whole(n), parts(n);
        fill(whole.data(), n, std::int64_t(0));
        std::mt19937 engine(3);
        for (std::int64_t at = 0; at < n;) {
            const auto take = std::min<std::int64_t>(n - at, engine() % 150);
            fill(parts.data() + at, take, at);
            at += take;
        }
        BOOST_TEST(same_bits(whole.data(), parts.data(), n));
    };
    check([](T* out, std::int64_t k, std::int64_t first) { uniform(out, k, 1, 2, first); });
    check([](T* out, std::int64_t k, std::int64_t first) { normal(out, k, 1, 2, first); });
    check([](T* out, std::int64_t k, std::int64_t first) { dropout_mask(out, k, 0.3, 1, 2, first); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(random_values_have_the_moments_of_their_distribution, T, Floats)
{
    const std::int64_t n = 1 << 20;
    std::vector<T> x(n);
    auto moment = [&](int p, double centre) {
        double s = 0;
        for (T v : x) s += std::pow(double(v) - centre, p);
        return s / double(n);
    };
    uniform(x.data(), n, 42, 7);
    BOOST_TEST((*std::min_element(x.begin(), x.end()) >= 0 && *std::max_element(x.begin(), x.end()) < 1));
    BOOST_TEST(std::fabs(moment(1, 0) - 0.5) < 2e-3);
    BOOST_TEST(std::fabs(moment(2, 0.5) - 1. / 12) < 1e-3);
    double neighbours = 0;
    for (std::int64_t i = 0; i + 1 < n; ++i) neighbours += (double(x[i]) - 0.5) * (double(x[i + 1]) - 0.5);
    BOOST_TEST(std::fabs(neighbours / double(n) * 12) < 5e-3);
    normal(x.data(), n, 42, 8);
    BOOST_TEST(std::all_of(x.begin(), x.end(), [](T v) { return std::isfinite(v); }));
    BOOST_TEST(std::fabs(moment(1, 0)) < 5e-3);
    BOOST_TEST(std::fabs(moment(2, 0) - 1) < 7e-3);
    BOOST_TEST(std::fabs(moment(3, 0)) < 2e-2);
    BOOST_TEST(std::fabs(moment(4, 0) - 3) < 5e-2);
    BOOST_TEST(std::fabs(double(std::count_if(x.begin(), x.end(), [](T v) { return v > 2; })) / double(n) -
                         0.02275) < 1e-3);
    dropout_mask(x.data(), n, 0.8, 42, 9);
    BOOST_TEST(std::fabs(double(std::count(x.begin(), x.end(), T(1.25))) / double(n) - 0.8) < 2e-3);
    BOOST_TEST(std::count(x.begin(), x.end(), T(1.25)) + std::count(x.begin(), x.end(), T(0)) == n);
    dropout_mask(x.data(), n, 1, 42, 9);
    BOOST_TEST(std::count(x.begin(), x.end(), T(1)) == n);
    dropout_mask(x.data(), n, 0, 42, 9);
    BOOST_TEST(std::count(x.begin(), x.end(), T(0)) == n);
}

BOOST_AUTO_TEST_CASE(keys_and_streams_give_unrelated_numbers)
{
    std::vector<float> a(1000), b(1000);
    for (auto [key, stream] :
         {std::pair<std::uint64_t, std::uint64_t>{2, 1}, {1, 2}, {1, std::uint64_t(1) << 32}}) {
        uniform(a.data(), 1000, 1, 1);
        uniform(b.data(), 1000, key, stream);
        int equal = 0;
        for (int i = 0; i < 1000; ++i) equal += a[i] == b[i];
        BOOST_TEST(equal < 3);
    }
}

BOOST_AUTO_TEST_CASE(randint_covers_its_range_evenly)
{
    std::vector<std::int64_t> x(70000), seen(7);
    randint(x.data(), 70000, -3, 4, 5, 6);
    for (auto v : x) ++seen.at(v + 3);
    for (auto s : seen) BOOST_TEST(std::abs(s - 10000) < 500);
    const auto low = std::numeric_limits<std::int64_t>::min(),
               high = std::numeric_limits<std::int64_t>::max();
    randint(x.data(), 1000, low, high, 5, 6);
    BOOST_TEST(std::count_if(x.begin(), x.begin() + 1000, [](auto v) { return v < 0; }) > 400);
    std::vector<std::int64_t> part(50);
    randint(part.data(), 50, low, high, 5, 6, 33);
    BOOST_TEST(std::equal(part.begin(), part.end(), x.begin() + 33));
}

BOOST_AUTO_TEST_CASE(permutation_is_one_and_all_are_equally_likely)
{
    for (std::int64_t n : {0, 1, 2, 63, 64, 65, 1000}) {
        std::vector<std::int64_t> p(n), sorted(n);
        permutation(p.data(), n, 1, 2);
        std::iota(sorted.begin(), sorted.end(), 0);
        BOOST_TEST(std::is_permutation(p.begin(), p.end(), sorted.begin()));
        if (n >= 63) BOOST_TEST((p != sorted));
    }
    int seen[64] = {};
    for (int i = 0; i < 60000; ++i) {
        std::int64_t p[3];
        permutation(p, 3, 1, std::uint64_t(i));
        ++seen[p[0] * 16 + p[1] * 4 + p[2]];
    }
    for (int s : seen) BOOST_TEST((s == 0 || std::abs(s - 10000) < 500));
}
