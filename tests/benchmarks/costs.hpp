// What a library costs beside time: rows of memory, loaded libraries, start-up and compile time.
#pragma once

#include <vector>

#include "table.hpp"

namespace bench {

/// Peak memory of training rss_100x256_b512, eager and replayed.
void memory_rows(std::vector<Row>& rows);
/// The size of the shared libraries that a program which trains an MLP has loaded.
void library_rows(std::vector<Row>& rows);
/// Time and peak memory of the smallest program that differentiates something.
void start_up_rows(bool quick, std::vector<Row>& rows);
/// Time and memory that compiling a user's file takes, with each compiler there is.
void compile_rows(bool quick, std::vector<Row>& rows);

}  // namespace bench
