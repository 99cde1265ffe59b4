# Which example belongs to which public name. Reads names.txt, then source files with parts between two lines "//! [mark]"; writes
# examples.txt (header, line, file, mark) and, to without.txt, what has no docstring or no example.
# A name's example is the part of examples/reference/ that is called so; else that of a function that takes or returns the type;
# else what the list examples_of.txt says; else the first part of another example in which the name stands.
BEGIN { FS = "\t" }
FILENAME == names && $1 == "name" {
    if (!($3 in line)) list[++count] = $3
    if (!($3 in line) || (documented[$3] == "no" && $6 == "yes")) { header[$3] = $4; line[$3] = $5 }
    if (!($3 in documented) || $6 == "yes") documented[$3] = $6
    kind[$3] = $2
    short = $3
    sub(/^xgrad::/, "", short)
    of_short[short] = $3
    page = $7
    sub(/\.html$/, "", page)
    sub(/\.html#/, "_1", page)
    of_page[page] = $3
    next
}
FILENAME == names { uses[++use_count] = $2; used[use_count] = $3; next }
FNR == 1 { open = ""; file = FILENAME; sub("^" root "/", "", file) }
/^ *\/\/! \[.*\]$/ {
    mark = $0
    sub(/^ *\/\/! \[/, "", mark)
    sub(/\]$/, "", mark)
    if (open == mark) { open = ""; next }
    open = mark
    parts[++part_count] = mark
    part_file[part_count] = file
    key = file SUBSEP mark
    if (file ~ /^examples\/reference\//) {
        n = split(mark, several, /, */)
        for (k = 1; k <= n; ++k) {
            if (!(several[k] in of_short)) { print file ": there is no public name " several[k] > "/dev/stderr"; bad = 1 }
            else if (!(of_short[several[k]] in example)) { example[of_short[several[k]]] = file "\t" mark; own[of_short[several[k]]] = 1 }
        }
    }
    next
}
open != "" {
    code = $0
    sub(/\/\/.*$/, "", code)
    while (match(code, /[A-Za-z_][A-Za-z_0-9]*/)) {
        word = substr(code, RSTART, RLENGTH)
        code = substr(code, RSTART + RLENGTH)
        if (!(word in first)) first[word] = file "\t" open
    }
}
END {
    for (k = 1; k <= use_count; ++k) {
        type = of_page[used[k]]
        if (type != "" && !(type in example) && (uses[k] in own) && kind[type] != "function") borrowed[type] = example[uses[k]]
    }
    for (name in borrowed) example[name] = borrowed[name]
    while ((getline entry < given) > 0) {
        if (entry ~ /^#/) continue
        split(entry, field, " ")
        if (!(field[1] in line)) { print given ": there is no public name " field[1] > "/dev/stderr"; bad = 1 }
        else if (!(field[1] in own)) example[field[1]] = field[2] "\t" field[3]
    }
    for (k = 1; k <= count; ++k) {
        name = list[k]
        last = name
        sub(/^.*::/, "", last)
        if (!(name in example) && last in first) example[name] = first[last]
        if (name in example) print header[name] "\t" line[name] "\t" example[name] > out
        shown += name in example
        of_its_own += name in own
        if (documented[name] == "no") { print header[name] ":" line[name] ": no docstring: " name > without; ++missing }
        if (!(name in example)) { print header[name] ":" line[name] ": no example: " name > without; ++missing }
    }
    printf "%d public names, %d with an example (%d of their own), %d docstrings or examples missing\n", count, shown, of_its_own, missing > summary
    exit bad
}
