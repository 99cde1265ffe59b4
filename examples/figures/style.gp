# The look of the figures: two thin axes, ticks outside, curves named at their ends in their colour, no key.
paper = "#FFFFFF"; ink = "#1B2530"; ink2 = "#56626D"; hair = "#C3CBD2"
blue = "#0072B2"; red = "#D55E00"; green = "#00805E"
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
