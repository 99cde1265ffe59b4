// The calls of xgrad that stand beside PyTorch's for linear algebra.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "xgrad/autodiff/ops.hpp"

namespace torch_linalg {
using namespace xgrad;
using Inputs = std::span<const Variable>;
using Calls = std::map<std::string, std::function<Variable(Inputs)>>;

inline Variable turned(Variable x) { return transpose(x, -1, -2); }

// The first k columns, or rows, of the last two axes.
inline Variable columns(Variable x, std::int64_t k)
{
    std::vector<Slice> slices(x.shape().size());
    slices.back() = {0, k};
    return slice(x, slices);
}
inline Variable rows(Variable x, std::int64_t k)
{
    std::vector<Slice> slices(x.shape().size());
    slices[slices.size() - 2] = {0, k};
    return slice(x, slices);
}

inline Calls calls()
{
    const auto squares = [](const Svd& f, std::int64_t k) {
        return matmul(square(columns(f.u, k)), unsqueeze(f.s, -1) * square(rows(f.vh, k)));
    };
    const std::map<std::string, std::function<Variable(Variable)>> one = {
        {"inv", [](Variable x) { return inv(x); }},
        {"inv edge", [](Variable x) { return inv(x); }},
        {"det", [](Variable x) { return det(x); }},
        {"det empty", [](Variable x) { return det(x); }},
        {"det singular", [](Variable x) { return det(x); }},
        {"slogdet",
         [](Variable x) {
             const SignLogdet d = slogdet(x);
             return d.sign * square(d.logabsdet);
         }},
        {"logdet", [](Variable x) { return logdet(x); }},
        {"logdet edge", [](Variable x) { return logdet(x); }},
        {"matrix_power 3", [](Variable x) { return matrix_power(x, 3); }},
        {"matrix_power -2", [](Variable x) { return matrix_power(x, -2); }},
        {"cholesky", [](Variable x) { return cholesky(x); }},
        {"cholesky of x x.T + 1",
         [](Variable x) { return cholesky(matmul(x, turned(x)) + eye(x, x.shape().back())); }},
        {"eigh values", [](Variable x) { return eigvalsh(x); }},
        {"eigh squares", [](Variable x) { return square(eigh(x).eigenvectors); }},
        {"eigh of x + x.T",
         [](Variable x) {
             const auto [w, v] = eigh(x + turned(x));
             return square(v) * unsqueeze(w, -2);
         }},
        {"svd values", [](Variable x) { return svd(x).s; }},
        {"svd",
         [=](Variable x) {
             const Svd f = svd(x, {.full_matrices = false});
             return squares(f, f.s.shape().back());
         }},
        {"svd low rank",
         [](Variable x) {
             const auto [u, s, vh] = svd(x, {.full_matrices = false});
             return matmul(columns(u, 1), rows(vh, 1));
         }},
        {"svd full",
         [=](Variable x) {
             const Svd f = svd(x);
             return squares(f, f.s.shape().back());
         }},
        {"qr",
         [](Variable x) {
             const auto [q, r] = qr(x);
             return matmul(q, tanh(r));
         }},
        {"qr q", [](Variable x) { return qr(x).q; }},
        {"qr r", [](Variable x) { return qr(x).r; }},
        {"pinv", [](Variable x) { return pinv(x); }},
    };
    Calls all;
    for (const auto& [name, f] : one) all[name] = [f = f](Inputs x) { return f(x[0]); };
    all["solve"] = [](Inputs x) { return solve(x[0], x[1]); };
    all["solve_triangular upper"] = [](Inputs x) { return solve_triangular(x[0], x[1]); };
    all["solve_triangular lower"] = [](Inputs x) { return solve_triangular(x[0], x[1], {.lower = true}); };
    all["solve_triangular unit"] = [](Inputs x) {
        return solve_triangular(x[0], x[1], {.lower = true, .unit_diagonal = true});
    };
    return all;
}

}  // namespace torch_linalg
