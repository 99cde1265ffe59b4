# Largest error for sin(2 pi x) against the number of hidden units, log-log: constructions (rates.csv), the best steps that there are
# (rates_best.csv), and what training found, a point for each seed (rates_trained.csv).
wide = 700; high = 470
load style
set output result
set datafile separator ","
set logscale xy
set xrange [1.7:600]; set yrange [1e-5:3]
set format x "%g"; set format y "10^{%T}"
set xtics (2, 4, 8, 16, 32, 64, 128, 256, 512); set ytics 1e-5, 10, 1
set xlabel "n, units in the hidden layer"; set ylabel "largest error on [0, 1]" offset 1, 0
set lmargin 9; set rmargin 13; set tmargin 1; set bmargin 3.2
set label 1 "steps: ≤ π/n" at 540, pi/512 offset 0, 0.4 textcolor rgb ink
set label 2 "no n steps do\nbetter: 2/(n + 3)" at 540, 2./515 offset 0, -0.5 textcolor rgb ink2 font ",10"
set label 3 "ReLU: ≤ π^2/2n^2" at 540, pi**2/2/512**2 offset 0, 0.2 textcolor rgb red
set label 4 "tanh, trained:\na point for each seed" at 2.1, 1.2e-3 textcolor rgb blue
set label 5 "3 cosine squashers: 10^{−15}, below the picture" at 3.5, 2.2e-5 textcolor rgb green
set arrow 1 from 3, 3e-5 to 3, 1.3e-5 linecolor rgb green linewidth 1.4 size screen 0.01, 20 filled
plot pi/x linecolor rgb hair linewidth 1, pi**2/2/x**2 linecolor rgb hair linewidth 1, \
     2/(x + 3) linecolor rgb ink2 linewidth 1 dashtype (3,3), \
     folder."/rates_best.csv" skip 1 using 1:2 with points pointtype 4 pointsize 0.5 linecolor rgb ink2, \
     folder."/rates.csv" skip 1 using 1:2 with linespoints linestyle 1 pointtype 5 pointsize 0.5, \
     folder."/rates.csv" skip 1 using 1:3 with linespoints linestyle 3 pointtype 9 pointsize 0.6, \
     folder."/rates_trained.csv" skip 1 using ($1*2**(($2 - 4.5)/25)):3 with points pointtype 6 pointsize 0.5 linewidth 1.2 linecolor rgb blue
