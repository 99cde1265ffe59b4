# The files that a page links to: page, file, anchor. awk -v page=PATH -f lib.awk -f targets.awk PAGE
BEGIN { folder = page; if (!sub(/\/[^\/]*$/, "", folder)) folder = "" }
/^```/ { fence = !fence }
fence { next }
{ whole = whole $0 "\n" }
END {
    gsub(/``[^`]*``|`[^`]*`/, "", whole)
    while (match(whole, /\]\([^)[:space:]]*\)/)) {
        target = substr(whole, RSTART + 2, RLENGTH - 3)
        whole = substr(whole, RSTART + RLENGTH)
        if (target ~ /^([a-z]+:|@)/) continue
        hash = index(target, "#")
        anchor = hash ? substr(target, hash + 1) : ""
        file = hash ? substr(target, 1, hash - 1) : target
        print page, file == "" ? page : normal(folder "/" file), anchor
    }
}
