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
BEGIN { while ((getline entry < (work "/headers.txt")) > 0) headers[entry] = 1 }
/^ *\/\/\// { gsub(/ \.\. /, " … ") }         # "0 .. n" ends no sentence
{ text[NR] = $0 }
# Names of public headers lead to their topics.
function linked(words,    out, file, group) {
    while (match(words, /xgrad\/(nn|autodiff)\/[a-z_\/]+\.hpp/)) {
        group = file = substr(words, RSTART + 6, RLENGTH - 6)
        gsub(/[^A-Za-z0-9]/, "_", group)
        out = out substr(words, 1, RSTART - 1) (file in headers ? "@ref " group " \"xgrad/" file "\"" : "xgrad/" file)
        words = substr(words, RSTART + RLENGTH)
    }
    return out words
}
# "@throws A if ...; B if ..." is a line for each of the two.
function split_throws(    k, inside, line, out) {
    for (k = 1; k <= NR; ++k) {
        if (text[k] !~ /^ *\/\/\//) { inside = 0; continue }
        line = text[k]
        out = ""
        if (inside && text[k - 1] ~ /;$/ && match(line, /^ *\/\/\/ +[A-Z][A-Za-z]*Error/)) sub(/\/\/\/ +/, "/// @throws ", line)
        if (match(line, /@throws/)) {
            inside = 1
            out = substr(line, 1, RSTART + 6)
            line = substr(line, RSTART + 7)
        }
        while (inside && match(line, /; [A-Z][A-Za-z]*Error/)) {
            out = out substr(line, 1, RSTART - 1) ". @throws " substr(line, RSTART + 2, RLENGTH - 2)
            line = substr(line, RSTART + RLENGTH)
        }
        text[k] = out line
    }
}
END {
    # A declaration begins after the line that ended something else: upwards from the line that doxygen gives.
    for (at in shown) {
        first = at + 0
        while (first > 1 && text[first - 1] !~ /[;{}]([ ]*\/\/.*)?$|^ *$|^ *\/\/|^#|^ *(public|private|protected):$|\*\/$/) --first
        before[first] = before[first] shown[at]
    }
    split_throws()
    # The comment at the top and the includes become a topic, in as many lines as they take: line numbers stay.
    for (top = 1; text[top] ~ /^\/\//; ++top) about[top] = substr(text[top], 4)
    lines = top - 1
    for (; text[top] ~ /^(#.*)?$/ && top < NR; ++top);
    topic = !(path ~ /^include/) && top > 3
    if (topic) {
        between = lines + 3 < top ? "\n" : " "      # in lines of its own, if there is room
        body = about[1]
        for (k = 2; k <= lines; ++k) body = body between about[k]
        title = body
        gsub(/\n/, " ", title)
        match(title, /[.:;](  | |$)/)
        if (RSTART) {                               # its first part is the title, what follows the description
            title = substr(title, 1, RSTART - 1)
            body = substr(body, RSTART + RLENGTH)
        } else body = ""
        body = toupper(substr(body, 1, 1)) substr(body, 2)
        gsub(/[<>]/, "", body)
        body = linked(body)
        gsub(/[<>@\\]/, "", title)
        group = path
        gsub(/[^A-Za-z0-9]/, "_", group)
        printf "/** @defgroup %s %s\n", group, title
        printf "@ingroup %s\n", path ~ /^nn/ ? "networks" : path ~ /export/ ? "pictures_of_graphs" : path in ops ? "operations" : "engine"
        printf "%s%sHeader `xgrad/%s`. */", body, body == "" ? "" : " ", path
        lines = 1 + gsub(/\n/, "", body)
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
