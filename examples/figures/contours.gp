# Probability contours of a neuron over two features: probabilities.csv (a grid) and flowers.csv.
wide = 560; high = 420
load style
set datafile separator ","
grid = folder."/probabilities.csv"
flowers = folder."/flowers.csv"
# The contours as curves of their own: traced by gnuplot on the grid, not computed from the weights.
array level[5] = [0.01, 0.1, 0.5, 0.9, 0.99]
set contour base
unset surface
do for [k=1:5] {
    set cntrparam levels discrete level[k]
    set table $curve
    splot grid skip 1 using 1:2:3
    unset table
    set print folder."/contour_".k.".csv"
    do for [i=1:|$curve|] {
        if (words($curve[i]) == 3) { print word($curve[i], 1).",".word($curve[i], 2) }
    }
    unset print
}
unset contour
set surface
set output result
set xrange [2.8:7]; set yrange [0.9:2.7]
set xtics 3, 1, 7; set ytics 1, 0.5, 2.5
set xlabel "petal length, cm"; set ylabel "petal width, cm" offset 1, 0
set lmargin 8; set rmargin 5; set tmargin 2.2; set bmargin 3.2
# Each curve falls to the right; its probability stands at its upper end.
do for [k=1:5] {
    stats folder."/contour_".k.".csv" using 1:2 nooutput
    shown = sprintf(k == 3 ? "p = %g" : "%g", level[k])
    if (STATS_min_x > 2.85) {
        set label k shown at STATS_min_x, STATS_max_y center offset 0, 0.7 textcolor rgb (k == 3 ? ink : ink2) font ",10"
    } else {
        set label k shown at 2.8, STATS_max_y left offset 0.8, 0.3 textcolor rgb (k == 3 ? ink : ink2) font ",10"
    }
}
set label 11 "versicolor" at 3.0, 1.35 textcolor rgb blue
set label 12 "virginica" at 6.25, 1.15 textcolor rgb red
curve(k) = folder."/contour_".k.".csv"
plot for [k in "1 2 4 5"] curve(k + 0) using 1:2 with lines linecolor rgb ink2 linewidth 1 dashtype (6,4), \
     curve(3) using 1:2 with lines linestyle 1 linewidth 2, \
     flowers skip 1 using 1:($3 < 0 ? $2 : NaN) with points pointtype 6 pointsize 0.6 linewidth 1.2 linecolor rgb blue, \
     flowers skip 1 using 1:($3 > 0 ? $2 : NaN) with points pointtype 9 pointsize 0.65 linecolor rgb red
