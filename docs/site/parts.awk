# Writes each part that the reference shows as a file of its own, without its indentation: awk -v root=REPOSITORY -v folder=OUT
# -f parts.awk examples.txt (header, line, file, mark), and the table with that file's name in place of file and mark.
BEGIN { FS = "\t" }
function write(file, mark, target,    text, inside, line, n, k, least) {
    n = 0
    while ((getline text < (root "/" file)) > 0) {
        if (text ~ /^ *\/\/! \[.*\]$/) {
            sub(/^ *\/\/! \[/, "", text)
            if (text == mark "]") inside = !inside
        } else if (inside) line[++n] = text
    }
    close(root "/" file)
    if (!n) print file ": the part " mark " is empty" > "/dev/stderr"
    least = 99
    for (k = 1; k <= n; ++k) if (line[k] != "") { match(line[k], /^ */); if (RLENGTH < least) least = RLENGTH }
    for (k = 1; k <= n; ++k) print substr(line[k], least + 1) > target
    close(target)
}
{
    key = $3 FS $4
    if (!(key in part)) {
        part[key] = "part_" ++count ".cpp"
        write($3, $4, folder "/" part[key])
    }
    print $1 FS $2 FS part[key]
}
