// Where the data sets of examples/data lie, whatever folder a program was started in.
#pragma once

#include <string>

namespace common {

/// data_file("iris.csv")
inline std::string data_file(const std::string& name) { return XGRAD_SOURCE_DIR "/examples/data/" + name; }

}  // namespace common
