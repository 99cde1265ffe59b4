// A growing array of trivial values that skips initialisation and grows by realloc.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace xgrad::detail {

class Recorder;

/// Like std::vector for trivial types, without the cost of initialising what is about to be written.
template <class T>
class Column {
    static_assert(std::is_trivially_copyable_v<T>);

  public:
    Column() = default;
    Column(const Column& other)
    {
        resize(other.size_);
        if (size_) std::memcpy(data_, other.data_, size_ * sizeof(T));
    }
    Column(Column&& other) noexcept { swap(other); }
    Column& operator=(Column other) noexcept
    {
        swap(other);
        return *this;
    }
    ~Column() { std::free(data_); }

    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }
    bool empty() const { return size_ == 0; }
    T* data() { return data_; }
    const T* data() const { return data_; }
    T& operator[](std::size_t i) { return data_[i]; }
    const T& operator[](std::size_t i) const { return data_[i]; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    T& back() { return data_[size_ - 1]; }

    /// Room for one more at the end, which counts only after commit_back().
    T& next()
    {
        if (size_ == capacity_) grow(size_ + 1);
        return data_[size_];
    }
    void commit_back() { ++size_; }
    void push_back(T value)
    {
        next() = value;
        ++size_;
    }
    /// New elements are indeterminate.
    void resize(std::size_t size)
    {
        if (size > capacity_) grow(size);
        size_ = size;
    }
    void clear() { size_ = 0; }
    /// Gives the memory back.
    void release()
    {
        std::free(std::exchange(data_, nullptr));
        size_ = capacity_ = 0;
    }

  private:
    void swap(Column& other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }
    [[gnu::noinline]] void grow(std::size_t least)
    {
        const std::size_t capacity = least > 2 * capacity_ ? least + 14 : 2 * capacity_;
        void* memory = std::realloc(static_cast<void*>(data_), capacity * sizeof(T));
        if (!memory) throw std::bad_alloc();
        data_ = static_cast<T*>(memory);
        capacity_ = capacity;
    }

    T* data_ = nullptr;
    std::size_t size_ = 0, capacity_ = 0;
};

}  // namespace xgrad::detail
