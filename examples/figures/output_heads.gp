# What four output layers make of t = 10 x: gnuplot -e "folder='.'; result='output_heads.svg'; style='style.gp'" output_heads.gp
data = folder."/output_heads.csv"
wide = 560; high = 360
load style
set output result
set datafile separator ","
set xrange [-1:1]; set yrange [-10.5:10.5]
set xtics -1, 0.5, 1; set ytics -10, 5, 10
set rmargin 14; set tmargin 1; set bmargin 3.2; set lmargin 8
set xlabel "x"
set ylabel "output"
set arrow 1 from -1, 0 to 1, 0 nohead linestyle 9 back
set label 1 "linear head (and ReLU, x > 0)" at 0.50, 7.6 right textcolor rgb blue
set label 2 "ReLU and sigmoid heads" at -0.98, 0.9 textcolor rgb ink2
set label 3 "tanh and" at 1.04, 1.6 textcolor rgb red
set label 4 "sigmoid heads" at 1.04, 0.5 textcolor rgb red
set label 5 "tanh head" at -0.98, -2.1 textcolor rgb red
set label 6 "target 10 x (thin line)" at 1.04, 9.9 textcolor rgb ink2 font ",10"
plot data using 1:6 every ::1 with lines linestyle 1, \
     data using 1:5 every ::1 with lines linestyle 3, \
     data using 1:4 every ::1 with lines linestyle 3, \
     data using 1:3 every ::1 with lines linestyle 2, \
     data using 1:2 every ::1 with lines linecolor rgb paper linewidth 0.8
