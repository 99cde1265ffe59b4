// Source lines of addresses: DWARF 5, section 6.2, and its forms of versions 2 to 4.
#include <utility>
#include <vector>

#include "autodiff/byte_reader.hpp"
#include "autodiff/elf_file.hpp"

namespace xgrad::detail {
namespace {

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
            directories_ = read_entries(header, wide);
            files_ = read_entries(header, wide);
        } else {
            directories_.resize(1), files_.resize(1);  // counted from 1
            while (!header.done()) {
                const std::string_view name = header.text();
                if (name.empty()) break;
                directories_.push_back({name, 0});
            }
            while (!header.done()) {
                const std::string_view name = header.text();
                if (name.empty()) break;
                files_.push_back({name, header.unsigned_leb()});
                header.unsigned_leb(), header.unsigned_leb();
            }
        }
        return in.good() && line_range_ != 0;
    }

    ElfFile::Line find(Reader program, std::uint64_t wanted) const
    {
        Row row, before, users;
        bool has_before = false, has_users = false;
        ElfFile::Line found;
        // A header of this library is there because its code was put into the user's function: the user's line is the last
        // one before it.
        constexpr std::uint64_t near = 1024;
        const auto emit = [&](bool end) {
            if (has_before && before.address <= wanted && wanted < row.address) {
                const bool put_in = is_library(before.file) && has_users && wanted - users.address < near;
                const Row& from = put_in ? users : before;
                found = {from.file < files_.size() ? std::string(files_[from.file].name) : "", from.line};
            }
            before = row;
            has_before = !end;
            if (!is_library(row.file)) users = row, has_users = true;
            if (end) row = {}, has_users = false;
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
                if (op > lengths_.size()) return found;
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

    struct Entry {
        std::string_view name;
        std::uint64_t directory = 0;
    };

    // Of this library, xtensor or the standard library?
    bool is_library(std::uint64_t file) const
    {
        if (file >= files_.size()) return false;
        const Entry& entry = files_[file];
        const std::string path =
            (entry.directory < directories_.size() ? std::string(directories_[entry.directory].name) : "") +
            "/" + std::string(entry.name);
        for (const char* part : {"xgrad/autodiff", "xgrad/nn", "/xtensor", "/xtl/", "/c++/"})
            if (path.find(part) != std::string::npos) return true;
        return false;
    }

    // Version 5 describes its entries: what is in each, and in which form.
    std::vector<Entry> read_entries(Reader& in, bool wide) const
    {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> formats(in.number<std::uint8_t>());
        for (auto& [content, form] : formats) {
            content = in.unsigned_leb();
            form = in.unsigned_leb();
        }
        std::vector<Entry> entries;
        if (formats.empty()) return entries;
        for (std::uint64_t count = in.unsigned_leb(); count > 0 && in.good(); --count) {
            Entry entry;
            for (const auto& [content, form] : formats) {
                std::string_view text;
                std::uint64_t number = 0;
                switch (form) {
                case 0x08: text = in.text(); break;
                case 0x0e: text = text_at(strings_, in.offset(wide)); break;
                case 0x1f: text = text_at(line_strings_, in.offset(wide)); break;
                case 0x09: in.take(in.unsigned_leb()); break;
                case 0x0f: number = in.unsigned_leb(); break;
                case 0x0b: number = in.number<std::uint8_t>(); break;
                case 0x05: number = in.number<std::uint16_t>(); break;
                case 0x06: in.take(4); break;
                case 0x07: in.take(8); break;
                case 0x1e: in.take(16); break;
                default: in.take(in.rest().size() + 1); break;  // not known: nothing can be said
                }
                if (content == 1) entry.name = text;
                if (content == 2) entry.directory = number;
            }
            entries.push_back(entry);
        }
        return entries;
    }

    std::string_view strings_, line_strings_;
    int version_ = 0, line_base_ = 0, line_range_ = 0, opcode_base_ = 0;
    std::uint64_t step_ = 1;
    std::string_view lengths_;
    std::vector<Entry> directories_, files_;
};

}  // namespace

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

}  // namespace xgrad::detail
