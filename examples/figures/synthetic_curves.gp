# Four ways to train: loss in training and error on held-out rows, three and six hidden layers, mean and range of three seeds; beside
# them the error of a linear classifier:
# gnuplot -e "linear='0.025'; folder='.'; result='synthetic_curves.svg'; style='style.gp'" synthetic_curves.gp
wide = 900; high = 620
load style
set output result
set datafile separator ","
file(layers) = folder.sprintf("/synthetic_curves_%d.csv", layers)
# Names stand at the curves' ends (looked for before there are ranges, which hide points from stats).
do for [layers in "3 6"] {
    do for [c=2:23:3] {
        stats file(int(layers)) skip 1 using c every ::40::40 nooutput
        eval sprintf("y_%s_%d = %.10g", layers, c, STATS_max)
    }
}
set multiplot layout 2, 2 margins 0.09, 0.86, 0.105, 0.945 spacing 0.17, 0.10
set logscale y
set xrange [0:200]; set xtics 0, 50, 200
set style fill solid 0.16 noborder
do for [row=1:2] {
    do for [layers in "3 6"] {
        first = row == 1 ? 5 : 2
        if (row == 1) {
            set title layers." hidden layers" textcolor rgb ink font ",12" offset 0, -0.4
            set yrange [0.006:1]
            set ytics ("1 %%" 0.01, "3 %%" 0.03, "10 %%" 0.1, "30 %%" 0.3, "100 %%" 1)
            unset xlabel
        } else {
            unset title
            set yrange [5e-6:4]
            set ytics 1e-5, 10, 1; set format y "10^{%T}"
            set xlabel "epoch" textcolor rgb ink2 font ",11"
        }
        if (layers eq "3") {
            set ylabel (row == 1 ? "error on held-out digits" : "loss in training") offset 1.2, 0 \
                textcolor rgb ink2 font ",11"
        } else { unset ylabel }
        do for [k=1:4] { eval sprintf("y%d = y_%s_%d", k, layers, first + 6 * (k - 1)) }
        # Two that end at one height stand apart.
        low = log10(y4 / y3) < 0.4 && row == 2 ? 0.4 : 0
        up = abs(log10(y1 / y2)) < 0.12 ? 0.45 : 0
        set label 1 "back-propagation" at 200, y1 offset character 0.7, (y1 > y2 ? up : -up) textcolor rgb ink
        set label 2 "with label" at 200, y2 offset character 0.7, (y1 > y2 ? -up : up) textcolor rgb blue
        set label 3 "without label" at 200, y3 offset character 0.7, -low textcolor rgb red
        set label 4 "top layer only" at 200, y4 offset character 0.7, low textcolor rgb green
        if (row == 1) {
            set arrow 1 from 0, real(linear) to 200, real(linear) nohead linecolor rgb ink2 linewidth 0.8
            set label 5 "linear classifier" at 200, real(linear) offset character 0.7, 0 textcolor rgb ink2 font ",10.5"
        }
        plot for [k=1:4] file(int(layers)) skip 1 \
                 using 1:(column(first + 1 + 6 * (k - 1))):(column(first + 2 + 6 * (k - 1))) \
                 with filledcurves linecolor rgb word(ink." ".blue." ".red." ".green, k), \
             for [k=1:4] file(int(layers)) skip 1 using 1:(column(first + 6 * (k - 1))) with lines linestyle k
        unset label; unset arrow
        set format y "% h"
    }
}
unset multiplot
