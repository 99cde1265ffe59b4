# Doxygen's filter for a public header: awk -v root=REPOSITORY -v work=TABLES -f header.awk HEADER
# In front of each declaration that has an example (the table examples.txt: header, line, file, mark) it shows that example.
BEGIN {
    path = ARGV[1]
    if (index(path, root "/") == 1) path = substr(path, length(root) + 2)
    while ((getline entry < (work "/examples.txt")) > 0) {
        split(entry, field, "\t")
        if (field[1] != path) continue
        shown[field[2]] = shown[field[2]] "///\n/// @par Example\n/// @snippet " field[3] " " field[4] "\n"
    }
}
{ text[NR] = $0 }
END {
    # A declaration begins after the line that ended something else: upwards from the line that doxygen gives.
    for (at in shown) {
        first = at + 0
        while (first > 1 && text[first - 1] !~ /[;{}]([ ]*\/\/.*)?$|^ *$|^ *\/\/|^#|^ *(public|private|protected):$|\*\/$/) --first
        before[first] = before[first] shown[at]
    }
    for (k = 1; k <= NR; ++k) {
        if (k in before) {
            indent = text[k]
            sub(/[^ ].*$/, "", indent)
            more = before[k]
            # nothing but one-line docstrings in front: a paragraph of its own
            gsub(/\n\/\/\//, "\n" indent "///", more)
            if (text[k - 1] !~ /^ *\/\/\//) sub(/^\/\/\/\n/, "", more)
            printf "%s", indent more
        }
        print text[k]
    }
}
