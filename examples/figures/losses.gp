# Error functions side by side (Bishop, Pattern Recognition and Machine Learning, figure 7.5), from a table of values:
# gnuplot -e "folder='.'; result='losses.svg'; style='style.gp'" losses.gp
data = folder."/losses.csv"
wide = 560; high = 380
load style
set output result
set datafile separator ","
set xrange [-2:2]; set yrange [0:4.2]
set xtics -2, 1, 2; set ytics 0, 1, 4
set rmargin 13; set tmargin 1; set bmargin 3.2; set lmargin 8
set xlabel "z = t y   (negative: on the wrong side)"
set ylabel "E(z)"
set arrow 1 from 0, 0 to 0, 4.2 nohead linestyle 9 back
set label 1 "squared (z − 1)^2" at -0.93, 3.95 textcolor rgb green
set label 2 "squared" at 2.05, 1 textcolor rgb green
set label 3 "logistic / ln 2" at 2.05, 0.29 textcolor rgb red
set label 4 "hinge" at 2.05, 0.04 textcolor rgb blue
set label 5 "0–1" at -1.93, 1.14 textcolor rgb ink
set object 1 circle at 0, 1 size 0.035 fillcolor rgb paper fillstyle solid border linecolor rgb ink front
set label 6 "all equal 1 at z = 0" at 0.08, 1.14 textcolor rgb ink2 font ",10"
plot data using 1:($1 < 0 ? $2 : NaN) every ::1 with lines linestyle 1, \
     data using 1:($1 >= 0 ? $2 : NaN) every ::1 with lines linestyle 1, \
     data using 1:($5 <= 4.2 ? $5 : NaN) every ::1 with lines linestyle 4, \
     data using 1:4 every ::1 with lines linestyle 3, \
     data using 1:3 every ::1 with lines linestyle 2
