// Reading symbols and line tables: System V ABI (ELF-64), DWARF 5, section 6.2 (and its forms of versions 2 to 4).
#include "autodiff/elf_file.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#if __has_include(<elf.h>)
#define XGRAD_HAS_ELF 1
#include <elf.h>
#endif

namespace xgrad::detail {

#ifdef XGRAD_HAS_ELF

namespace {

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

std::string_view text_at(std::string_view section, std::uint64_t offset)
{
    return offset < section.size() ? Reader(section.substr(offset)).text() : std::string_view();
}

// One unit of a line table: what its header says, and the run of its program.
class LineUnit {
  public:
    LineUnit(std::string_view strings, std::string_view line_strings)
        : strings_(strings), line_strings_(line_strings)
    {}

    // Reads the unit's header. False: of a version that is not known.
    bool read_header(Reader& in, bool wide)
    {
        version_ = in.number<std::uint16_t>();
        if (version_ < 2 || version_ > 5) return false;
        if (version_ == 5) in.take(2);
        const std::uint64_t length = in.offset(wide);
        Reader header(in.take(length));
        step_ = header.number<std::uint8_t>();
        if (version_ >= 4) header.take(1);
        header.take(1);
        line_base_ = header.number<std::int8_t>();
        line_range_ = header.number<std::uint8_t>();
        opcode_base_ = header.number<std::uint8_t>();
        lengths_ = header.take(opcode_base_ > 0 ? opcode_base_ - 1u : 0u);
        if (version_ == 5) {
            read_entries(header, wide);
            files_ = read_entries(header, wide);
        } else {
            files_.emplace_back();  // counted from 1
            while (!header.done() && !header.text().empty()) {}
            while (!header.done()) {
                const std::string_view name = header.text();
                if (name.empty()) break;
                files_.push_back(name);
                for (int k = 0; k < 3; ++k) header.unsigned_leb();
            }
        }
        return in.good() && line_range_ != 0;
    }

    ElfFile::Line find(Reader program, std::uint64_t wanted) const
    {
        Row row, before;
        bool has_before = false;
        ElfFile::Line found;
        const auto emit = [&](bool end) {
            if (has_before && before.address <= wanted && wanted < row.address)
                found = {before.file < files_.size() ? std::string(files_[before.file]) : "", before.line};
            before = row;
            has_before = !end;
            if (end) row = {};
        };
        while (!program.done() && found.number == 0) {
            const auto op = program.number<std::uint8_t>();
            if (op >= opcode_base_) {
                const int by = op - opcode_base_;
                row.address += static_cast<std::uint64_t>(by / line_range_) * step_;
                row.line += line_base_ + by % line_range_;
                emit(false);
                continue;
            }
            switch (op) {
            case 0: {  // an extended one
                Reader more(program.take(program.unsigned_leb()));
                const auto kind = more.number<std::uint8_t>();
                if (kind == 1) emit(true);
                if (kind == 2 && more.rest().size() == 8) row.address = more.number<std::uint64_t>();
                break;
            }
            case 1: emit(false); break;
            case 2: row.address += program.unsigned_leb() * step_; break;
            case 3: row.line += static_cast<int>(program.signed_leb()); break;
            case 4: row.file = program.unsigned_leb(); break;
            case 8:
                row.address += static_cast<std::uint64_t>((255 - opcode_base_) / line_range_) * step_;
                break;
            case 9: row.address += program.number<std::uint16_t>(); break;
            default:
                for (int k = 0; k < lengths_[op - 1u]; ++k) program.unsigned_leb();
            }
        }
        return found;
    }

  private:
    struct Row {
        std::uint64_t address = 0, file = 1;
        int line = 1;
    };

    // Version 5 describes its entries: what is in each, and in which form. Returns their names.
    std::vector<std::string_view> read_entries(Reader& in, bool wide) const
    {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> formats(in.number<std::uint8_t>());
        for (auto& [content, form] : formats) {
            content = in.unsigned_leb();
            form = in.unsigned_leb();
        }
        std::vector<std::string_view> names;
        for (std::uint64_t count = in.unsigned_leb(); count > 0 && in.good(); --count) {
            std::string_view name;
            for (const auto& [content, form] : formats) {
                std::string_view text;
                switch (form) {
                case 0x08: text = in.text(); break;
                case 0x0e: text = text_at(strings_, in.offset(wide)); break;
                case 0x1f: text = text_at(line_strings_, in.offset(wide)); break;
                case 0x09: in.take(in.unsigned_leb()); break;
                case 0x0f: in.unsigned_leb(); break;
                case 0x0b: in.take(1); break;
                case 0x05: in.take(2); break;
                case 0x06: in.take(4); break;
                case 0x07: in.take(8); break;
                case 0x1e: in.take(16); break;
                default: in.take(in.rest().size() + 1); break;  // not known: nothing can be said
                }
                if (content == 1) name = text;
            }
            names.push_back(name);
        }
        return names;
    }

    std::string_view strings_, line_strings_;
    int version_ = 0, line_base_ = 0, line_range_ = 0, opcode_base_ = 0;
    std::uint64_t step_ = 1;
    std::string_view lengths_;
    std::vector<std::string_view> files_;
};

}  // namespace

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

ElfFile::Line ElfFile::line_at(std::uintptr_t address) const
{
    const std::string_view strings = section(".debug_str"), line_strings = section(".debug_line_str");
    Reader in(section(".debug_line"));
    while (!in.done()) {
        std::uint64_t length = in.number<std::uint32_t>();
        const bool wide = length == 0xffffffffu;
        if (wide) length = in.number<std::uint64_t>();
        Reader unit(in.take(length));
        LineUnit lines(strings, line_strings);
        if (!lines.read_header(unit, wide)) continue;
        if (Line found = lines.find(unit, address); found.number > 0) return found;
    }
    return {};
}

#else

ElfFile::ElfFile(const std::string& path) : path_(path) {}
std::string ElfFile::function_at(std::uintptr_t) const { return {}; }
ElfFile::Line ElfFile::line_at(std::uintptr_t) const { return {}; }

#endif

}  // namespace xgrad::detail
