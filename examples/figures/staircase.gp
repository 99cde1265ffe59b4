# sin(2 pi x) by 16 steps and by 8 chords, weights set by a construction (staircase.csv: x, f, steps, relu).
data = folder."/staircase.csv"
wide = 900; high = 310
load style
set output result
set datafile separator ","
set multiplot layout 1, 2 margins 0.055, 0.985, 0.19, 0.88 spacing 0.07, 0.1
set xrange [0:1]; set xtics 0, 0.25, 1
set yrange [-1.12:1.12]; set ytics -1, 0.5, 1
set xlabel "x"
set arrow 1 from 0, 0 to 1, 0 nohead linestyle 9 back
set title textcolor rgb ink font ",12" offset 0, -0.4
set title "16 steps: off by π/16 = 0.196 at most"
plot data using 1:2 every ::1 with lines linecolor rgb ink2 linewidth 1, \
     data using 1:3 every ::1 with steps linestyle 2
set title "8 ramps (ReLU): off by π^2/128 = 0.077 at most"
plot data using 1:2 every ::1 with lines linecolor rgb ink2 linewidth 1, \
     data using 1:4 every ::1 with lines linestyle 3
unset multiplot
