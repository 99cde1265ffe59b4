# Writes the parts of compiled files into the blocks of a page: awk -v root=REPOSITORY -f lib.awk -f quote.awk PAGE > NEW_PAGE
# (what blocks.awk compares: a block after a line <!-- part: file -->).
function part(file, name,    text, mark, inside, out, found) {
    while ((getline text < (root "/" file)) > 0) {
        if (text ~ /^ *(\/\/!|#) \[[^]]*\]$/) {
            mark = text
            sub(/^[^[]*\[/, "", mark)
            sub(/\]$/, "", mark)
            if (mark == name) { inside = !inside; found = 1 }
        } else if (inside) out = out text "\n"
    }
    close(root "/" file)
    if (!found) { print FILENAME ": " file " has no part " name > "/dev/stderr"; bad = 1 }
    return unindented(out)
}
/^<!-- [^ ]+: [^ ]+ -->$/ && !fence { file = $3; name = $2; sub(/:$/, "", name); print; next }
/^```/ && !fence {
    fence = 1
    print
    if (file != "" && name != "tour") { printf "%s", part(file, name); replaced = 1 }
    next
}
/^```/ && fence { fence = 0; replaced = 0; file = ""; print; next }
fence && replaced { next }
!fence && !/^$/ { file = "" }
{ print }
END { exit bad }
