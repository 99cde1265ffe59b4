# Where the hidden layers take the plane: a grid of lines, the points, and the line that separates them there.
wide = 820; high = 300
load style
set output result
set datafile separator ","
names = "moons circles spirals"
set multiplot layout 1, 3 margins 0.01, 0.99, 0.03, 0.9 spacing 0.02, 0.1
unset xtics; unset ytics; set border 15 linewidth 0.6 linecolor rgb hair
do for [k = 1:3] {
    stem = folder."/".word(names, k)
    stats stem."_bent.csv" using 1:2 skip 1 nooutput
    dx = 0.15 * (STATS_max_x - STATS_min_x); dy = 0.15 * (STATS_max_y - STATS_min_y)
    set xrange [STATS_min_x - dx:STATS_max_x + dx]; set yrange [STATS_min_y - dy:STATS_max_y + dy]
    set label 1 word(names, k)." after the hidden layers" at graph 0, graph 1.05 textcolor rgb ink
    plot stem."_grid.csv" using 1:2 skip 1 with lines linewidth 0.6 linecolor rgb hair, \
         stem."_bent.csv" using 1:($3 < 0 ? $2 : NaN) skip 1 with points pointtype 7 pointsize 0.28 linecolor rgb ink2, \
         stem."_bent.csv" using 1:($3 > 0 ? $2 : NaN) skip 1 with points pointtype 6 pointsize 0.38 linecolor rgb ink, \
         stem."_line.csv" using 1:2 skip 1 with lines linewidth 2.2 linecolor rgb blue
}
unset multiplot
