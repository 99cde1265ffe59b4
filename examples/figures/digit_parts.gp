# Sixteen parts and sixteen principal components of images of digits, as small multiples:
# gnuplot -e "folder='.'; result='digit_parts.svg'; style='style.gp'" digit_parts.gp
wide = 900; high = 165
load style
set output result
set datafile separator ","
set multiplot layout 1, 2 margins 0.012, 0.988, 0.14, 0.84 spacing 0.035, 0.1
set xrange [-0.5:70.5]; set yrange [16.7:-0.7]
set size ratio -1
set border 0; unset tics; unset colorbox
set cbrange [-1:1]
set palette defined (-1 red, 0 paper, 1 blue)
set title textcolor rgb ink font ",12" offset 0, -0.4
set style fill solid noborder
do for [panel = 1:2] {
    set title (panel == 1 ? "16 parts (non-negative factors)" : "16 principal components")
    images = folder.(panel == 1 ? "/parts.csv" : "/components.csv")
    do for [k = 0:15] {
        set object 100 + k rectangle from (k % 8)*9 - 0.5, (k / 8)*9 - 0.5 to (k % 8)*9 + 7.5, (k / 8)*9 + 7.5 \
            fillstyle empty border linecolor rgb hair linewidth 0.6 front
    }
    if (panel == 2) {
        set label 1 "■ negative" at 50, 19.2 textcolor rgb red font ",10"
        set label 2 "■ positive" at 61, 19.2 textcolor rgb blue font ",10"
    }
    plot images skip 1 using 1:2:(0.5):(0.5):3 with boxxyerror linecolor palette
}
unset multiplot
