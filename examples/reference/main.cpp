// The reference of every public name: runs each snippet, holds what it shows against its comment, and looks for names
// without a snippet. `reference --list` prints each name with the file and the lines of its snippet.
#include <filesystem>
#include <iostream>
#include <string_view>

#include "public_names.hpp"
#include "shown.hpp"

int main(int argc, char** argv)
try {
    const std::vector<shown::Snippet> snippets = shown::snippets();
    if (argc > 1 && std::string_view(argv[1]) == "--list") {
        for (const shown::Snippet& s : snippets)
            std::cout << s.name << '\t' << s.file << '\t' << s.first << '\t' << s.last << '\n';
        return 0;
    }
    std::filesystem::create_directories("out/reference");  // where snippets write their files
    std::filesystem::current_path("out/reference");
    const int wrong = shown::check();
    const int missing = shown::missing_names(snippets);
    std::cout << snippets.size() << " names have a snippet; " << missing << " have none; " << wrong
              << " differ from what their comments say\n";
    return wrong + missing > 0 ? 1 : 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
}
