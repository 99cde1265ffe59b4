// Values outside tapes: arrays, element types, shapes, and the memory that they take.
#include "shown.hpp"
using namespace xgrad;

namespace {

void arrays(Tape& tape)
{
    {
        //! [Array]
        const Array a(xt::xarray<double>{{1., 2.}, {3., 4.}});  // a copy; copying the Array then shares it
        show(a.shape());                                        // [2, 2]
        show(a.rows(1, 2));                                     // [[3, 4]]
        show(a.cast(DType::float32).dtype());                   // float32
        show(Array(0.5f).dtype());            // float32  (a number is an array without axes)
        show(Array(7).item<std::int64_t>());  // 7
        //! [Array]
    }
    {
        //! [View]
        const View<double> view = Array(xt::xarray<double>{1., 2.}).value<double>();  // read-only
        show(view(1));  // 2  (an xtensor expression; it keeps the memory alive, whoever made it)
        show(xt::xarray<double>(view * 10));  // [10, 20]
        //! [View]
    }
    {
        //! [Pin]
        const Array a(xt::xarray<double>{1., 2.});
        const Pin pin{a.buffer()};            // what a View holds: the memory stays as long as it does
        show(static_cast<bool>(pin.buffer));  // true
        //! [Pin]
    }
    {
        //! [Shape]
        const Shape shape = {64, 784};              // lengths of the axes; {} is that of a single number
        show(Array(DType::float32, shape).size());  // 50176
        //! [Shape]
    }
    {
        //! [Dims]
        const Variable x = tape.variable(xt::xarray<double>{{1., 2., 3.}});
        const Dims lengths = x.shape();               // a shape that the tape holds
        show(lengths[1]);                             // 3
        show(Shape(lengths.begin(), lengths.end()));  // [1, 3]  (one of your own)
        //! [Dims]
    }
    {
        //! [to_string]
        const Shape shape = {64, 784};
        show(to_string(shape));  // [64, 784]
        //! [to_string]
    }
    {
        //! [element_count]
        const Shape shape = {2, 3, 4}, scalar = {};
        show(element_count(shape));   // 24
        show(element_count(scalar));  // 1
        //! [element_count]
    }
    {
        //! [is_too_large, most_axes]
        const Shape shape = {std::int64_t{1} << 40, 1000};
        show(is_too_large(shape));  // true  (more than 2^48 elements)
        show(most_axes);            // 32  (as many axes as NumPy allows)
        //! [is_too_large, most_axes]
    }
}

void types(Tape& tape)
{
    {
        //! [DType]
        const Variable x = tape.variable(1.5f);
        show(x.dtype() == DType::float32);  // true
        show((x > 0).dtype());              // bool
        show(argmax(x).dtype());            // int64
        //! [DType]
    }
    {
        //! [dtype_of, element]
        show(element<float> && element<std::int64_t>);  // true  (C++ types that have a tag)
        show(element<int>);                             // false
        show(dtype_of<double>);                         // float64
        //! [dtype_of, element]
    }
    {
        //! [name_of]
        show(std::string(name_of(DType::boolean)));  // bool  (NumPy's names)
        //! [name_of]
    }
    {
        //! [size_of]
        show(size_of(DType::float32));  // 4  (bytes)
        //! [size_of]
    }
    {
        //! [is_floating]
        show(is_floating(DType::float32));  // true  (carries gradients)
        show(is_floating(DType::int64));    // false
        //! [is_floating]
    }
    {
        //! [dtype_count]
        std::array<int, dtype_count> how_many = {};  // a table by element type
        ++how_many[static_cast<std::size_t>(DType::float64)];
        show(how_many[1]);  // 1
        //! [dtype_count]
    }
}

void memory(Tape&)
{
    {
        //! [pool_statistics, PoolStatistics]
        const std::int64_t before = pool_statistics().bytes_in_use;
        const Array a(DType::float64, {1024, 1024});
        const PoolStatistics now = pool_statistics();        // of this thread
        show(now.bytes_in_use - before >= 8 * 1024 * 1024);  // true
        //! [pool_statistics, PoolStatistics]
    }
    {
        //! [reset_peak_bytes]
        {
            const Array a(DType::float64, {1024, 1024});
        }
        show(pool_statistics().peak_bytes > 8'000'000);  // true
        reset_peak_bytes();
        show(pool_statistics().peak_bytes == pool_statistics().bytes_in_use);  // true
        //! [reset_peak_bytes]
    }
    {
        //! [trim_pool]
        {
            const Array a(DType::float64, {1024, 1024});
        }
        trim_pool();  // what is free goes back to the system
        const std::uint64_t before = pool_statistics().system_allocations;
        const Array b(DType::float64, {1024, 1024});
        show(pool_statistics().system_allocations - before);  // 1
        //! [trim_pool]
    }
    {
        //! [Buffer]
        const Buffer one(100), other = one;  // shared, reference-counted memory of the pool
        show(one.data() == other.data());    // true
        //! [Buffer]
    }
    {
        //! [alignment, padded]
        show(alignment);    // 64  (every value begins at a multiple of so many bytes)
        show(padded(100));  // 128  (and is as long as whole vectors)
        //! [alignment, padded]
    }
}

const shown::Page page("Arrays and memory", {arrays, types, memory});

}  // namespace
