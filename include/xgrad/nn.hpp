// Everything of xgrad::nn: modules, layers, initialisers, losses, optimizers and data.
#pragma once

#include "xgrad/autodiff/threads.hpp"
#include "xgrad/nn/attention.hpp"
#include "xgrad/nn/compile.hpp"
#include "xgrad/nn/conv.hpp"
#include "xgrad/nn/data.hpp"
#include "xgrad/nn/decomposition.hpp"
#include "xgrad/nn/embedding.hpp"
#include "xgrad/nn/init.hpp"
#include "xgrad/nn/layers.hpp"
#include "xgrad/nn/loss.hpp"
#include "xgrad/nn/lstm.hpp"
#include "xgrad/nn/module.hpp"
#include "xgrad/nn/norm.hpp"
#include "xgrad/nn/optim.hpp"
#include "xgrad/nn/progress.hpp"
#include "xgrad/nn/transform.hpp"
