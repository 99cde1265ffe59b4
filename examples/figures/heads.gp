# Outputs of four neurons along the line through two blobs (heads.csv), and the points as seen from it (points.csv).
lines = folder."/heads.csv"
points = folder."/points.csv"
wide = 760; high = 460
load style
set output result
set datafile separator ","
set xrange [-3.6:3.6]; set xtics -3, 1, 3
set multiplot layout 2, 2 margins 0.07, 0.98, 0.1, 0.93 spacing 0.1, 0.16
set arrow 1 from -3.6, 0 to 3.6, 0 nohead linestyle 9 back
set style fill transparent solid 0.6 noborder
do for [k = 2:5] {
    top = k == 2 ? 1.15 : 10
    low = k == 2 ? -0.15 : -10
    set yrange [low:top]
    if (k == 2) { set ytics 0, 0.5, 1 } else { set ytics -8, 4, 8 }
    name = word("sigmoid_+_cross-entropy ReLU_+_hinge linear_+_hinge linear_+_logistic_loss", k - 1)
    colour = k == 3 ? red : blue
    set label 1 system("printf '%s' '".name."' | tr _ ' '") at graph 0.02, graph 1.06 textcolor rgb colour font ",12"
    mark = low + (top - low) * 0.07
    if (k == 3) { set label 2 "never negative: each of these costs at least 1" at -3.4, -4 textcolor rgb red font ",10.5" } else { unset label 2 }
    plot points using ($2 < 0 ? $1 : NaN):(mark) every ::1 with points pointtype 7 pointsize 0.35 linecolor rgb ink2, \
         points using ($2 > 0 ? $1 : NaN):(mark) every ::1 with points pointtype 6 pointsize 0.45 linecolor rgb ink, \
         lines using 1:k every ::1 with lines linewidth 2.2 linecolor rgb colour
}
unset multiplot
