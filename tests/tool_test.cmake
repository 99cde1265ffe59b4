# `xgrad ops` says of every op what the registry says; docs/ops.md is what it writes.
# Run as: cmake -DSOURCE=<repository> -DTOOL=<xgrad> -P tool_test.cmake
cmake_policy(VERSION 3.25)

function(run out status)
    execute_process(COMMAND "${TOOL}" ${ARGN} OUTPUT_VARIABLE text ERROR_VARIABLE errors RESULT_VARIABLE result)
    if(NOT result EQUAL status)
        message(SEND_ERROR "xgrad ${ARGN}: status ${result}, not ${status}\n${errors}")
    endif()
    set(${out} "${text}" PARENT_SCOPE)
    set(errors "${errors}" PARENT_SCOPE)
endfunction()

# What the formulas of tanh, relu and where imply, field by field.
function(expect op wanted)
    string(JSON got ERROR_VARIABLE problem GET "${op}" ${ARGN})
    if(NOT got STREQUAL wanted)
        message(SEND_ERROR "xgrad ops --json: ${ARGN} is '${got}', not '${wanted}' ${problem}")
    endif()
endfunction()
run(all 0 ops --json)
string(JSON count LENGTH "${all}")
if(count LESS 150)
    message(SEND_ERROR "xgrad ops --json lists ${count} ops")
endif()
set(names)
math(EXPR last "${count} - 1")
foreach(k RANGE ${last})
    string(JSON op GET "${all}" ${k})
    string(JSON name GET "${op}" name)
    list(APPEND names ${name})
    foreach(field IN ITEMS arity outputs inputs dtypes traits kink low high continuity monotonicity formula gradient differentiable derived_from
                           numpy torch jax)
        string(JSON type ERROR_VARIABLE problem TYPE "${op}" ${field})
        if(problem)
            message(SEND_ERROR "xgrad ops --json: ${name} has no ${field}")
        endif()
    endforeach()
    string(JSON formula GET "${op}" formula)
    string(JSON dtypes LENGTH "${op}" dtypes)
    if(formula STREQUAL "" OR dtypes EQUAL 0)
        message(SEND_ERROR "xgrad ops --json: ${name} has no formula, or takes no element type")
    endif()
    if(name STREQUAL "tanh")
        expect("${op}" 1 arity)
        expect("${op}" float32 dtypes 0)
        expect("${op}" float64 dtypes 1)
        expect("${op}" -1.0 low)
        expect("${op}" 1.0 high)
        expect("${op}" smooth continuity)
        expect("${op}" increasing monotonicity)
        expect("${op}" elementwise traits 0)
        expect("${op}" ON differentiable)
        expect("${op}" np.tanh numpy)
        expect("${op}" torch.tanh torch)
        expect("${op}" jnp.tanh jax)
    elseif(name STREQUAL "relu")
        expect("${op}" "relu'(0) = 0" kink)
        expect("${op}" C0 continuity)
        expect("${op}" non-decreasing monotonicity)
    elseif(name STREQUAL "elu")                     # with its default alpha of 1
        expect("${op}" -1.0 low)
        expect("${op}" C1 continuity)
    elseif(name STREQUAL "where")
        expect("${op}" 3 arity)
    elseif(name STREQUAL "concat")
        string(JSON type TYPE "${op}" arity)
        if(NOT type STREQUAL "NULL")                # any number of inputs
            message(SEND_ERROR "xgrad ops --json: the arity of concat is a ${type}")
        endif()
    endif()
endforeach()
foreach(name IN ITEMS 
    abs acos acosh add amax amin argmax argmin asin asinh atan atan2 atanh batch_norm broadcast_to ceil
    celu cholesky clamp concat conv1d conv2d conv_transpose1d conv_transpose2d cos cosh cross
    cumprod cumsum det diagonal digamma div dot einsum elu embedding erf erfc exp expm1 eye flip
    floor fmod full gather gelu glu group_norm hardshrink hardsigmoid hardswish hardtanh hypot
    index_select inv isfinite isnan layer_norm leaky_relu lgamma linear linspace log log10 log1p
    log2 log_softmax logaddexp logdet logsigmoid logsumexp matmul max maximum mean median min
    minimum mish mul neg norm one_hot outer pad permute pow prelu prod reciprocal relu relu6 repeat
    reshape rms_norm roll round rsqrt scatter_add selu sigmoid sign silu sin sinh slice softmax
    softplus softshrink softsign solve sort split sqrt square squeeze stack std sub sum tan tanh
    tanhshrink threshold tile topk trace tril triu unsqueeze var where avg_pool1d avg_pool2d
    max_pool1d max_pool2d adaptive_avg_pool1d adaptive_avg_pool2d rnn_cell gru_cell lstm_cell
    scaled_dot_product_attention svd eigh qr mse_loss l1_loss smooth_l1_loss huber_loss
    binary_cross_entropy binary_cross_entropy_with_logits cross_entropy nll_loss kl_div hinge_loss
    squared_hinge_loss hinge_embedding_loss soft_margin_loss multi_margin_loss margin_ranking_loss
    triplet_margin_loss cosine_embedding_loss poisson_nll_loss gaussian_nll_loss)
    if(NOT name IN_LIST names)
        message(SEND_ERROR "xgrad ops does not list ${name}")
    endif()
endforeach()
foreach(name IN ITEMS tanh_vjp input sgd_update)    # what only the library records
    if(name IN_LIST names)
        message(SEND_ERROR "xgrad ops lists ${name}")
    endif()
endforeach()
run(everything 0 ops --json --all)
string(JSON more LENGTH "${everything}")
if(NOT more GREATER count)
    message(SEND_ERROR "xgrad ops --all lists no more than without it")
endif()

run(text 0 ops tanh)
if(NOT text MATCHES "(^|\n)tanh\\(x\\) +float32, float64 +\\[-1, 1\\]")
    message(SEND_ERROR "xgrad ops tanh:\n${text}")
endif()
run(none 1 ops no_such_op)
if(NOT errors MATCHES "no op has 'no_such_op'")
    message(SEND_ERROR "xgrad ops no_such_op: ${errors}")
endif()
run(none 109 ops --no-such-option)                  # CLI11's status

run(page 0 ops --page)
file(READ "${SOURCE}/docs/ops.md" written)
if(NOT page STREQUAL written)
    message(SEND_ERROR "docs/ops.md is not what the registry says: build/release/bin/xgrad ops --page > docs/ops.md")
endif()
