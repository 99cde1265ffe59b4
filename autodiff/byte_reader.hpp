// Numbers and texts out of a file's bytes. Internal.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace xgrad::detail {

// The bytes of a file are not to be trusted: what would be read beyond their end is 0, and `good` says so.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}
    bool good() const { return good_; }
    bool done() const { return rest_.empty() || !good_; }
    std::string_view rest() const { return rest_; }

    std::string_view take(std::uint64_t count)
    {
        if (count > rest_.size()) {
            good_ = false;
            rest_ = {};
            return {};
        }
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    template <class T>
    T number()
    {
        T value{};
        if (const std::string_view bytes = take(sizeof(T)); !bytes.empty())
            std::memcpy(&value, bytes.data(), sizeof(T));
        return value;
    }
    std::uint64_t offset(bool wide) { return wide ? number<std::uint64_t>() : number<std::uint32_t>(); }
    std::uint64_t unsigned_leb()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; good_; shift += 7) {
            const auto byte = number<std::uint8_t>();
            if (shift < 64) value |= std::uint64_t{byte & 0x7fu} << shift;
            if (!(byte & 0x80)) break;
        }
        return value;
    }
    std::int64_t signed_leb()
    {
        std::uint64_t value = 0;
        unsigned shift = 0;
        std::uint8_t byte = 0;
        do {
            byte = number<std::uint8_t>();
            if (shift < 64) value |= std::uint64_t{byte & 0x7fu} << shift;
            shift += 7;
        } while (good_ && (byte & 0x80));
        if (shift < 64 && (byte & 0x40)) value |= ~std::uint64_t{0} << shift;
        return static_cast<std::int64_t>(value);
    }
    std::string_view text()
    {
        const std::size_t end = rest_.find('\0');
        const std::string_view result = take(end);
        take(1);
        return result;
    }

  private:
    std::string_view rest_;
    bool good_ = true;
};

inline std::string_view text_at(std::string_view section, std::uint64_t offset)
{
    return offset < section.size() ? Reader(section.substr(offset)).text() : std::string_view();
}

}  // namespace xgrad::detail
