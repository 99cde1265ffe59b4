# softplus(beta (1 - z)) / beta for several beta, and the hinge (smooth_hinge.csv).
data = folder."/smooth_hinge.csv"
wide = 560; high = 380
load style
set output result
set datafile separator ","
set xrange [-1:3]; set yrange [0:2.3]
set xtics -1, 1, 3; set ytics 0, 1, 2
set rmargin 4; set tmargin 1; set bmargin 3.2; set lmargin 8
set xlabel "z = t y"
set ylabel "E(z)"
set arrow 1 from 1, 0 to 1, 0.6931 nohead linestyle 9 back
set label 1 "ln 2 / β above the hinge at z = 1" at 1.1, 0.78 textcolor rgb ink2 font ",10.5"
set label 2 "β = 1, and below it 2, 4, 8, 16" at 1.75, 0.48 textcolor rgb blue
set label 3 "hinge" at -0.72, 1.45 right textcolor rgb red
plot for [k = 3:7] data using 1:k every ::1 with lines linewidth (2.6 - 0.3 * k) + 0.4 linecolor rgb blue, \
     data using 1:2 every ::1 with lines linestyle 3
