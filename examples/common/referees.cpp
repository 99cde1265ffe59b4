// Data files for LIBSVM and LIBLINEAR, their command lines, their model files.
#include "referees.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

using xgrad::DataError;
using namespace xgrad;

namespace common {
namespace {

// " 1:0.5 2:-1" as both programs read features and svm-train writes them with 8 digits.
std::string features_text(const View<double>& x, std::int64_t row, std::int64_t features, const char* format)
{
    std::string text;
    for (std::int64_t k = 0; k < features; ++k) {
        char number[64];
        std::snprintf(number, sizeof number, format, static_cast<int>(k + 1), x(row, k));
        text += number;
    }
    return text;
}

void write_data(const nn::Dataset& data, const std::string& path)
{
    const auto x = data.x.value<double>();
    const auto t = data.t.value<double>();
    std::ofstream file(path);
    for (std::int64_t i = 0; i < data.size(); ++i)
        file << (t(i, 0) > 0 ? "+1" : "-1") << features_text(x, i, data.x.shape()[1], " %d:%.17g") << '\n';
    file.close();
    if (!file) throw DataError("cannot write " + path);
}

// In single quotes, for a shell.
std::string quoted(const std::string& text)
{
    std::string result = "'";
    for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return result + "'";
}

// Writes the data, runs the program on them and returns the beginning of the names of its .model and .log.
std::string run(const nn::Dataset& data, const std::string& program, const std::string& arguments,
                const std::string& package, const std::string& folder)
{
    const std::string base = folder + "/" + program;
    write_data(data, base + ".txt");
    const std::string command = program + " " + arguments + " " + quoted(base + ".txt") + " " +
                                quoted(base + ".model") + " > " + quoted(base + ".log") + " 2>&1";
    if (std::system(command.c_str()) != 0)
        throw DataError(program + " did not run (Debian package " + package + "); what it said: " + base +
                        ".log");
    return base;
}

Array column(const std::vector<double>& values)
{
    Array result(DType::float64, {static_cast<std::int64_t>(values.size()), 1});
    std::copy(values.begin(), values.end(), static_cast<double*>(result.mutable_data()));
    return result;
}

double squares(const std::vector<double>& v)
{
    double sum = 0;
    for (const double value : v) sum += value * value;
    return sum;
}

}  // namespace

Libsvm libsvm(const nn::Dataset& data, double C, double eps, const std::string& folder)
{
    char arguments[96];
    std::snprintf(arguments, sizeof arguments, "-s 0 -t 0 -c %.17g -e %.17g -m 500", C, eps);
    const std::string base = run(data, "svm-train", arguments, "libsvm-tools", folder);
    const auto x = data.x.value<double>();
    const auto t = data.t.value<double>();
    const std::int64_t n = data.size(), features = data.x.shape()[1];

    Libsvm result;
    std::ifstream log(base + ".log");
    for (std::string line; std::getline(log, line);)
        if (line.rfind("obj = ", 0) == 0) result.objective = -std::atof(line.c_str() + 6);

    // Rows by their 8 digits.
    std::multimap<std::string, std::int64_t> rows;
    for (std::int64_t i = 0; i < n; ++i) rows.emplace(features_text(x, i, features, "%d:%.8g "), i);
    std::ifstream model(base + ".model");
    std::vector<double> alpha(static_cast<std::size_t>(n), 0.0);
    double rho = 0, sign = 0;
    std::string line;
    while (std::getline(model, line) && line != "SV") {
        std::istringstream words(line);
        std::string word;
        words >> word;
        if (word == "rho") words >> rho;
        if (word == "label") words >> sign;  // that of the class which is positive in the model
    }
    while (std::getline(model, line)) {
        const std::size_t space = line.find(' ');
        const double coefficient = std::atof(line.c_str());
        const auto found = rows.find(line.substr(space + 1));
        if (sign == 0 || found == rows.end())
            throw DataError(base + ".model: a support vector is not among the rows: " + line);
        const std::int64_t row = found->second;
        alpha[static_cast<std::size_t>(row)] = std::abs(coefficient);
        if (coefficient * sign * t(row, 0) < 0)
            throw DataError(base + ".model: a support vector has another label: " + line);
        rows.erase(found);
    }
    std::vector<double> w(static_cast<std::size_t>(features), 0.0);
    double alphas = 0;
    for (std::int64_t i = 0; i < n; ++i) {
        const double a = alpha[static_cast<std::size_t>(i)];
        alphas += a;
        for (std::int64_t k = 0; k < features; ++k) w[static_cast<std::size_t>(k)] += a * t(i, 0) * x(i, k);
    }
    result.fit = {.w = column(w), .b = -rho * sign, .alpha = column(alpha)};
    result.fit.primal = hinge_objective(data, result.fit, C);
    result.fit.dual = alphas - squares(w) / 2;
    result.fit.gap = result.fit.primal - result.fit.dual;
    return result;
}

nn::LinearFit liblinear(const nn::Dataset& data, Liblinear solver, double C, double eps,
                        const std::string& folder)
{
    char arguments[96];
    std::snprintf(arguments, sizeof arguments, "-s %d -B 1 -c %.17g -e %.17g", static_cast<int>(solver), C,
                  eps);
    const std::string base = run(data, "liblinear-train", arguments, "liblinear-tools", folder);
    std::ifstream model(base + ".model");
    double sign = 0;
    std::string line;
    while (std::getline(model, line) && line != "w") {
        std::istringstream words(line);
        std::string word;
        words >> word;
        if (word == "label") words >> sign;
    }
    std::vector<double> w;
    while (std::getline(model, line)) w.push_back(sign * std::atof(line.c_str()));
    if (sign == 0 || static_cast<std::int64_t>(w.size()) != data.x.shape()[1] + 1)
        throw DataError(base + ".model is not understood");
    nn::LinearFit fit;
    fit.b = w.back();
    w.pop_back();
    fit.w = column(w);
    if (solver == Liblinear::svm_dual_hinge) fit.primal = hinge_objective(data, fit, C, true);
    return fit;
}

double hinge_objective(const nn::Dataset& data, const nn::LinearFit& fit, double C, bool penalise_bias)
{
    const auto x = data.x.value<double>();
    const auto t = data.t.value<double>();
    const auto w = fit.w.value<double>();
    double loss = 0, norm = penalise_bias ? fit.b * fit.b : 0;
    for (std::int64_t i = 0; i < data.size(); ++i) {
        double y = fit.b;
        for (std::int64_t k = 0; k < data.x.shape()[1]; ++k) y += w(k, 0) * x(i, k);
        loss += std::max(0.0, 1 - t(i, 0) * y);
    }
    for (std::int64_t k = 0; k < fit.w.size(); ++k) norm += w(k, 0) * w(k, 0);
    return norm / 2 + C * loss;
}

double relative_difference(const nn::LinearFit& a, const nn::LinearFit& b)
{
    const auto first = a.w.value<double>(), second = b.w.value<double>();
    double difference = std::abs(a.b - b.b), size = std::abs(b.b);
    for (std::int64_t k = 0; k < a.w.size(); ++k) {
        difference = std::max(difference, std::abs(first(k, 0) - second(k, 0)));
        size = std::max(size, std::abs(second(k, 0)));
    }
    return difference / size;
}

}  // namespace common
