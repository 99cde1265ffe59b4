# The error of difference quotients against their step (differences.csv: h, forward, central).
data = folder."/differences.csv"
wide = 560; high = 380
load style
set output result
set datafile separator ","
set logscale xy
set xrange [1e-15:1]; set yrange [1e-12:10]
set format "10^{%L}"
set xtics 1e3; set ytics 1e2; set mxtics 1; set mytics 1
set rmargin 4; set tmargin 1; set bmargin 3.2; set lmargin 9
set xlabel "step h"
set ylabel "error of the slope"
set label 1 "forward: error like h" at 1e-6, 3e-3 right textcolor rgb red offset 3, 0
set label 2 "central: error like h^2" at 1e-4, 3e-10 left textcolor rgb blue
set label 3 "rounding: error like 1/h" at 3e-14, 2e-8 left textcolor rgb ink2 font ",10"
plot data using 1:2 every ::1 with lines linestyle 3, \
     data using 1:3 every ::1 with lines linestyle 2
