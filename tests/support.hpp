// What many tests share: the numbers of an array, comparison, and what the text of an error says.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "xgrad/autodiff/parameter.hpp"
#include "xgrad/autodiff/tape.hpp"

/// The elements in row-major order, of whatever type they are.
inline std::vector<double> values(const xgrad::Array& array)
{
    const xgrad::Array wide = array.cast(xgrad::DType::float64);
    const auto* data = static_cast<const double*>(wide.data());
    return {data, data + wide.size()};
}
inline std::vector<double> values(xgrad::Variable x) { return values(x.array()); }
inline std::vector<double> values(const xgrad::Parameter& parameter) { return values(parameter.array()); }

/// For macros, which take the commas between braces for their own.
inline std::vector<double> list(std::initializer_list<double> v) { return v; }

/// Of one type and one shape, and the same bits.
inline bool same(const xgrad::Array& a, const xgrad::Array& b)
{
    return a.dtype() == b.dtype() && std::ranges::equal(a.shape(), b.shape()) &&
           std::memcmp(a.data(), b.data(), std::size_t(a.size()) * xgrad::size_of(a.dtype())) == 0;
}

/// Relative to the expected number where that is larger than 1.
inline void near(const std::vector<double>& got, const std::vector<double>& want, double tolerance = 1e-12)
{
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i)
        BOOST_TEST(std::abs(got[i] - want[i]) <= tolerance * std::max(1.0, std::abs(want[i])),
                   got[i] << ", not " << want[i] << " at " << i);
}
inline void near(double got, double want, double tolerance = 1e-12)
{
    near(std::vector{got}, std::vector{want}, tolerance);
}

/// The text of the error that f throws, which must be an E.
template <class E, class F>
std::string message(const F& f)
{
    try {
        f();
    } catch (const E& error) {
        return error.what();
    }
    BOOST_ERROR("no error");
    return {};
}
/// The text holds each of the parts.
template <class... Parts>
void says(const std::string& text, const Parts&... parts)
{
    for (const std::string& part : {std::string(parts)...})
        BOOST_TEST(text.find(part) != std::string::npos, "\"" << text << "\" lacks \"" << part << "\"");
}
