// How many cores loops and products may use,
// and how many they use now.
#pragma once

namespace xgrad {

/// Sets how many threads a large loop or matrix product may use, the caller's included; small ones always run on the
/// caller's thread alone. Holds for the whole process. At first as many as OPENBLAS_NUM_THREADS or OMP_NUM_THREADS say,
/// else as there are processors. Threads that evaluate tapes or programs at the same time share them: a loop that
/// begins while another one runs has its own thread only.
/// OpenBLAS is set to one thread when the first product is computed, since products are split here; that holds for
/// other users of OpenBLAS in the same process too.
/// @throws ValueError if count < 1
void set_num_threads(int count);
/// How many threads a large loop or product may use now.
int num_threads();

}  // namespace xgrad
