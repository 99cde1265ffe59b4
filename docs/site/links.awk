# Every link of the site leads somewhere, and nothing is loaded from elsewhere: awk -f links.awk all.html... (run in the site's
# folder). A first list of files that are there comes in the variable files.
BEGIN {
    while ((getline name < files) > 0) there[name] = 1
    there["."] = 1
}
FNR == 1 { ++pages }
{
    rest = $0
    while (match(rest, /(href|src|id|name|data|srcset|content|action) *= *"[^"]*"/)) {
        piece = substr(rest, RSTART, RLENGTH)
        before = substr(rest, 1, RSTART - 1)
        rest = substr(rest, RSTART + RLENGTH)
        kind = piece
        sub(/ *=.*$/, "", kind)
        value = piece
        sub(/^[^"]*"/, "", value)
        sub(/"$/, "", value)
        if (kind == "id" || kind == "name") { anchor[FILENAME "#" value] = 1; continue }
        tag = before
        sub(/^.*</, "", tag)
        sub(/[ \t].*$/, "", tag)
        if (kind == "content" || kind == "action") continue
        if (value ~ /^(http|https|ftp):/ || value ~ /^\/\//) {
            if (tag == "a") { ++outside; continue }
            print FILENAME ": loads from elsewhere: " value
            ++bad
            continue
        }
        if (value ~ /^(javascript|data|mailto):/ || value == "" || value == "#") continue
        if (kind == "href" && tag == "a") ++links
        if (tag == "img") ++pictures
        gsub(/&amp;/, "\\&", value)
        from[FILENAME SUBSEP value] = tag
    }
}
END {
    for (key in from) {
        split(key, part, SUBSEP)
        target = part[2]
        hash = index(target, "#")
        file = hash ? substr(target, 1, hash - 1) : target
        mark = hash ? substr(target, hash + 1) : ""
        sub(/\?.*$/, "", file)
        if (file == "") file = part[1]
        while (file ~ /[^\/.]+\/\.\.\//) sub(/[^\/.]+\/\.\.\//, "", file)
        sub(/^\.\//, "", file)
        if (!(file in there)) { print part[1] ": dead link: " target; ++bad }
        else if (mark != "" && file ~ /\.html$/ && !((file "#" mark) in anchor)) { print part[1] ": no such place: " target; ++bad }
    }
    printf "%d pages, %d links inside, %d to elsewhere, %d pictures\n", pages, links, outside, pictures > summary
    exit bad > 0
}
