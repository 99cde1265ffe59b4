// Everything of xgrad::autodiff: tapes, variables, ops, derivatives, graphs and passes.
#pragma once

#include "xgrad/autodiff/affine_map.hpp"
#include "xgrad/autodiff/array.hpp"
#include "xgrad/autodiff/check.hpp"
#include "xgrad/autodiff/error.hpp"
#include "xgrad/autodiff/graph.hpp"
#include "xgrad/autodiff/op.hpp"
#include "xgrad/autodiff/ops.hpp"
#include "xgrad/autodiff/parameter.hpp"
#include "xgrad/autodiff/passes/collapse_affine.hpp"
#include "xgrad/autodiff/passes/collapse_linear.hpp"
#include "xgrad/autodiff/profile.hpp"
#include "xgrad/autodiff/program.hpp"
#include "xgrad/autodiff/rewrite.hpp"
#include "xgrad/autodiff/tape.hpp"
#include "xgrad/autodiff/threads.hpp"
#include "xgrad/autodiff/transform.hpp"
