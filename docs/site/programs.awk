# Writes the pages of the programs, and the list of them: awk -v pages_of=work/pages.txt -f lib.awk -f programs.awk FILE...
BEGIN { while ((getline entry < pages_of) > 0) { split(entry, field, "\t"); titles[field[1]] = escape(field[2]) } }
FNR == 1 {
    about = $0
    if (!sub(/^\/\/ */, "", about)) about = ""
    gsub(/[`@\\#%<>&$]/, " ", about)
    sub(/^Row /, "Claim ", about)
    gsub(/: rows /, ": claims ", about)
    shown = about
    while (match(shown, /docs\/[a-z_\/]*\.md/)) {                  # a page, by its title
        file = substr(shown, RSTART, RLENGTH)
        shown = substr(shown, 1, RSTART - 1) (file in titles ? "<a href=\"" page_id(file) ".html\">" titles[file] "</a>" : file " ") substr(shown, RSTART + RLENGTH)
        if (!(file in titles)) break
    }
    list = list "- <a href=\"" example_page(FILENAME) "\">" FILENAME "</a>" (shown == "" ? "" : ": " shown) "\n"
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
