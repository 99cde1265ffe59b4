# From all claims.csv (row,name,measured,bound,passed): the table of ./run.sh experiments, and how many rows pass.
$1 == "row" { next }
{ order[++n] = sprintf("%03d %06d", $1, NR); line[order[n]] = $0; seen[$1] = 1; if ($5 != "yes") failed[$1] = 1 }
END {
    asort_by_row()
    printf "\n%3s  %-44s %-16s %-28s %s\n", "row", "claim", "measured", "has to be", "pass"
    for (i = 1; i <= n; i++) {
        split(line[order[i]], f, ",")
        printf "%3d  %-44s %-16s %-28s %s\n", f[1], f[2], f[3], f[4], (f[4] == "" ? "" : f[5])
    }
    for (row in seen) if (!(row in failed)) passed++
    printf "\n%d of 35 rows pass\n", passed
}
# Insertion sort: mawk has no sort of its own.
function asort_by_row(   i, j, key) {
    for (i = 2; i <= n; i++) {
        key = order[i]
        for (j = i - 1; j > 0 && order[j] > key; j--) order[j + 1] = order[j]
        order[j + 1] = key
    }
}
