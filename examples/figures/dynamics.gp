# Learning curves of deep linear nets (Saxe, McClelland & Ganguli 2014): strengths of singular modes, from an aligned and from a
# random start, and losses by depth: gnuplot -e "folder='.'; result='dynamics.svg'; style='style.gp'" dynamics.gp
data = folder."/dynamics.csv"
wide = 900; high = 330
load style
set output result
set datafile separator ","
set multiplot layout 1, 3 margins 0.05, 0.985, 0.17, 0.88 spacing 0.055, 0.1
set xrange [0:18]; set xtics 0, 6, 18
set xlabel "t = rate × step"
set yrange [0:1.5]; set ytics ("0" 0, "√7/2" sqrt(7)/2, "√3/2" sqrt(3)/2, "1/2" 0.5)
set title textcolor rgb ink font ",12" offset 0, -0.4
set title "aligned start: dots on the formula"
set label 1 "all that live" at 5.6, 1.40 textcolor rgb blue
set label 2 "animal or plant" at 8.4, 0.94 textcolor rgb red
set label 3 "which of the two" at 10.2, 0.42 textcolor rgb green
plot data using 1:5 every ::1 with lines linecolor rgb ink2 linewidth 1, \
     data using 1:6 every ::1 with lines linecolor rgb ink2 linewidth 1, \
     data using 1:7 every ::1 with lines linecolor rgb ink2 linewidth 1, \
     data using 1:2 every 4::1 with points pointtype 7 pointsize 0.35 linecolor rgb blue, \
     data using 1:3 every 4::1 with points pointtype 9 pointsize 0.4 linecolor rgb red, \
     data using 1:4 every 4::1 with points pointtype 5 pointsize 0.35 linecolor rgb green
set title "random start"
plot data using 1:8 every ::1 with lines linestyle 2, \
     data using 1:9 every ::1 with lines linestyle 3, \
     data using 1:10 every ::1 with lines linestyle 4, \
     data using 1:11 every ::1 with lines linestyle 4
unset label
set title "loss: the same function at the start"
set yrange [0:1.75]; set ytics 0, 0.5, 1.5
set label 4 "1 layer" at 2.1, 0.12 textcolor rgb ink
set label 5 "2 layers" at 3.1, 1.02 textcolor rgb blue
set label 6 "3 layers" at 7.4, 1.25 textcolor rgb ink2
plot data using 1:12 every ::1 with lines linestyle 1, \
     data using 1:13 every ::1 with lines linestyle 2, \
     data using 1:14 every ::1 with lines linecolor rgb ink2 linewidth 1.6 dashtype (7,4)
unset multiplot
