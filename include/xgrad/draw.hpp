// Everything of xgrad::draw: pictures of graphs and certificates, and pages that show them.
#pragma once

#include "xgrad/autodiff/export/html.hpp"
#include "xgrad/autodiff/export/picture.hpp"
#include "xgrad/autodiff/export/regions.hpp"
