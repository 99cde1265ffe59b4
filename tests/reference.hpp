// What every op is meant to compute, as naive long double loops: the table that the registry is checked against.
#pragma once

#include "reference/elementwise.hpp"
#include "reference/image.hpp"
#include "reference/index.hpp"
#include "reference/linalg.hpp"
#include "reference/loss.hpp"
#include "reference/lstm.hpp"
#include "reference/math.hpp"
#include "reference/norm.hpp"
#include "reference/reduce.hpp"
#include "reference/shape.hpp"

namespace reference {

/// Ops whose values are drawn are checked by what they promise instead (see registry_test.cpp).
inline const Rows& table()
{
    static const Rows all = [] {
        Rows rows = elementwise_rows;
        rows.insert(math_rows.begin(), math_rows.end());
        rows.insert(activation_rows.begin(), activation_rows.end());
        rows.insert(index_rows.begin(), index_rows.end());
        rows.insert(loss_rows.begin(), loss_rows.end());
        rows.insert(norm_rows.begin(), norm_rows.end());
        rows.insert(linalg_rows.begin(), linalg_rows.end());
        rows.insert(reduce_rows.begin(), reduce_rows.end());
        rows.insert(shape_rows.begin(), shape_rows.end());
        rows.insert(lstm_rows.begin(), lstm_rows.end());
        rows.insert(image_rows.begin(), image_rows.end());
        return rows;
    }();
    return all;
}

}  // namespace reference
