# Distance from the optimum over work, log-log: gap_*.csv.
wide = 640; high = 420
load style
set output result
set datafile separator ","
file(name) = folder."/gap_".name.".csv"
# Names stand at the curves' ends (looked for before there are ranges, which hide points from stats).
do for [k=1:4] {
    name = word("smo coordinate_descent pegasos back_propagation", k)
    stats file(name) skip 1 using 1 nooutput; endx = STATS_max
    stats file(name) skip 1 using 2 every ::(STATS_records - 1) nooutput; endy = STATS_min
    eval sprintf("x%d = %.10g; y%d = %.10g", k, endx, k, (endy > 1e-10 ? endy : 1e-10))
}
set logscale xy
set xrange [1:1e5]; set yrange [1e-10:100]
set format x "10^{%T}"; set format y "10^{%T}"
set ytics 1e-10, 100, 100
set xlabel "passes over the data"; set ylabel "duality gap / objective" offset 1, 0
set lmargin 9; set rmargin 4; set tmargin 1; set bmargin 3.2
set label 1 "SMO" at x1, y1 offset character 0.8, 0.6 textcolor rgb blue
set label 2 "coordinate descent" at x2, y2 offset character -0.9, 0.9 right textcolor rgb green
set label 3 "Pegasos" at x3, y3 offset character 0.8, 0.8 textcolor rgb red
set label 4 "back-propagation" at x4, y4 offset character -1.5, 0 right textcolor rgb ink
plot file("smo") skip 1 using 1:2 with lines linestyle 2, \
     file("coordinate_descent") skip 1 using 1:2 with lines linestyle 4, \
     file("pegasos") skip 1 using 1:2 with lines linestyle 3, \
     file("back_propagation") skip 1 using 1:2 with lines linestyle 1
