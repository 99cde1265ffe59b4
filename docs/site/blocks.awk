# Every ```cpp block of a page is a part of a compiled file, and every part of a file that has some stands on a page.
# awk -v root=REPOSITORY -v compiled=LIST -v summary=FILE -f lib.awk -f blocks.awk PAGE... (paths below the repository)
# A block is preceded by a line <!-- part: file -->; the file has the same lines, unindented, between two lines "//! [part]".
# The part "tour" is a whole file, but for the comment on its first line.
BEGIN { while ((getline name < compiled) > 0) is_compiled[name] = 1 }
function read_parts(file,    text, mark, open, number) {
    if (file in parts_of) return
    parts_of[file] = 0
    number = 0
    while ((getline text < (root "/" file)) > 0) {
        if (number++ > 0 || text !~ /^\/\//) whole[file] = whole[file] text "\n"
        if (text ~ /^ *(\/\/!|#) \[[^]]*\]$/) {
            mark = text
            sub(/^[^[]*\[/, "", mark)
            sub(/\]$/, "", mark)
            if (open == mark) { open = ""; continue }
            if (open != "") { complain(file, "the part " open " does not end before " mark) }
            open = mark
            part[file, mark] = ""
            list[file, ++parts_of[file]] = mark
            continue
        }
        if (open != "") part[file, open] = part[file, open] text "\n"
    }
    close(root "/" file)
    if (open != "") complain(file, "the part " open " does not end")
}
function complain(where, what) { print where ": " what; ++bad }
FNR == 1 { fence = 0; from = "" }
/^<!-- [^ ]+: [^ ]+ -->$/ && !fence { from = $3; name = $2; sub(/:$/, "", name); next }
# One way to write a block: others are code too, and would not be compared.
!fence && (/^ +```/ || /^ *~~~/ || /^````/ || /^``` / || /<pre>/) { complain(FILENAME ":" FNR, "a block begins with ``` and its language at the start of a line") }
!fence && /^    [^ *|-]/ && previous == "" { complain(FILENAME ":" FNR, "a block by indentation: write it between ``` lines") }
{ previous = $0 }
/^```/ && !fence {
    fence = 1
    language = substr($0, 4)
    code = ""
    if (language !~ /^(cpp|cmake|sh|diff|math|)$/) complain(FILENAME ":" FNR, "a block of an unknown language: " language)
    next
}
/^```/ && fence {
    fence = 0
    if (language == "cpp" || language == "cmake" || from != "") {
        if (!(FILENAME in counted)) { ++pages; counted[FILENAME] = 1 }
        ++blocks
        if (from == "") complain(FILENAME ":" FNR, "this block is not quoted from a compiled file: <!-- part: file --> goes before it")
        else {
            read_parts(from)
            if (!(from in is_compiled)) complain(FILENAME ":" FNR, from " is not compiled")
            else if (name == "tour" ? whole[from] != code : !((from, name) in part)) complain(FILENAME ":" FNR, from " has no part " name ", or is another")
            else if (name != "tour" && unindented(part[from, name]) != code) complain(FILENAME ":" FNR, "differs from the part " name " of " from)
            shown[from, name] = 1
            quoted[from] = 1
        }
    }
    from = ""
    next
}
fence { code = code $0 "\n"; next }
/^$/ { next }
{ from = "" }
END {
    for (file in quoted)
        for (k = 1; k <= parts_of[file]; ++k)
            if (!((file, list[file, k]) in shown)) complain(file, "no page quotes the part " list[file, k])
    if (!bad) printf "%d code blocks on %d pages, all from compiled files\n", blocks, pages
    exit bad > 0
}
