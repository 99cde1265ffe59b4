# The atlas of activations: a sheet of all panels, and each as a figure of its own (panels.gp, NAME.csv, NAME-jumps.csv).
panel = style[:strlen(style) - strlen("style.gp")]."atlas_panel.gp"
load folder."/panels.gp"
# Part k of "a|b|c".
part(text, k) = (k == 1 ? (strstrt(text, "|") ? text[:strstrt(text, "|") - 1] : text) \
                         : (strstrt(text, "|") ? part(text[strstrt(text, "|") + 1:], k - 1) : ""))
columns = 7; rows = |first|
wide = 980; high = 52 + rows * 168
load style
set datafile separator ","
set datafile columnheaders

# ---------------------------------------------------------------- the sheet
small = 1
set output result
set multiplot
px(x) = x / real(wide)
py(y) = 1 - y / real(high)
set border 3 linewidth 0.6 linecolor rgb hair
do for [r=1:rows] {
    last = r < rows ? first[r + 1] - 1 : |name|
    do for [i=first[r]:last] {
        column = i - first[r]
        left = 12 + column * 138; top = 56 + (r - 1) * 168
        set lmargin at screen px(left + 34); set rmargin at screen px(left + 132)
        set tmargin at screen py(top + 48); set bmargin at screen py(top + 136)
        load panel
        # words, over an empty plot of the whole sheet
        unset arrow; unset key
        set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
        unset border; unset xtics; unset ytics
        set xrange [0:1]; set yrange [0:1]
        if (column == 0) {
            set label heading[r] at px(left), py(top - 2) textcolor rgb ink font ",12.5"
            set arrow from px(left), py(top + 7) to px(968), py(top + 7) nohead linecolor rgb hair linewidth 0.8
        }
        set label "{/:Bold ".title[i]."}" at px(left + 34), py(top + 22) textcolor rgb ink font ",10.5"
        set label part(note[i], 1).", ".part(note[i], 2) at px(left + 34), py(top + 36) textcolor rgb ink2 font ",9"
        if (i == 1) {
            set label "{/:Bold An atlas of activations}" at px(12), py(20) textcolor rgb ink font ",15"
            set arrow from px(640), py(20) to px(666), py(20) nohead linecolor rgb blue linewidth 1.8
            set label "f" at px(671), py(20) textcolor rgb blue font ",12"
            set arrow from px(694), py(20) to px(722), py(20) nohead linecolor rgb red linewidth 1.6 dashtype (8,4)
            set label "its derivative f′, a dot where it jumps" at px(727), py(20) textcolor rgb red font ",12"
        }
        if (r == rows && i == last) {
            set label "softmax, log-softmax: both outputs for the inputs x and 0" at px(left + 160), py(top + 62) textcolor rgb ink2 font ",11"
            set label "maxout: the largest of three lines" at px(left + 160), py(top + 82) textcolor rgb ink2 font ",11"
            set label "GLU: a sigmoid(b) for a = x and b = 2, 0, −2" at px(left + 160), py(top + 102) textcolor rgb ink2 font ",11"
        }
        plot NaN notitle
        set border 3 linewidth 0.6 linecolor rgb hair
    }
}
unset multiplot
unset output

# ---------------------------------------------------------------- one figure each
small = 0
wide = 420; high = 280
load style
set border 3 linewidth 0.8 linecolor rgb ink2
suffix = (theme eq "dark") ? "-dark.svg" : ".svg"
do for [i=1:|name|] {
    set output folder."/".name[i].suffix
    set lmargin 7; set rmargin 2; set tmargin 2.6; set bmargin 2
    load panel
    unset output
}
