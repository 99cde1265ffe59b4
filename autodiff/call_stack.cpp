// Return addresses by glibc's backtrace(); names from the symbols of the program's files, lines from its debug
// information. Read when an error is reported, never before.
#include "autodiff/call_stack.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "autodiff/elf_file.hpp"

#if __has_include(<execinfo.h>) && __has_include(<link.h>) && __has_include(<cxxabi.h>)
#define XGRAD_HAS_BACKTRACE 1
#include <cxxabi.h>
#include <execinfo.h>
#include <link.h>
#endif

namespace xgrad::detail {

#ifdef XGRAD_HAS_BACKTRACE

namespace {

constexpr int deepest = 64;

// The file that an address was loaded from, and the address as that file counts.
struct Place {
    std::string object;
    std::uintptr_t offset = 0;
};
struct Search {
    std::uintptr_t address;
    Place found;
};

int look(dl_phdr_info* info, std::size_t, void* data)
{
    auto& search = *static_cast<Search*>(data);
    for (int k = 0; k < info->dlpi_phnum; ++k) {
        const auto& part = info->dlpi_phdr[k];
        const std::uintptr_t begin = info->dlpi_addr + part.p_vaddr;
        if (part.p_type != PT_LOAD || search.address < begin || search.address >= begin + part.p_memsz)
            continue;
        const bool program = info->dlpi_name == nullptr || *info->dlpi_name == 0;
        search.found = {program ? "/proc/self/exe" : info->dlpi_name, search.address - info->dlpi_addr};
        return 1;
    }
    return 0;
}

std::string readable(const std::string& symbol)
{
    int status = 0;
    char* const text = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
    std::string result = status == 0 && text ? text : symbol;
    std::free(text);
    return result;
}

// Is the function one of this library, of the standard library or of the system? Mangled names tell the namespace
// without return type and arguments; Z stands for "local to", N for "nested", then come qualifiers.
bool is_users(std::string_view symbol, std::string_view object)
{
    const std::string_view file = object.substr(object.rfind('/') + 1);
    for (const char* start : {"libc.", "libc-", "libstdc++", "libgcc", "ld-linux", "libpthread"})
        if (file.starts_with(start)) return false;
    if (symbol.starts_with("_start") || symbol.starts_with("__libc_")) return false;
    if (!symbol.starts_with("_Z")) return true;
    symbol.remove_prefix(2);
    while (symbol.starts_with('Z')) symbol.remove_prefix(1);
    if (symbol.starts_with('N')) symbol.remove_prefix(1);
    while (!symbol.empty() && std::string_view("rVKRO").find(symbol[0]) != std::string_view::npos)
        symbol.remove_prefix(1);
    for (const char* start : {"5xgrad", "St", "9__gnu_cxx"})
        if (symbol.starts_with(start)) return false;
    return true;
}

}  // namespace

void capture_stack(std::vector<void*>& frames)
{
    void* found[deepest];
    const int count = backtrace(found, deepest);
    frames.insert(frames.end(), found + std::min(1, count), found + count);  // but for this function
}

std::vector<CallSite> call_sites(std::span<void* const> frames)
{
    std::map<std::string, ElfFile> files;
    std::vector<CallSite> nameless, users;
    for (void* const frame : frames) {
        // A return address is behind the call: one before it is still on the caller's line.
        Search search{reinterpret_cast<std::uintptr_t>(frame) - 1, {}};
        if (dl_iterate_phdr(look, &search) == 0) continue;
        CallSite site;
        site.object = search.found.object;
        site.offset = search.found.offset;
        const auto [file, fresh] = files.try_emplace(site.object, site.object);
        const std::string symbol = file->second.function_at(site.offset);
        site.object = file->second.path();
        if (symbol.empty()) {
            nameless.push_back(std::move(site));
            continue;
        }
        if (!is_users(symbol, site.object)) continue;
        site.function = readable(symbol);
        const ElfFile::Line line = file->second.line_at(site.offset);
        site.file = line.file.substr(line.file.rfind('/') + 1);
        site.line = line.number;
        users.push_back(std::move(site));
        if (symbol == "main") break;
    }
    return users.empty() ? nameless : users;
}

#else

void capture_stack(std::vector<void*>&) {}
std::vector<CallSite> call_sites(std::span<void* const>) { return {}; }

#endif

}  // namespace xgrad::detail
