// Data sets: CSV files, standardising, splitting, batches, and synthetic examples.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "xgrad/autodiff/array.hpp"

namespace xgrad::nn {

/// Element types of inputs: float and double.
template <class T>
concept real_element = std::same_as<T, float> || std::same_as<T, double>;

class Batches;

/// How batches() walks over a data set.
struct BatchOptions {
    std::int64_t epochs = 1;
    std::uint64_t seed = 0;
    bool shuffle = true;     ///< a new order in each epoch, by the seed
    bool drop_last = false;  ///< leave out a last batch that is not full
};

/// Inputs and targets, row by row.
struct Dataset {
    Array x;                                 ///< [n, features]
    Array t;                                 ///< [n, 1]: labels -1/+1 or numbers; [n] int64: classes
    std::vector<std::string> features = {};  ///< names of x's columns
    std::vector<std::string> classes = {};   ///< names of the classes by number; of -1, +1
    std::string target = {};                 ///< name of the target

    std::int64_t size() const { return x.shape().empty() ? 0 : x.shape()[0]; }
    /// The rows named, in that order. @throws ShapeError if one is not within the set.
    Dataset take(std::span<const std::int64_t> rows) const;
    /// See nn::batches().
    Batches batches(std::int64_t size, const BatchOptions& options = {}) const;
};

// ---------------------------------------------------------------- files

/// How a CSV file is read. Its first line names the columns.
struct CsvOptions {
    std::string target = {};    ///< the target's column; empty: there is none, and t has shape [n, 0]
    std::string positive = {};  ///< the target's value that gets the label +1; all others get -1
    bool labels = false;        ///< the target holds classes even where they are written as numbers
    std::vector<std::string> only = {};  ///< keep only rows with these values of the target
    std::vector<std::string> skip = {};  ///< columns to leave out
    char separator = ',';
};

/// Reads a CSV file (RFC 4180: quoted fields, LF, CRLF or CR; spaces around a field are dropped). Cells are
/// decimal numbers whatever the locale. The target's column becomes labels -1/+1 [n, 1] when `positive` names
/// one of its values; else numbers [n, 1] when all of them are; else classes int64 [n], numbered in sorted
/// order, when none is or `labels` is set.
/// @throws DataError with file, line and column for: a file that is missing, empty, without rows or in UTF-16; a row
///         of another length than the header; a cell that is empty, no finite number or too large for T; a column
///         without a name; a column named in the options that does not exist; a target of numbers and words; a
///         positive label that does not occur (with those that do).
template <real_element T = float>
Dataset read_csv(const std::string& path, const CsvOptions& options = {});

// ---------------------------------------------------------------- preparation

/// Shifts and scales columns by what it has learnt from a data set.
class Standardiser {
  public:
    /// Learns mean and deviation (divided by n) of each column of x [n, features]. A constant column has
    /// deviation 1.
    /// @throws ShapeError unless x has two axes and a row; DtypeError unless it is float32 or float64; ValueError with
    ///         column and row for what is not finite.
    explicit Standardiser(const Array& x);

    /// (x - mean) / deviation, in x's type.
    /// @throws ShapeError for another number of columns; DtypeError, ValueError as above.
    Array operator()(const Array& x) const;
    /// Replaces a data set's x.
    void apply(Dataset& data) const;
    /// Column by column, in float64.
    const std::vector<double>& mean() const { return mean_; }
    const std::vector<double>& deviation() const { return deviation_; }

  private:
    std::vector<double> mean_, deviation_;
};

/// Standardises the training set and, by the training set's mean and deviation, the others:
/// standardise(train, test).
template <std::same_as<Dataset>... Others>
Standardiser standardise(Dataset& train, Others&... others)
{
    Standardiser by_train(train.x);
    by_train.apply(train);
    (by_train.apply(others), ...);
    return by_train;
}

/// A training set and a test set.
struct Split {
    Dataset train, test;
};

/// Options of split().
struct SplitOptions {
    bool stratified = false;  ///< the same share of each label in both parts, each gets some of it
};

/// Puts a fraction of the rows, chosen by the seed, into `train` and the others into `test`.
/// @throws ValueError unless 0 < fraction < 1 and neither part is empty; stratified, unless both parts get rows of every
///         label (a label of 2 rows needs a fraction from 0.25 to below 0.75). ShapeError unless x and t have as many
///         rows; stratified, unless t holds one label a row.
Split split(const Dataset& data, double fraction, std::uint64_t seed, const SplitOptions& options = {});

// ---------------------------------------------------------------- batches

/// Some rows of a data set.
struct Batch {
    Array x, t;
};

/// A range of batches: for (auto [x, t] : batches(data, 64, {.epochs = 20, .seed = 2})).
class Batches {
  public:
    Batches(Array x, Array t, std::int64_t size, const BatchOptions& options);

    /// Number of batches in an epoch, and in all epochs.
    std::int64_t per_epoch() const { return per_epoch_; }
    std::int64_t count() const { return per_epoch_ * options_.epochs; }

    /// What a range-based for loop walks with.
    class Iterator {
      public:
        using value_type = Batch;
        using difference_type = std::ptrdiff_t;
        explicit Iterator(const Batches& batches) : batches_(&batches) {}
        Batch operator*();
        Iterator& operator++()
        {
            ++index_;
            return *this;
        }
        void operator++(int) { ++index_; }
        bool operator==(std::default_sentinel_t) const { return index_ == batches_->count(); }
        /// From 0.
        std::int64_t epoch() const { return index_ / std::max<std::int64_t>(batches_->per_epoch_, 1); }

      private:
        const Batches* batches_;
        std::int64_t index_ = 0, ordered_epoch_ = -1;
        std::vector<std::int64_t> order_;
    };
    Iterator begin() const { return Iterator(*this); }
    std::default_sentinel_t end() const { return {}; }

  private:
    Array x_, t_;
    std::int64_t size_, per_epoch_;
    BatchOptions options_;
};

/// Walks over a data set in batches of `size` rows, the last one of an epoch with what is left. The memory of
/// the data is shared, so the data set may go away.
/// @throws ValueError unless size and epochs are positive; ShapeError if x and t differ in rows.
Batches batches(const Dataset& data, std::int64_t size, const BatchOptions& options = {});

// ---------------------------------------------------------------- synthetic sets Two classes in the plane,
// labels -1 and +1 in turn, t of shape [n, 1]. `noise` is the deviation of a normal law added to each
// coordinate. @throws ValueError unless n >= 2 and noise >= 0.

/// Around (-2, -2) and (2, 2).
template <real_element T = float>
Dataset make_blobs(std::int64_t n, double noise, std::uint64_t seed);
/// Two interleaved half circles of radius 1.
template <real_element T = float>
Dataset make_moons(std::int64_t n, double noise, std::uint64_t seed);
/// A circle of radius 0.5 (+1) within one of radius 1 (-1).
template <real_element T = float>
Dataset make_circles(std::int64_t n, double noise, std::uint64_t seed);
/// Two interleaved spirals of one and a half turns, out to radius 1.
template <real_element T = float>
Dataset make_spirals(std::int64_t n, double noise, std::uint64_t seed);

}  // namespace xgrad::nn
