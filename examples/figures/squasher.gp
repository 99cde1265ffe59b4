# The cosine squasher and its slope; two of them are a period of the cosine; Fourier networks of a saw.
wide = 900; high = 330
load style
grad = (exists("theme") && theme eq "dark") ? "#E79BC5" : "#9A3F74"
set output result
set datafile separator ","
shape = folder."/squasher_shape.csv"; period = folder."/squasher_period.csv"; saw = folder."/squasher_saw.csv"
set multiplot layout 1, 3 margins 0.04, 0.985, 0.18, 0.88 spacing 0.045, 0.1
set title textcolor rgb ink font ",12" offset 0, -0.4
set xlabel "x"
set title "the cosine squasher P"
set xrange [-3:3]; set xtics ("−π/2" -pi/2, "0" 0, "π/2" pi/2)
set yrange [-0.05:1.1]; set ytics 0, 0.5, 1
set label 1 "P" at 1.0, 0.86 textcolor rgb blue
set label 2 "P′" at 0.95, 0.36 textcolor rgb grad
plot shape using 1:3 every ::1 with lines linecolor rgb grad linewidth 2 dashtype (6,4), \
     shape using 1:2 every ::1 with lines linestyle 2
unset label
set title "two of them are a period of the cosine"
set xrange [-1:2*pi + 1]; set xtics ("0" 0, "π" pi, "2π" 2*pi)
set yrange [-1.15:2.2]; set ytics -1, 1, 2
set arrow 1 from -1, 0 to 2*pi + 1, 0 nohead linestyle 9 back
set label 1 "2 P(π/2 − x)" at 0.75, 2.02 left textcolor rgb blue
set label 2 "2 P(x − 3π/2)" at 2*pi + 0.95, 2.12 right textcolor rgb red
set label 3 "their sum − 1" at 2*pi + 0.95, -0.55 right textcolor rgb ink
plot period using 1:2 every ::1 with lines linestyle 2 linewidth 1.6, \
     period using 1:3 every ::1 with lines linestyle 3 linewidth 1.6, \
     period using 1:4 every ::1 with lines linestyle 1 linewidth 2
unset label; unset arrow
set title "networks that are Fourier series"
set xrange [0:2*pi]; set yrange [-0.05:1.1]; set ytics 0, 0.5, 1
set label 1 "1 harmonic" at 3.55, 0.93 textcolor rgb red
set label 2 "3" at 0.55, 0.14 textcolor rgb green
set label 3 "10" at 2.25, 1.03 textcolor rgb blue
plot saw using 1:2 every ::1 with lines linecolor rgb ink2 linewidth 1, \
     saw using 1:3 every ::1 with lines linestyle 3 linewidth 1.6, \
     saw using 1:4 every ::1 with lines linestyle 4 linewidth 1.8, \
     saw using 1:5 every ::1 with lines linestyle 2 linewidth 1.6
unset multiplot
