// Special functions of one number that neither the compiler nor libm has ready for a loop. Internal.
#pragma once

namespace xgrad::kernels {

/// ln |Gamma(x)|; +inf at 0, -1, -2, ... and at both infinities. Safe for threads (::lgamma writes a global).
double lgamma(double x);
/// The n-th derivative of digamma, digamma itself for n = 0. At 0: digamma is -inf at +0 and +inf at -0, as in PyTorch.
/// At -1, -2, ...: digamma is NaN; the others are +inf for odd n and -inf for even n, also at 0.
double polygamma(int n, double x);

}  // namespace xgrad::kernels
