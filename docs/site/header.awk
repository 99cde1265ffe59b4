# Doxygen's filter for a public header: awk -v root=REPOSITORY -v work=TABLES -f header.awk HEADER
# In front of each declaration that has an example (the table examples.txt: header, line, part) it shows that example,
# and it makes the header a topic of the reference, with the comment that it begins with.
BEGIN {
    path = ARGV[1]
    if (index(path, root "/") == 1) path = substr(path, length(root) + 2)
    if (path ~ /^include\/xgrad\/.*\//) sub(/^include\/xgrad\//, "", path)
    while ((getline entry < (work "/examples.txt")) > 0) {
        split(entry, field, "\t")
        if (field[1] != path) continue
        shown[field[2]] = shown[field[2]] "///\n/// @par Example\n///\n/// @include " field[3] "\n"
    }
}
BEGIN { while ((getline entry < (work "/ops.txt")) > 0) ops[entry] = 1 }
{ text[NR] = $0 }
END {
    # A declaration begins after the line that ended something else: upwards from the line that doxygen gives.
    for (at in shown) {
        first = at + 0
        while (first > 1 && text[first - 1] !~ /[;{}]([ ]*\/\/.*)?$|^ *$|^ *\/\/|^#|^ *(public|private|protected):$|\*\/$/) --first
        before[first] = before[first] shown[at]
    }
    # The comment at the top and the includes become a topic, in as many lines as they take: line numbers stay.
    for (top = 1; text[top] ~ /^\/\//; ++top) about[top] = substr(text[top], 4)
    lines = top - 1
    for (; text[top] ~ /^(#.*)?$/ && top < NR; ++top);
    topic = !(path ~ /^include/) && top > 3
    if (topic) {
        title = about[1]
        for (k = 2; k <= lines; ++k) title = title " " about[k]
        match(title, /[.:;](  | |$)/)
        if (RSTART) title = substr(title, 1, RSTART - 1)
        gsub(/[<>@\\]/, "", title)
        group = path
        gsub(/[^A-Za-z0-9]/, "_", group)
        printf "/** @defgroup %s %s\n", group, title
        printf "@ingroup %s\n", path ~ /^nn/ ? "networks" : path ~ /export/ ? "pictures_of_graphs" : path in ops ? "operations" : "engine"
        for (k = 1; k <= lines; ++k) {
            gsub(/[<>]/, "", about[k])
            printf "%s%s", about[k], k < lines && lines + 3 < top ? "\n" : " "
        }
        if (lines + 3 >= top) lines = 1
        printf "Header `xgrad/%s`. */", path
        for (k = lines + 2; k < top; ++k) print ""
    }
    for (k = topic ? top : 1; k <= NR; ++k) {
        if (k in before) {
            indent = text[k]
            sub(/[^ ].*$/, "", indent)
            more = before[k]
            gsub(/\n\/\/\//, "\n" indent "///", more)
            printf "%s", indent more
        }
        if (topic && text[k] ~ /^}  \/\/ namespace xgrad(::nn)?$/) print "/** @} */ " text[k]
        else print text[k] (topic && text[k] ~ /^namespace xgrad(::nn)? {$/ ? " /** @topic{" group "} */" : "")
    }
}
