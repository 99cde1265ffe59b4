// Private to softmax: the forms over an axis that is not the last one; as softmax.hpp, with inner > 1.
#pragma once

#include <cstdint>

namespace xgrad::kernels::columns {

template <class T>
void softmax(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner);
template <class T>
void log_softmax(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner);
template <class T>
void logsumexp(const T* x, T* y, std::int64_t outer, std::int64_t axis, std::int64_t inner);
template <class T>
void softmax_vjp(const T* g, const T* y, T* dx, std::int64_t outer, std::int64_t axis, std::int64_t inner);
template <class T>
void log_softmax_vjp(const T* g, const T* y, T* dx, std::int64_t outer, std::int64_t axis,
                     std::int64_t inner);
template <class T>
void logsumexp_vjp(const T* g, const T* x, const T* y, T* dx, std::int64_t outer, std::int64_t axis,
                   std::int64_t inner);

}  // namespace xgrad::kernels::columns
