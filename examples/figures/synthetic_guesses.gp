# How like the real gradients the guesses are, layer by layer, with the label and without, three hidden layers:
# gnuplot -e "folder='.'; result='synthetic_guesses.svg'; style='style.gp'" synthetic_guesses.gp
wide = 900; high = 320
load style
set output result
set datafile separator ","
data = folder."/synthetic_guesses_3.csv"
# Names stand at the curves' ends.
do for [c=2:7] {
    stats data skip 1 using c every ::39::39 nooutput
    eval sprintf("y%d = %.10g", c, STATS_max)
}
set multiplot layout 1, 2 margins 0.085, 0.915, 0.2, 0.89 spacing 0.11, 0.1
set xrange [0:200]; set xtics 0, 50, 200; set xlabel "epoch"
set yrange [-0.1:1]; set ytics 0, 0.25, 1
set ylabel "cosine" offset 1.5, 0
do for [panel=1:2] {
    set title (panel == 1 ? "guessed from h and the label" : "guessed from h alone") \
        textcolor rgb ink font ",12" offset 0, -0.4
    first = panel == 1 ? 2 : 5
    do for [k=1:3] {
        eval sprintf("y = y%d", first + k - 1)
        apart = panel == 2 && k < 3 ? (k == 1 ? -0.5 : 0.1) : 0
        set label k sprintf("layer %d", k) at 200, y offset character 0.7, apart \
            textcolor rgb word(green." ".red." ".blue, k)
    }
    plot 0 with lines linestyle 9, \
         data skip 1 using 1:(column(first)) with lines linestyle 4, \
         data skip 1 using 1:(column(first + 1)) with lines linestyle 3, \
         data skip 1 using 1:(column(first + 2)) with lines linestyle 2
    unset label; unset ylabel
}
unset multiplot
