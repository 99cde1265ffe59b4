// What the library throws, and what it says then. Every error is an xgrad::Error.
#include <xgrad/draw.hpp>
#include <xgrad/nn.hpp>

#include "shown.hpp"
using namespace xgrad;

namespace {

void errors(Tape& tape)
{
    {
        //! [Error]
        try {
            log(Variable());
        } catch (const Error& error) {  // the base of all of them, and itself a std::runtime_error
            show(error.what());         // variable: it was never set (a default-constructed Variable)
        }
        //! [Error]
    }
    {
        //! [ShapeError]
        const Variable x = ones(tape.variable(0.), {2, 3});
        try {
            matmul(x, x);
        } catch (const ShapeError& error) {
            show(error.what());
            // matmul: got [2, 3] float64, [2, 3] float64, expected equal inner lengths: 3 columns meet 2 rows
            //     x: [2, 3]
            //     y:    [2, 3]
            //            ^ 3 against 2
        }
        //! [ShapeError]
    }
    {
        //! [DtypeError]
        const Variable x = tape.variable(1.5), y = tape.variable(1.5f);
        try {
            x + y;
        } catch (const DtypeError& error) {
            show(error.what());
            // add: got [] float64, [] float32, expected operands of one type (cast() converts); an xt::xarray<T> or nn::read_csv<T> comes in as T
        }
        //! [DtypeError]
    }
    {
        //! [ValueError]
        const Variable x = tape.variable(1.);
        try {
            clamp(x, 1, -1);
        } catch (const ValueError& error) {
            show(error.what());  // clamp: the lower bound 1 is above the upper bound -1
        }
        //! [ValueError]
    }
    {
        //! [StaleError]
        Variable x;
        {
            Tape inner;
            x = inner.variable(1.);
        }
        try {
            x.item();
        } catch (const StaleError& error) {
            show(error.what());
            // variable %0: its tape was cleared, rewound past it or destroyed since it was recorded
        }
        //! [StaleError]
    }
    {
        //! [GradientError]
        const Variable x = tape.variable(xt::xarray<double>{1., 2.});
        try {
            grad(x * x, x);
        } catch (const GradientError& error) {
            show(error.what());
            // grad: the output has shape [2], not one element; reduce it (sum, mean) or use vjp() with a cotangent
        }
        //! [GradientError]
    }
    {
        //! [GraphError]
        try {
            Graph graph;
            graph.set_outputs({5});  // a node that there is not
            graph.verify();
        } catch (const GraphError& error) {
            show(error.what());  // verify: output %5 does not exist
        }
        //! [GraphError]
    }
    {
        //! [MemoryError]
        const Variable x = tape.variable(1.);
        try {
            ones(x, {1 << 22, 1 << 22});  // 140 TB
        } catch (const MemoryError& error) {
            show(error.what());
            // full: no memory for its value, [4194304, 4194304] float64 (134217728 MiB)
        }
        //! [MemoryError]
    }
    {
        //! [DataError]
        try {
            nn::read_csv("no_such_file.csv");
        } catch (const DataError& error) {
            show(error.what());  // no_such_file.csv: cannot be read: No such file or directory
        }
        //! [DataError]
    }
    {
        //! [DrawError, layout_limit]
        // nodes and arrows: too many to lay out
        const Picture picture("digraph { a -> b }", layout_limit + 1);
        try {
            picture.svg();
        } catch (const DrawError& error) {
            show(error.what());
            // draw: the picture has 1501 nodes and arrows; up to 1500 can be laid out. Close modules (DrawOptions::depth), or save it as .dot
        }
        //! [DrawError, layout_limit]
    }
    {
        //! [AnomalyError]
        Tape careful({.detect_anomaly = true});  // looks at every value as it is computed
        const Variable x = careful.variable(0., "x");
        try {
            log(x) * 0;
        } catch (const AnomalyError& error) {
            show(error.anomaly().first().origin[0].value);  // -inf
        }
        //! [AnomalyError]
    }
    {
        //! [CustomOpError]
        const CustomOp strange = custom_op("strange", [](const auto& v) {
            if (v.size() > 1) throw std::runtime_error("only one at a time");
            return v * 2.0;
        });
        try {
            strange(tape.variable(xt::xarray<double>{1., 2.}));
        } catch (const CustomOpError& error) {
            show(error.what());  // strange (got [2] float64): its forward failed: only one at a time
        }
        //! [CustomOpError]
    }
}

const shown::Page page("Errors", {errors});

}  // namespace
