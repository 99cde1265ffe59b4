# One panel of the atlas, number `i` of panels.gp; `small` says whether it is one of many.
unset label; unset arrow; unset object; unset key
x0 = real(word(window[i], 1)); x1 = real(word(window[i], 2))
y0 = real(word(window[i], 3)); y1 = real(word(window[i], 4))
set xrange [x0:x1]; set yrange [y0:y1]
unset xtics; unset ytics
points = small ? "9" : "10.5"
set xtics nomirror out scale (small ? 0.3 : 0.6) textcolor rgb ink2 font ",".points offset 0, (small ? 0.6 : 0.2)
set xtics (floor(x0 / 2 + 0.5), 0, floor(x1 / 2 + 0.5))
set ytics nomirror out scale (small ? 0.3 : 0.6) textcolor rgb ink2 font ",".points offset (small ? 0.6 : 0.2), 0
# Ticks at the bounds of the range, else at round numbers.
m = words(bounds[i])
tick(k) = (word(bounds[i], k)[1:1] eq "-" ? "−".(word(bounds[i], k)[2:]) : word(bounds[i], k))
b1 = m > 0 ? real(word(bounds[i], 1)) : 0
b2 = m > 1 ? real(word(bounds[i], 2)) : 0
if (m == 0) { set ytics (floor(y0 / 2 + 0.5), 0, floor(y1 / 2)) }
if (m == 1) { set ytics (tick(1) b1, floor(y1 / 2) > b1 + 0.5 ? floor(y1 / 2) : floor(y0 / 2)) }
if (m == 2) { set ytics (tick(1) b1, tick(2) b2) }
do for [k=1:m] {
    b = real(word(bounds[i], k))
    set arrow from x0, b to x1, b nohead linecolor rgb hair linewidth 0.8 dashtype (4,3) back
}
set arrow from x0, 0 to x1, 0 nohead linestyle 9 back
set arrow from 0, y0 to 0, y1 nohead linestyle 9 back
thick = small ? 1.8 : 2.2
data = folder."/".name[i].".csv"
if (!small) { set key at graph 0, 1.03 left bottom horizontal reverse Left samplen 2.5 textcolor rgb ink2 font ",11" }
if (strlen(curves[i]) == 0) {
    dots = ", folder.\"/\".name[i].\"-jumps.csv\" using 1:2 with points pointtype 7 pointsize (small ? 0.28 : 0.5)" \
           ." linecolor rgb (jumps[i] == 2 ? blue : red) notitle"
    eval "plot data using 1:3 with lines linecolor rgb red linewidth thick * 0.9 dashtype (8,4) notitle," \
         ." data using 1:2 with lines linecolor rgb blue linewidth thick title \"f\"".(jumps[i] ? dots : "") \
         .", keyentry with lines linecolor rgb red linewidth thick * 0.9 dashtype (8,4) title \"f′\""
} else {
    if (name[i] eq "maxout") {
        plot data using 1:2 with lines linecolor rgb blue linewidth thick * 1.2 title "the largest", \
             data using 1:3 with lines linecolor rgb ink2 linewidth 0.9 dashtype (3,3) title "its inputs", \
             data using 1:4 with lines linecolor rgb ink2 linewidth 0.9 dashtype (3,3) notitle, \
             data using 1:5 with lines linecolor rgb ink2 linewidth 0.9 dashtype (3,3) notitle
    } else {
        third = ", data using 1:4 with lines linecolor rgb ink linewidth thick * 0.7 title part(curves[i], 3)"
        eval "plot data using 1:2 with lines linecolor rgb blue linewidth thick title part(curves[i], 1)," \
             ." data using 1:3 with lines linecolor rgb green linewidth thick dashtype (3,3) title part(curves[i], 2)" \
             .(strlen(part(curves[i], 3)) ? third : "")
    }
}
