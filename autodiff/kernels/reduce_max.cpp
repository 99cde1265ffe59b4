// Largest elements along one axis.
#include "autodiff/kernels/reduce_axis.hpp"

namespace xgrad::kernels::lanes {

template void reduce_axis<Reduction::max>(const float*, float*, std::int64_t, std::int64_t, std::int64_t,
                                          double);
template void reduce_axis<Reduction::max>(const double*, double*, std::int64_t, std::int64_t, std::int64_t,
                                          double);
template void reduce_axis<Reduction::max>(const std::int64_t*, std::int64_t*, std::int64_t, std::int64_t,
                                          std::int64_t, double);

}  // namespace xgrad::kernels::lanes
