# One panel of the atlas, number `i` of panels.gp; `small` says whether it is one of many.
unset label; unset arrow; unset object; unset key
x0 = real(word(window[i], 1)); x1 = real(word(window[i], 2))
y0 = real(word(window[i], 3)); y1 = real(word(window[i], 4))
set xrange [x0:x1]; set yrange [y0:y1]
unset xtics; unset ytics
tick = small ? 9 : 10.5
set xtics nomirror out scale (small ? 0.3 : 0.6) textcolor rgb ink2 font ",".tick offset 0, (small ? 0.6 : 0.2)
set xtics (floor(x0 / 2 + 0.5), 0, floor(x1 / 2 + 0.5))
set ytics nomirror out scale (small ? 0.3 : 0.6) textcolor rgb ink2 font ",".tick offset (small ? 0.6 : 0.2), 0
m = words(bounds[i])
if (m == 0) { set ytics (floor(y0 / 2 + 0.5), 0, floor(y1 / 2)) }
if (m == 1) { set ytics (word(bounds[i], 1) real(word(bounds[i], 1)), floor(y1 / 2) > real(word(bounds[i], 1)) + 0.5 ? floor(y1 / 2) : floor(y0 / 2)) }
if (m == 2) { set ytics (word(bounds[i], 1) real(word(bounds[i], 1)), word(bounds[i], 2) real(word(bounds[i], 2))) }
do for [k=1:m] {
    b = real(word(bounds[i], k))
    set arrow from x0, b to x1, b nohead linecolor rgb hair linewidth 0.8 dashtype (4,3) back
}
set arrow from x0, 0 to x1, 0 nohead linestyle 9 back
set arrow from 0, y0 to 0, y1 nohead linestyle 9 back
thick = small ? 1.8 : 2.2
data = folder."/".name[i].".csv"
if (strlen(curves[i]) == 0) {
    if (!small) { set key at graph 0, 1.03 left bottom horizontal samplen 2.5 textcolor rgb ink2 font ",11" }
    plot data using 1:3 with lines linecolor rgb red linewidth thick * 0.9 dashtype (8,4) title "f′", \
         data using 1:2 with lines linecolor rgb blue linewidth thick title "f", \
         folder."/".name[i]."-jumps.csv" using 1:3 with points pointtype 7 pointsize (small ? 0.28 : 0.5) linecolor rgb red notitle, \
         '' using 1:2 with points pointtype 7 pointsize (small ? 0.28 : 0.5) linecolor rgb blue notitle
} else {
    if (!small) { set key at graph 0, 1.03 left bottom horizontal samplen 2.5 textcolor rgb ink2 font ",11" }
    if (name[i] eq "maxout") {
        plot data using 1:2 with lines linecolor rgb blue linewidth thick * 1.2 title "the largest", \
             data using 1:3 with lines linecolor rgb ink2 linewidth 0.9 dashtype (3,3) title "its inputs", \
             data using 1:4 with lines linecolor rgb ink2 linewidth 0.9 dashtype (3,3) notitle, \
             data using 1:5 with lines linecolor rgb ink2 linewidth 0.9 dashtype (3,3) notitle
    } else {
        plot data using 1:3 with lines linecolor rgb green linewidth thick dashtype (3,3) title word2(curves[i], 2), \
             data using 1:2 with lines linecolor rgb blue linewidth thick title word2(curves[i], 1), \
             data using 1:4 with lines linecolor rgb ink linewidth thick * 0.7 title word2(curves[i], 3)
    }
}
