// What was measured: paired ratios, rows, and the table that is printed and written.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bench {

/// A median with an interval that holds it with 95 % confidence (order statistics).
struct Estimate {
    double median = 0, low = 0, high = 0;
};
Estimate estimate(std::vector<double> values);

enum class Against { libtorch, floor, fixed };

/// "at most `limit` times the peer's", or at most `limit` for a fixed one (in the row's unit).
struct Goal {
    Against against;
    double limit;
};

/// One workload in one mode. Absent: not measured.
struct Row {
    std::string workload, mode;
    std::string unit = "us";
    std::optional<double> ours = {}, libtorch = {}, floor = {};
    std::optional<Estimate> ratio_libtorch = {}, ratio_floor = {};
    std::vector<Goal> goals = {};
    std::optional<double> difference = {};  ///< from the peer's loss and gradients, relative
    double tolerance = 1e-4;
    std::string note = {};
};

/// All goals reached: an interval's lower end is at or below each. False if one is missed; else absent if there is no
/// goal, or one cannot be judged for want of a peer.
std::optional<bool> met(const Row& row);

/// Aligned columns for a terminal.
std::string as_text(const std::vector<Row>& rows);
std::string as_markdown(const std::vector<Row>& rows);
/// A list of objects; null where not measured. Times are in ours_us, libtorch_us and floor_us, other quantities in
/// ours, libtorch and floor with their unit.
std::string as_json(const std::vector<Row>& rows);

}  // namespace bench
