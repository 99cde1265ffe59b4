// How rows enter the registry, and the few ops that the engine itself names. Internal.
#pragma once

#include <initializer_list>

#include "xgrad/autodiff/op.hpp"

namespace xgrad::detail {

/// Puts a row into the registry (at start-up) and returns where it stays.
const Op& row(Op op);
/// The same for functions that are composed of other ops. Returns true.
bool composed(std::initializer_list<Op> functions);

// Leaves, and the further outputs of ops that have several: ops/leaf.cpp.
extern const Op &input_op, &parameter_op, &constant_op, &full_op, &output_op;
// What the reverse sweep emits by itself: ops/shape.cpp, ops/arithmetic.cpp.
extern const Op &sum_to_op, &add_op;

// What transforms emit: ops/transform.cpp.
extern const Op &identity_op, &once_op;
/// x as a variable of its own: what depends on it need not be all that depends on x.
Variable identity(Variable x);
/// The value, computed from the others in a way that no gradient knows: differentiating it is an error.
Variable once(Variable value, std::span<const Variable> from);

/// An array of one value in the element type of `like`: ops/leaf.cpp.
Variable filled(Variable like, ListId shape, double value);

// Each family's anchor: naming it keeps the family's file in a statically linked program.
void leaf_rows();
void arithmetic_rows();
void math_rows();
void trigonometry_rows();
void special_rows();
void rectifier_rows();
void smooth_activation_rows();
void scan_rows();
void statistics_rows();
void reorder_rows();
void rearrange_rows();
void matrix_rows();
void product_rows();
void creation_rows();
void picking_rows();
void cumulative_rows();
void reduction_rows();
void gate_rows();
void replace_rows();
void division_rows();
void split_rows();
void einsum_rows();
void index_rows();
void compare_rows();
void reduce_rows();
void shape_rows();
void slice_rows();
void linalg_rows();
void solve_rows();
void determinant_rows();
void factorise_rows();
void spectral_rows();
void softmax_rows();
void lstm_rows();
void random_rows();
void update_rows();
void loss_rows();
void regression_loss_rows();
void margin_loss_rows();
void label_loss_rows();
void cross_entropy_family();
void require_rows();
void layer_norm_rows();
void batch_norm_rows();
void normalization_rows();
void recurrent_rows();
void activation_rows();
void embedding_rows();
void attention_rows();
void conv_rows();
void conv_transpose_rows();
void avg_pool_rows();
void max_pool_rows();
void adaptive_pool_rows();
void resampling_rows();
void unfold_rows();
void flatten_rows();
void transform_rows();

}  // namespace xgrad::detail
