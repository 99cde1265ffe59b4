// Sums along one axis.
#include "autodiff/kernels/reduce_axis.hpp"

namespace xgrad::kernels::lanes {

template void reduce_axis<Reduction::sum>(const float*, float*, std::int64_t, std::int64_t, std::int64_t,
                                          double);
template void reduce_axis<Reduction::sum>(const double*, double*, std::int64_t, std::int64_t, std::int64_t,
                                          double);
template void reduce_axis<Reduction::sum>(const std::int64_t*, std::int64_t*, std::int64_t, std::int64_t,
                                          std::int64_t, double);

}  // namespace xgrad::kernels::lanes
