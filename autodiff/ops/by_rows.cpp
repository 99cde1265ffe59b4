// All rows of a row-wise op.
#include "autodiff/ops/by_rows.hpp"

#include <array>

namespace xgrad::detail {

void run_all_rows(const KernelCall& call)
{
    const Node& node = call.node();
    const RowsKernel& kernel = node.op->rows;
    const std::int64_t length = call.shape().back();
    const std::int64_t rows = element_count(call.shape().first(call.shape().size() - 1));
    if (kernel.state != nullptr) {
        static thread_local std::vector<double> state;
        state.assign((kernel.state(call.graph, call.id) + sizeof(double) - 1) / sizeof(double), 0.0);
        kernel.run({node, call.out, call.in, rows, length, reinterpret_cast<std::byte*>(state.data()), true});
        return;
    }
    constexpr std::int64_t worth = 1 << 14;  // elements
    kernels::parallel_for(
        rows, std::max<std::int64_t>(1, worth / std::max<std::int64_t>(length, 1)),
        [&](std::int64_t begin, std::int64_t end) {
            constexpr std::size_t most = 8;
            std::array<void*, most_outputs> out;
            std::array<const void*, most> in;
            const auto bytes = [&](RowForm form, DType dtype) {
                const std::int64_t elements = form == RowForm::full ? length : form == RowForm::each ? 1 : 0;
                return begin * elements * static_cast<std::int64_t>(size_of(dtype));
            };
            for (std::size_t k = 0; k < call.out.size(); ++k)
                out[k] = static_cast<std::byte*>(call.out[k]) +
                         bytes(kernel.output(k), call.graph.dtype(call.id + static_cast<ValueId>(k)));
            for (std::size_t k = 0; k < call.in.size(); ++k)
                in[k] = static_cast<const std::byte*>(call.in[k]) + bytes(kernel.input(k), call.dtype(k));
            kernel.run({node,
                        {out.data(), call.out.size()},
                        {in.data(), call.in.size()},
                        end - begin,
                        length,
                        nullptr,
                        end == rows});
        });
}

}  // namespace xgrad::detail
