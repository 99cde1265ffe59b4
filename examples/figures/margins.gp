# Decision line (solid), margins (dashed), support vectors (ringed): margins.csv and margins_line.csv (w1, w2, b).
wide = 560; high = 420
load style
set output result
set datafile separator ","
stats folder."/margins_line.csv" skip 1 using 1 nooutput; w1 = STATS_min
stats folder."/margins_line.csv" skip 1 using 2 nooutput; w2 = STATS_min
stats folder."/margins_line.csv" skip 1 using 3 nooutput; b = STATS_min
points = folder."/margins.csv"
set xrange [2.8:7]; set yrange [0.9:2.6]
set xtics 3, 1, 7; set ytics 1, 0.5, 2.5
set xlabel "petal length, cm"; set ylabel "petal width, cm" offset 1, 0
set lmargin 8; set rmargin 4; set tmargin 2; set bmargin 3.2
xof(y, c) = (c - b - w2*y) / w1
set object 1 polygon from xof(0.9,-1),0.9 to xof(0.9,1),0.9 to xof(2.6,1),2.6 to xof(2.6,-1),2.6 to xof(0.9,-1),0.9 \
    fillcolor rgb band fillstyle solid noborder behind
set parametric; set trange [0.9:2.6]
set label 1 "y = −1" at xof(2.6,-1), 2.66 center textcolor rgb ink2 font ",10"
set label 2 "0" at xof(2.6,0), 2.66 center textcolor rgb ink font ",10"
set label 3 "1" at xof(2.6,1), 2.66 center textcolor rgb ink2 font ",10"
set label 4 "versicolor" at 3.0, 1.55 textcolor rgb blue
set label 5 "virginica" at 6.2, 1.55 textcolor rgb red
set label 6 "ringed: t y ≤ 1" at 6.98, 1.0 right textcolor rgb ink2 font ",10"
plot xof(t,0), t linestyle 1 linewidth 2, \
     xof(t,-1), t linecolor rgb ink2 linewidth 1 dashtype (6,4), xof(t,1), t linecolor rgb ink2 linewidth 1 dashtype (6,4), \
     points skip 1 using 1:($3 < 0 ? $2 : NaN) with points pointtype 6 pointsize 0.55 linewidth 1.2 linecolor rgb blue, \
     points skip 1 using 1:($3 > 0 ? $2 : NaN) with points pointtype 9 pointsize 0.6 linecolor rgb red, \
     points skip 1 using 1:($4 == 1 ? $2 : NaN) with points pointtype 6 pointsize 1.35 linewidth 1.3 linecolor rgb ink
