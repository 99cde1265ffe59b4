# Points in space, a plane through them and their distances from it: the best plane, and one through a wrong pair of eigenvectors.
# The program that wrote the points has projected them: gnuplot -e "folder='.'; result='plane.svg'; style='style.gp'" plane.gp
points = folder."/points.csv"
wide = 900; high = 330
load style
set output result
set datafile separator ","
stats folder."/axes.csv" skip 1 using (column(0) == 0 ? ax = $1 : column(0) == 1 ? bx = $1 : (cx = $1)):\
    (column(0) == 0 ? ay = $2 : column(0) == 1 ? by = $2 : (cy = $2)) nooutput
set multiplot layout 1, 2 margins 0.005, 0.995, 0.02, 0.92 spacing 0.01, 0.1
set border 0
unset tics
set size ratio -1
set xrange [-3.9:4.35]; set yrange [-2.5:2.7]
set style fill transparent solid 0.55 noborder
set title textcolor rgb ink font ",12" offset 0, -0.6
x0 = 2.2; y0 = -2.2
do for [panel = 1:2] {
    set title (panel == 1 ? "v1, v2: the best plane" : "v1, v3: a saddle")
    patch = folder.(panel == 1 ? "/plane12.csv" : "/plane13.csv")
    f = panel == 1 ? 4 : 7
    if (panel == 2) {
        set arrow 1 from x0, y0 to x0 + ax, y0 + ay filled size 0.12, 20 linecolor rgb ink2 linewidth 0.8
        set arrow 2 from x0, y0 to x0 + bx, y0 + by filled size 0.12, 20 linecolor rgb ink2 linewidth 0.8
        set arrow 3 from x0, y0 to x0 + cx, y0 + cy filled size 0.12, 20 linecolor rgb ink2 linewidth 0.8
        set label 1 "sepal length" at x0 + ax, y0 + ay textcolor rgb ink2 font ",10" offset 0.5, 0
        set label 2 "sepal width" at x0 + bx, y0 + by right textcolor rgb ink2 font ",10" offset -0.5, 0
        set label 3 "petal length" at x0 + cx, y0 + cy textcolor rgb ink2 font ",10" offset 0.5, 0.3
    }
    plot for [k = 0:2] points skip 1 using ($3 == k && column(f + 2) == 0 ? $1 : NaN):2:(column(f) - $1):(column(f + 1) - $2) \
             with vectors nohead linecolor rgb ink2 linewidth 0.8, \
         for [k = 0:2] points skip 1 using ($3 == k && column(f + 2) == 0 ? $1 : NaN):2 \
             with points pointtype (k == 0 ? 7 : k == 1 ? 9 : 5) pointsize 0.45 linecolor rgb (k == 0 ? blue : k == 1 ? red : green), \
         patch skip 1 using 1:2 every :::0::0 with filledcurves closed linecolor rgb band, \
         patch skip 1 using 1:2 with lines linecolor rgb hair linewidth 0.8, \
         for [k = 0:2] points skip 1 using ($3 == k && column(f + 2) == 1 ? $1 : NaN):2:(column(f) - $1):(column(f + 1) - $2) \
             with vectors nohead linecolor rgb ink2 linewidth 0.8, \
         for [k = 0:2] points skip 1 using ($3 == k && column(f + 2) == 1 ? $1 : NaN):2 \
             with points pointtype (k == 0 ? 7 : k == 1 ? 9 : 5) pointsize 0.5 linecolor rgb (k == 0 ? blue : k == 1 ? red : green)
}
unset multiplot
