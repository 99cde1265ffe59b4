// Row-wise ops: one kernel for all rows at once, for eager code, and for some at a time, within groups. Internal.
#pragma once

#include <vector>

#include "autodiff/kernels/threads.hpp"
#include "autodiff/ops/axes.hpp"
#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

template <class T>
const T* input(const RowsCall& call, std::size_t k)
{
    return k < call.in.size() ? static_cast<const T*>(call.in[k]) : nullptr;
}
template <class T>
T* output(const RowsCall& call, std::size_t k)
{
    return static_cast<T*>(call.out[k]);
}

/// The kernel of a row that has Op::rows: all of them, in parts where nothing is passed on from row to row.
void run_all_rows(const KernelCall& call);

}  // namespace xgrad::detail
