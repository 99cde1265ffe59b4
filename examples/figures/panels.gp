# Three panels: a line where it works, where it fails, and a curve there (panels.csv).
data = folder."/panels.csv"
wide = 820; high = 290
load style
set output result
set datafile separator ","
set multiplot layout 1, 3 margins 0.05, 0.99, 0.17, 0.88 spacing 0.07, 0.1
set xrange [-1:1]; set xtics -1, 1, 1
set xlabel "x" offset 0, 0.5
set yrange [-0.75:1.05]; set ytics -0.5, 0.5, 1
set label 1 "a line is enough" at graph 0.02, graph 1.08 textcolor rgb blue
plot data using 1:2 every ::1 with points pointtype 7 pointsize 0.25 linecolor rgb ink2, \
     data using 1:3 every ::1 with lines linestyle 2
set yrange [-0.1:1.05]
set label 1 "a line is not" textcolor rgb red
plot data using 1:4 every ::1 with points pointtype 7 pointsize 0.25 linecolor rgb ink2, \
     data using 1:5 every ::1 with lines linestyle 3
set label 1 "eight tanh units are" textcolor rgb blue
plot data using 1:4 every ::1 with points pointtype 7 pointsize 0.25 linecolor rgb ink2, \
     data using 1:6 every ::1 with lines linestyle 2
unset multiplot
