# Four lines between two classes: lines.csv (w1, w2, b of the SVM, the perceptron, least squares, logistic regression).
wide = 560; high = 420
load style
set output result
set datafile separator ","
array w1[4]; array w2[4]; array b[4]
do for [k=1:4] {
    stats folder."/lines.csv" skip 1 using 1 every ::(k - 1)::(k - 1) nooutput; w1[k] = STATS_min
    stats folder."/lines.csv" skip 1 using 2 every ::(k - 1)::(k - 1) nooutput; w2[k] = STATS_min
    stats folder."/lines.csv" skip 1 using 3 every ::(k - 1)::(k - 1) nooutput; b[k] = STATS_min
}
points = folder."/lines_points.csv"
set xrange [4.1:7.2]; set yrange [1.9:4.6]
set xtics 4.5, 0.5, 7; set ytics 2, 0.5, 4.5
set xlabel "sepal length, cm"; set ylabel "sepal width, cm" offset 1, 0
set lmargin 8; set rmargin 13; set tmargin 2; set bmargin 3.2
line(k, x, c) = (c - b[k] - w1[k]*x) / w2[k]
set object 1 polygon from 4.1,line(1,4.1,-1) to 7.2,line(1,7.2,-1) to 7.2,line(1,7.2,1) to 4.1,line(1,4.1,1) to 4.1,line(1,4.1,-1) \
    fillcolor rgb band fillstyle solid noborder behind clip
# A line's name stands where it leaves the picture: above, or on the right (there moved apart).
array name[4] = ["SVM", "perceptron", "least squares", "logistic"]
array colour[4] = [blue, ink, green, red]
array shift[4] = [0, -0.5, 0.5, 0]
do for [k=1:4] {
    if (line(k, 7.2, 0) < 4.6) {
        set label k name[k] at 7.25, line(k, 7.2, 0) offset 0, shift[k] textcolor rgb colour[k]
    } else {
        set label k name[k] at (4.6*w2[k] + b[k]) / -w1[k], 4.66 center textcolor rgb colour[k]
    }
}
set label 5 "setosa" at 4.3, 3.9 textcolor rgb blue
set label 6 "versicolor" at 6.55, 2.3 textcolor rgb red
plot line(1, x, 0) linestyle 2, line(2, x, 0) linestyle 1, line(3, x, 0) linestyle 4, line(4, x, 0) linestyle 3, \
     points skip 1 using 1:($3 > 0 ? $2 : NaN) with points pointtype 6 pointsize 0.55 linewidth 1.2 linecolor rgb blue, \
     points skip 1 using 1:($3 < 0 ? $2 : NaN) with points pointtype 9 pointsize 0.6 linecolor rgb red
