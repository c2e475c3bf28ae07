# claims.gp -- a row per claim: how far on its side of the line the estimate lies, with its interval; colour and shape by verdict.
#
# The axis is fine near 0 and like a logarithm far from it (inverse hyperbolic sine).  Colours: Okabe and Ito; each verdict also has a
# shape, and its word stands at the right.
load settings

base = format eq 'png' ? 20 : format eq 'svg' ? 16 : 13
rows = n < 3 ? 3 : n
head = 2.2
foot = 3.6
height = rows + head + foot # in rows
if (format eq 'png') set terminal pngcairo noenhanced size 1700,int(46 * height) font 'DejaVu Sans,20' linewidth 2 pointscale 1.7 background '#ffffff'
if (format eq 'svg') set terminal svg noenhanced size 1100,int(32 * height) font 'DejaVu Sans,Helvetica,sans-serif,16' linewidth 1.2 background '#ffffff'
if (format eq 'pdf') set terminal pdfcairo noenhanced size 8in,0.27 * height font 'DejaVu Sans,12' linewidth 1.2 pointscale 0.7
set output picture
small = ','.sprintf('%.1f', 0.8 * base)

# reproduced, undecided, missing, contradicted, about another implementation
array colors[5] = ['#0072b2', '#666666', '#777777', '#d55e00', '#cc79a7']
array shapes[5] = [7, 6, 2, 5, 8]
point_size = format eq 'svg' ? 0.9 : 1.1

u(x) = asinh(x / 2.0)
inside(x) = x > limit ? limit : x < -limit ? -limit : x
set xrange [u(-limit) * 1.02:u(limit) * 1.02]
set yrange [rows + 0.5:0.5]
set lmargin at screen 0.47 + 0.0085 * (widest > 4 ? widest - 4 : 0)
set rmargin at screen 0.775
set tmargin at screen 1 - head / height
set bmargin at screen foot / height
set border 1 linewidth 0.8 linecolor rgb '#333333'
set key off
set tics nomirror out scale 0.6
unset ytics
set xtics ('0' 0) font small
if (limit <= 30) { set xtics add ('1' u(1), '-1' u(-1), '3' u(3), '-3' u(-3)) }
set xtics add ('10' u(10), '-10' u(-10))
if (limit > 10) { set xtics add ('30' u(30), '-30' u(-30)) }
if (limit > 30) { set xtics add ('3' u(3), '-3' u(-3), '100' u(100), '-100' u(-100)) }

set label figure_title at screen 0.015, screen 1 - 0.42 * head / height left font ','.sprintf('%.1f', 0.95 * base)
set label '← fails' at graph 0.485, screen 1 - 0.78 * head / height right textcolor rgb '#333333' font small
set label 'holds →' at graph 0.515, screen 1 - 0.78 * head / height left textcolor rgb '#333333' font small
set arrow from first 0, graph 0 to first 0, graph 1 nohead linewidth 1 dashtype (6,5) linecolor rgb '#777777'
set label 'margin: (left - right) on the claim''s side, % of the larger side; bars: 95 % t interval over '.per.'s' at screen 0.985, screen 0.45 * foot / height right font small
set label 'a conjunction shows the part that decides it; one '.per.' has no interval' at screen 0.985, screen 0.2 * foot / height right font small

do for [i = 1:n] {
    c = colors[verdict[i] + 1]
    set label label[i] at screen 0.015, first i left
    set label says[i] at screen 0.065 + 0.0085 * (widest > 4 ? widest - 4 : 0), first i left font small
    set label note[i] at screen 0.79, first i left textcolor rgb c font small
    if (any[i]) {
        set arrow from first u(inside(low[i])), first i to first u(inside(high[i])), first i nohead linewidth 1.8 linecolor rgb c
        set label '' at first u(inside(middle[i])), first i point pointtype shapes[verdict[i] + 1] pointsize point_size linewidth 1.6 linecolor rgb c
    }
    if (i < n) { set arrow from screen 0.015, first i + 0.5 to screen 0.985, first i + 0.5 nohead back linewidth 0.4 linecolor rgb '#e6e6e6' }
}
plot NaN
