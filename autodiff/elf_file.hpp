// The functions and, where there is debug information, the lines of a program's file. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace xgrad::detail {

/// A file in the format ELF, 64 bits, in this machine's byte order. Of any other, nothing is known.
class ElfFile {
  public:
    explicit ElfFile(const std::string& path);
    ElfFile(const ElfFile&) = delete;
    ElfFile& operator=(const ElfFile&) = delete;

    /// Where the file really is ("/proc/self/exe" is a link).
    const std::string& path() const { return path_; }
    /// The symbol (mangled) of the function that an address is in; empty if there is none.
    std::string function_at(std::uintptr_t address) const;

    struct Line {
        std::string file = {};
        int number = 0;
    };
    /// The source line of an address; 0 without debug information (DWARF 2 to 5, not compressed).
    Line line_at(std::uintptr_t address) const;

  private:
    struct Symbol {
        std::uint64_t start, size;
        std::uint32_t name;
    };
    std::string_view section(std::string_view name) const;
    void read_symbols();

    std::string path_, bytes_;
    std::vector<Symbol> symbols_;  // functions, by address
    std::string_view names_;
};

}  // namespace xgrad::detail
