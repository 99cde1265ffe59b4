// Linear classifiers by solvers of their own, and decompositions of matrices.
#include <xgrad/nn.hpp>
#include <xtensor/xtensor.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void machines(Tape&)
{
    {
        //! [nn::svm_hard_margin, nn::LinearFit, nn::HardMarginOptions]
        const nn::Dataset data{.x = xt::xarray<double>{{0., 5.}, {2., 5.}},
                               .t = xt::xtensor<double, 2>{{-1.}, {1.}}};
        const nn::LinearFit fit = nn::svm_hard_margin(data, {.tolerance = 1e-9});
        show(fit.w);             // [[1], [0]]  (the line x = 1, in the middle)
        show(fit.b);             // -1
        show(fit.margin(data));  // 1
        show(fit.predict(xt::xarray<double>{{0.9, 7.}, {1.1, 7.}}));  // [[-1], [1]]
        //! [nn::svm_hard_margin, nn::LinearFit, nn::HardMarginOptions]
    }
    {
        //! [nn::svm_smo, nn::SvmOptions]
        const nn::Dataset data{.x = xt::xarray<double>{{0., 5.}, {2., 5.}},
                               .t = xt::xtensor<double, 2>{{-1.}, {1.}}};
        const nn::LinearFit fit = nn::svm_smo(data, {.C = 0.25, .tolerance = 1e-9});  // LIBSVM's problem
        show(fit.w);                         // [[0.5], [0]]  (the largest that alpha <= C allows: 2 C)
        show(fit.alpha);                     // [[0.25], [0.25]]
        show(fit.gap <= 1e-9 * fit.primal);  // true  (the dual objective proves it)
        //! [nn::svm_smo, nn::SvmOptions]
    }
    {
        //! [nn::FitPoint]
        const nn::Dataset data{.x = xt::xarray<double>{{0., 5.}, {2., 5.}},
                               .t = xt::xtensor<double, 2>{{-1.}, {1.}}};
        const nn::LinearFit fit = nn::svm_smo(data);
        const nn::FitPoint& end = fit.history.back();  // how far the solver was after some work
        show(end.primal);                              // 0.5  (|w|^2 / 2 with w = 1, and no loss)
        show(end.dual);                                // 0.5  (so this is the solution)
        //! [nn::FitPoint]
    }
    {
        //! [nn::svm_coordinate_descent, nn::CoordinateDescentOptions]
        const nn::Dataset data{.x = xt::xarray<double>{{0., 5.}, {2., 5.}},
                               .t = xt::xtensor<double, 2>{{-1.}, {1.}}};
        // LIBLINEAR's: the bias is penalised
        const nn::LinearFit fit = nn::svm_coordinate_descent(data, {.C = 100});
        show(fit.converged);                                        // true
        show(nn::accuracy(fit.decision_function(data.x), data.t));  // 1
        //! [nn::svm_coordinate_descent, nn::CoordinateDescentOptions]
    }
    {
        //! [nn::svm_pegasos, nn::PegasosOptions]
        const nn::Dataset data{.x = xt::xarray<double>{{0., 5.}, {2., 5.}},
                               .t = xt::xtensor<double, 2>{{-1.}, {1.}}};
        const nn::LinearFit slow = nn::svm_pegasos(data, {.C = 0.05, .max_epochs = 5000, .seed = 1});
        const nn::LinearFit exact = nn::svm_coordinate_descent(data, {.C = 0.05});  // the same problem
        show(slow.primal >= exact.dual);                                            // true
        show(slow.primal < 1.01 * exact.primal);                                    // true
        //! [nn::svm_pegasos, nn::PegasosOptions]
    }
}

void lines(Tape&)
{
    {
        //! [nn::logistic_regression, nn::LogisticRegressionOptions]
        const nn::Dataset data{.x = xt::xarray<double>{{0., 5.}, {2., 5.}},
                               .t = xt::xtensor<double, 2>{{-1.}, {1.}}};
        const nn::LinearFit fit = nn::logistic_regression(data, {.C = 10});
        show(-fit.b / fit.w.value<double>()(0, 0));  // 1  (it is undecided at x = 1)
        show(fit.w.value<double>()(1, 0));           // 0
        //! [nn::logistic_regression, nn::LogisticRegressionOptions]
    }
    {
        //! [nn::perceptron, nn::PerceptronOptions]
        const nn::Dataset data{.x = xt::xarray<double>{{0., 5.}, {2., 5.}},
                               .t = xt::xtensor<double, 2>{{-1.}, {1.}}};
        const nn::LinearFit fit = nn::perceptron(data, {.seed = 1});
        show(fit.converged);         // true  (some line that separates the classes, not the best one)
        show(fit.margin(data) > 0);  // true
        //! [nn::perceptron, nn::PerceptronOptions]
    }
    {
        //! [nn::least_squares]
        const nn::Dataset data{.x = xt::xtensor<double, 2>{{0.}, {1.}, {2.}},
                               .t = xt::xtensor<double, 2>{{1.}, {3.}, {5.}}};
        const nn::LinearFit fit = nn::least_squares(data);
        show(fit.w);  // [[2]]
        show(fit.b);  // 1
        //! [nn::least_squares]
    }
}

void parts(Tape& tape)
{
    {
        //! [nn::pca, nn::Pca]
        const Array x(xt::xarray<double>{{0., 0.}, {3., 4.}, {6., 8.}});  // all on one line
        const nn::Pca p = nn::pca(x, 1);
        show(p.components);                 // [[0.6, 0.8]]
        show(p.mean);                       // [3, 4]
        show(p.project(x));                 // [[-5], [0], [5]]
        show(p.reconstruct(p.project(x)));  // [[0, 0], [3, 4], [6, 8]]
        //! [nn::pca, nn::Pca]
    }
    {
        //! [nn::PcaOptions]
        const Array x(xt::xarray<double>{{3., 4.}, {6., 8.}});
        show(nn::pca(x, 1, {.centre = false}).project(x));  // [[5], [10]]  (the singular value decomposition)
        //! [nn::PcaOptions]
    }
    {
        //! [nn::nmf, nn::Nmf, nn::NmfOptions]
        // two parts: [1, 2, 0] and [0, 0, 1]
        const Array x(xt::xarray<double>{{1., 2., 0.}, {2., 4., 0.}, {0., 0., 3.}});
        const nn::Nmf parts = nn::nmf(x, 2, {.iterations = 500, .seed = 1});
        show(parts.components.shape());                // [2, 3]
        show(parts.errors.back() < 1e-6);              // true
        show(all(tape.constant(parts.weights) >= 0));  // true
        //! [nn::nmf, nn::Nmf, nn::NmfOptions]
    }
}

const shown::Page page("Linear models and decompositions", {machines, lines, parts});

}  // namespace
