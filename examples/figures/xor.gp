# The output of a 2-4-1 tanh network over the square (xor.csv), and the four corners.
data = folder."/xor.csv"
wide = 430; high = 400
load style
set output result
set datafile separator ","
set xrange [-0.5:1.5]; set yrange [-0.5:1.5]
set xtics 0, 1, 1; set ytics 0, 1, 1
set xlabel "x1"; set ylabel "x2" offset 1, 0
set size ratio -1
set contour base; unset surface
array level[3] = [0, 0.5, 1]
do for [k=1:3] {
    set cntrparam levels discrete level[k]
    set table $curve
    splot data using 1:2:3 skip 1
    unset table
    set print folder."/xor_".k.".line"
    do for [i=1:|$curve|] { if (words($curve[i]) == 3) { print word($curve[i], 1).",".word($curve[i], 2) } else { print "" } }
    unset print
}
unset contour; set surface
set label 1 "0" at 0, 0 offset 0.8, 0.6 textcolor rgb ink
set label 2 "1" at 0, 1 offset 0.8, 0.6 textcolor rgb ink
set label 3 "1" at 1, 0 offset 0.8, 0.6 textcolor rgb ink
set label 4 "0" at 1, 1 offset 0.8, 0.6 textcolor rgb ink
$corners << EOD
0,0,0
0,1,1
1,0,1
1,1,0
EOD
plot for [k=1:3] folder."/xor_".k.".line" using 1:2 with lines linewidth (k == 2 ? 2.2 : 1) linecolor rgb (k == 2 ? blue : hair), \
     $corners using 1:($3 < 0.5 ? $2 : NaN) with points pointtype 7 pointsize 0.9 linecolor rgb ink, \
     $corners using 1:($3 > 0.5 ? $2 : NaN) with points pointtype 6 pointsize 1.1 linewidth 1.6 linecolor rgb ink
