# Decision boundaries on moons (linear, tanh), circles and spirals (*_linear.csv, *_tanh.csv, *_points.csv).
wide = 820; high = 250
load style
set output result
set datafile separator ","
titles = "no_activations tanh tanh tanh"
fields = "moons_linear moons_tanh circles_tanh spirals_tanh"
points = "moons moons circles spirals"
edges = "2.6 2.6 1.6 1.3"
set multiplot layout 1, 4 margins 0.01, 0.99, 0.03, 0.88 spacing 0.02, 0.1
set size ratio -1
unset xtics; unset ytics; set border 15 linewidth 0.6 linecolor rgb hair
do for [k = 1:4] {
    edge = word(edges, k) + 0
    set xrange [-edge:edge]; set yrange [-edge:edge]
    set contour base; unset surface; set cntrparam levels discrete 0
    file = folder."/".word(fields, k).".csv"
    set table $line
    splot file using 1:2:3 skip 1
    unset table
    set print file.".line"
    do for [i=1:|$line|] { if (words($line[i]) == 3) { print word($line[i], 1).",".word($line[i], 2) } else { print "" } }
    unset print
    unset contour; set surface
    set label 1 system("printf '%s' '".word(titles, k)."' | tr _ ' '") at graph 0, graph 1.07 textcolor rgb (k == 1 ? red : blue)
    dots = folder."/".word(points, k)."_points.csv"
    set datafile separator ","
    plot dots using 1:($3 < 0 ? $2 : NaN) skip 1 with points pointtype 7 pointsize 0.22 linecolor rgb ink2, \
         dots using 1:($3 > 0 ? $2 : NaN) skip 1 with points pointtype 6 pointsize 0.3 linecolor rgb ink, \
         file.".line" using 1:2 with lines linewidth 2.2 linecolor rgb (k == 1 ? red : blue)
}
unset multiplot
