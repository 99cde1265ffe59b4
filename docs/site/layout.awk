# Doxygen's layout file from the menu, pages.txt: awk -v root=REPOSITORY -f lib.awk -f layout.awk work/pages.txt pages.txt
BEGIN {
    FS = "\t"
    print "<doxygenlayout version=\"1.0\"><navindex>"
    print "<tab type=\"mainpage\" visible=\"yes\" title=\"Where to find what\"/>"
}
function close_group() { if (group) print "</tab>"; group = 0 }
FNR == NR { titles[$1] = $2; next }
/^#/ || /^$/ { next }
/^[^ ]/ {
    close_group()
    group = 1
    print "<tab type=\"usergroup\" visible=\"yes\" title=\"" escape($0) "\">"
    next
}
{
    page = $0
    sub(/^ +/, "", page)
    sub(/ = .*$/, "", page)
    if (page == "@classes") print "<tab type=\"classlist\" visible=\"yes\" title=\"Classes and structs\" intro=\"Every class and struct, with a sentence on each.\"/>"
    else if (page == "@topics") print "<tab type=\"modules\" visible=\"yes\" title=\"By topic\" intro=\"All names by subject: each topic is a header, or several.\"/>"
    else if (page == "@programs") print "<tab type=\"user\" visible=\"yes\" title=\"Programs\" url=\"programs.html\"/>"
    else if (page in titles) print "<tab type=\"user\" visible=\"yes\" title=\"" escape(titles[page]) "\" url=\"" page_id(page) ".html\"/>"
}
END {
    close_group()
    print "</navindex></doxygenlayout>"
}
