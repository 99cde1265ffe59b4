# The look of the figures: two thin axes, ticks outside, curves named at their ends in their colour, no key.
# theme='dark' draws for dark paper.
paper = "#FFFFFF"; ink = "#1B2530"; ink2 = "#56626D"; hair = "#C3CBD2"; band = "#F4F6F8"
blue = "#0072B2"; red = "#D55E00"; green = "#00805E"
if (exists("theme") && theme eq "dark") {
    paper = "#12181E"; ink = "#E8EDF1"; ink2 = "#A9B6C1"; hair = "#4A5966"; band = "#1A222A"
    blue = "#56B4E9"; red = "#FF8A4C"; green = "#5CC9A7"
}
set terminal svg size wide, high font "Helvetica,Arial,sans-serif,12" background paper enhanced
set encoding utf8
set minussign
set border 3 linewidth 0.8 linecolor rgb ink2
set tics nomirror out scale 0.6 textcolor rgb ink2 font ",10.5"
set xlabel textcolor rgb ink2 font ",11"
set ylabel textcolor rgb ink2 font ",11"
unset key
set style line 1 linecolor rgb ink   linewidth 1.6 dashtype 1
set style line 2 linecolor rgb blue  linewidth 2.2 dashtype 1
set style line 3 linecolor rgb red   linewidth 2.2 dashtype (10,4)
set style line 4 linecolor rgb green linewidth 2.2 dashtype (3,3)
set style line 9 linecolor rgb hair  linewidth 0.8 dashtype 1
