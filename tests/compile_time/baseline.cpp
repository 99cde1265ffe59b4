// What a file costs that includes xtensor's arrays and builds one.
#include <xtensor/xarray.hpp>

int main()
{
    const xt::xarray<float> a{{1, 2, 3}, {4, 5, 6}};
    return static_cast<int>(a(1, 2)) - 6;
}
