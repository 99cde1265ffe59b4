// Rules of Op::examples: what becomes of the examples of a batch in a value of a backward pass. Internal.
#pragma once

#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

/// Refuses a value that an op with Traits::mixes_examples has a part in. @throws GradientError naming that op
void refuse_mixed_examples(Recorder& recorder, Variable y);

/// Of a node without a rule of its own: from its traits and its RowsKernel.
Share examples_of_traits(ExamplesCall& call);
/// Of the same elements in order, in another shape or the same one.
Share examples_of_reshape(ExamplesCall& call);
Share examples_of_permute(ExamplesCall& call);
Share examples_of_broadcast_to(ExamplesCall& call);
Share examples_of_sum_to(ExamplesCall& call);
Share examples_of_slice(ExamplesCall& call);
Share examples_of_unslice(ExamplesCall& call);
/// Of a matrix product.
Share examples_of_product(ExamplesCall& call);
/// Of attention: along the axes before the last two.
Share examples_of_attention(ExamplesCall& call);
Share examples_of_embedding_vjp(ExamplesCall& call);
Share examples_of_conv_weight_grad(ExamplesCall& call);

}  // namespace xgrad::detail
