# x^3 by square units and by tanh units: the best curves (wall_curves.csv), and mean squared errors by width (wall.csv: kind, n, mse;
# kind 0 least squares, 1 square units trained, 2 tanh units trained).
wide = 900; high = 360
load style
set output result
set datafile separator ","
curves = folder."/wall_curves.csv"; points = folder."/wall.csv"
set multiplot layout 1, 2 margins 0.05, 0.93, 0.15, 0.9 spacing 0.09, 0.1
set title textcolor rgb ink font ",12" offset 0, -0.4
set title "x^3, and the best that squares can do"
set xrange [-1:1]; set yrange [-1.05:1.05]; set xtics -1, 0.5, 1; set ytics -1, 0.5, 1
set xlabel "x"
set arrow 1 from -1, 0 to 1, 0 nohead linestyle 9 back
set label 1 "square units: 3x/5" at 0.08, 0.33 right textcolor rgb red
set label 2 "4 tanh units" at 0.98, 0.72 offset -2.2, 0.5 right textcolor rgb blue
plot curves using 1:2 every ::1 with lines linecolor rgb hair linewidth 6, \
     curves using 1:4 every ::1 with lines linestyle 2 linewidth 1.4, \
     curves using 1:3 every ::1 with lines linestyle 3
unset label; unset arrow
set title "mean squared error for x^3, by width"
set logscale xy
set xrange [0.8:1500]; set yrange [1e-8:1]
set format x "%g"; set format y "10^{%T}"
set xtics (1, 2, 4, 8, 16, 64, 256, 1024); set ytics 1e-8, 100, 1
set xlabel "units in the hidden layer"
set arrow 1 from 0.8, 4./175 to 1500, 4./175 nohead linecolor rgb ink linewidth 1.2
set label 1 "4/175" at 1700, 4./175 textcolor rgb ink
set label 4 "triangles: trained; crosses: best output weights" at 1400, 8e-3 right textcolor rgb ink2 font ",10"
set label 5 "two hidden layers of 2 squares: 10^{−32}, below the picture" at 2.6, 4e-8 textcolor rgb red
set arrow 2 from 2, 6e-8 to 2, 1.4e-8 linecolor rgb red size screen 0.008, 20 filled
set label 2 "square units: no width gets below" at 1400, 0.07 right textcolor rgb red
set label 3 "tanh units, trained" at 100, 3e-6 textcolor rgb blue
plot points using 2:($1 == 2 ? $3 : NaN) every ::1 with points pointtype 6 pointsize 0.5 linewidth 1.2 linecolor rgb blue, \
     points using 2:($1 == 1 ? $3 : NaN) every ::1 with points pointtype 9 pointsize 0.6 linecolor rgb red, \
     points using 2:($1 == 0 ? $3 : NaN) every ::1 with points pointtype 1 pointsize 0.8 linewidth 1.4 linecolor rgb ink
unset multiplot
