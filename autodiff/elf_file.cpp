// Reading symbols: System V ABI, ELF-64.
#include "autodiff/elf_file.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "autodiff/byte_reader.hpp"

#if __has_include(<elf.h>)
#define XGRAD_HAS_ELF 1
#include <elf.h>
#endif

namespace xgrad::detail {

#ifdef XGRAD_HAS_ELF

ElfFile::ElfFile(const std::string& path) : path_(path)
{
    std::error_code error;
    if (const auto target = std::filesystem::canonical(path, error); !error) path_ = target.string();
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) return;
    bytes_ = std::move(text).str();
    read_symbols();
}

std::string_view ElfFile::section(std::string_view name) const
{
    Elf64_Ehdr header;
    if (bytes_.size() < sizeof header) return {};
    std::memcpy(&header, bytes_.data(), sizeof header);
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_shentsize != sizeof(Elf64_Shdr))
        return {};
    const std::string_view all = bytes_;
    const auto header_of = [&](std::size_t k) {
        Elf64_Shdr section{};
        const std::uint64_t at = header.e_shoff + k * sizeof section;
        if (at < all.size() && all.size() - at >= sizeof section)
            std::memcpy(&section, all.data() + at, sizeof section);
        return section;
    };
    const auto contents = [&](const Elf64_Shdr& section) -> std::string_view {
        if (section.sh_type == SHT_NOBITS || (section.sh_flags & SHF_COMPRESSED) ||
            section.sh_offset > all.size())
            return {};
        return all.substr(section.sh_offset, section.sh_size);
    };
    const std::string_view names = contents(header_of(header.e_shstrndx));
    for (std::size_t k = 0; k < header.e_shnum; ++k)
        if (const Elf64_Shdr found = header_of(k); text_at(names, found.sh_name) == name)
            return contents(found);
    return {};
}

void ElfFile::read_symbols()
{
    std::string_view table = section(".symtab");
    names_ = section(".strtab");
    if (table.empty()) {
        table = section(".dynsym");
        names_ = section(".dynstr");
    }
    Reader in(table);
    while (in.rest().size() >= sizeof(Elf64_Sym)) {
        const auto symbol = in.number<Elf64_Sym>();
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF)
            symbols_.push_back({symbol.st_value, symbol.st_size, symbol.st_name});
    }
    std::ranges::stable_sort(symbols_, {}, &Symbol::start);
}

std::string ElfFile::function_at(std::uintptr_t address) const
{
    auto it = std::ranges::upper_bound(symbols_, address, {}, &Symbol::start);
    if (it == symbols_.begin()) return {};
    --it;
    if (address >= it->start + std::max<std::uint64_t>(it->size, 1)) return {};
    return std::string(text_at(names_, it->name));
}

#else

ElfFile::ElfFile(const std::string& path) : path_(path) {}
std::string ElfFile::function_at(std::uintptr_t) const { return {}; }

#endif

}  // namespace xgrad::detail
