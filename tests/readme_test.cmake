# The code in README.md is examples/tour.cpp, to the letter (but for the comment on its first line).
# Run as: cmake -DSOURCE=<repository> -P readme_test.cmake
file(READ "${SOURCE}/README.md" readme)
file(READ "${SOURCE}/examples/tour.cpp" tour)
string(REGEX REPLACE "^//[^\n]*\n" "" tour "${tour}")
string(FIND "${readme}" "```cpp\n${tour}```" place)
if(place EQUAL -1)
    message(FATAL_ERROR "the tour in README.md differs from examples/tour.cpp: copy the file into the README")
endif()
