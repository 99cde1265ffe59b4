// The number of threads, as users set it.
#include "xgrad/autodiff/threads.hpp"

#include <string>

#include "autodiff/kernels/threads.hpp"
#include "xgrad/autodiff/error.hpp"

namespace xgrad {

void set_num_threads(int count)
{
    if (count < 1)
        throw ValueError("set_num_threads: " + std::to_string(count) + " threads, expected 1 or more");
    kernels::set_num_threads(count);
}

int num_threads() { return kernels::num_threads(); }

}  // namespace xgrad
