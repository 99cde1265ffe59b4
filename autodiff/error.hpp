// The exceptions that xgrad throws: a few named types under one base.
#pragma once

#include <stdexcept>
#include <string>

namespace xgrad {

/// Base of every exception of this library. The text names the op, the module path where one is known, the shapes
/// or values met and what was expected.
class Error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Shapes or axes that do not fit together.
class ShapeError : public Error {
  public:
    using Error::Error;
};

/// An element type that an op does not take, or two that differ.
class DtypeError : public Error {
  public:
    using Error::Error;
};

/// A value outside what is allowed: labels, rates, options, sizes.
class ValueError : public Error {
  public:
    using Error::Error;
};

/// A handle to something that is gone: its tape was cleared, rewound or destroyed, or a parameter has changed since.
class StaleError : public Error {
  public:
    using Error::Error;
};

/// A derivative that does not exist or was asked for in a way that has no meaning.
class GradientError : public Error {
  public:
    using Error::Error;
};

/// A graph that breaks an invariant (see Graph::verify).
class GraphError : public Error {
  public:
    using Error::Error;
};

/// Memory that the system does not give for a value (the op, its shape and bytes are named).
class MemoryError : public Error {
  public:
    using Error::Error;
};

/// A file that cannot be read or written, or whose contents are not what was asked for (file, line, column).
class DataError : public Error {
  public:
    using Error::Error;
};

}  // namespace xgrad
