# Writes the pages of the programs, and the list of them: awk -f lib.awk -f programs.awk FILE...
FNR == 1 {
    about = $0
    if (!sub(/^\/\/ */, "", about)) about = ""
    gsub(/[`@\\#%<>&$]/, " ", about)
    list = list "- <a href=\"" example_page(FILENAME) "\">" FILENAME "</a>" (about == "" ? "" : ": " about) "\n"
    pages = pages "/** @example " FILENAME "\n" (about == "" ? "A program of this repository." : about) "\n*/\n"
}
END {
    print "/** @page programs Programs"
    print "The programs that the pages quote and link to. The tests build and run those of examples/. Every call in them leads to the"
    print "reference."
    print ""
    print list "*/"
    print pages
}
