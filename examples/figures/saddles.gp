# Training a 3-2-3 linear bottleneck from beside three saddles: gnuplot -e "folder='.'; result='saddles.svg'; style='style.gp'" saddles.gp
data = folder."/saddles.csv"
wide = 600; high = 350
load style
set output result
set datafile separator ","
stats data using 5 skip 1 nooutput
l1 = STATS_max
stats data using 6 skip 1 nooutput
l2 = STATS_max
stats data using 7 skip 1 nooutput
l3 = STATS_max
set logscale x; set xrange [1:3000]
set logscale y; set yrange [0.05:6]
set xtics (1, 10, 100, 1000)
set ytics (sprintf("λ1  %.3f", l1) l1, sprintf("λ2  %.3f", l2) l2, sprintf("λ3  %.3f", l3) l3)
set rmargin 3; set tmargin 1; set bmargin 3.2; set lmargin 15
set xlabel "step"
set ylabel "mean squared distance"
set arrow 1 from 1, l1 to 3000, l1 nohead linestyle 9 back
set arrow 2 from 1, l2 to 3000, l2 nohead linestyle 9 back
set arrow 3 from 1, l3 to 3000, l3 nohead linestyle 9 back
set label 1 "from v2, v3" at 66, 1.6 textcolor rgb red
set label 2 "from v1, v3" at 1.3, l2*0.8 textcolor rgb blue
set label 3 "from small weights" at 1.3, l1*1.4 textcolor rgb ink
plot data skip 1 using 1:4 with lines linestyle 1, \
     data skip 1 using 1:3 with lines linestyle 3, \
     data skip 1 using 1:2 with lines linestyle 2
