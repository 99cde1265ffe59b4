# tanh and its derivative on [-2, 2] (tanh.csv: x, tanh, derivative).
data = folder."/tanh.csv"
wide = 560; high = 360
load style
set output result
set datafile separator ","
set xrange [-2:2]; set yrange [-1.05:1.1]
set xtics -2, 1, 2; set ytics -1, 0.5, 1
set rmargin 10; set tmargin 1; set bmargin 3.2; set lmargin 8
set xlabel "x"
set arrow 1 from -2, 0 to 2, 0 nohead linestyle 9 back
set arrow 2 from 0, -1.05 to 0, 1.1 nohead linestyle 9 back
set label 1 "tanh x" at 2.04, 0.964 textcolor rgb blue
set label 2 "tanh' x = 1 − tanh^2 x" at -0.55, 0.9 right textcolor rgb red
set label 3 "0.964" at 1.98, 0.88 right textcolor rgb ink2 font ",10"
plot data using 1:3 every ::1 with lines linestyle 3, \
     data using 1:2 every ::1 with lines linestyle 2
