# style.gp -- what all figures share: terminal, frame, colours, dashes, point shapes.
#
# A script of this folder is run as  gnuplot -e "settings = 'FILE'" plots/NAME.gp ; the settings name the data, the axes and
# the tags beside the right border.  Colours: Okabe and Ito, readable with any colour vision, without their yellow; every
# style also has its own dash and point, for black and white.

load settings

if (format eq 'png') set terminal pngcairo noenhanced size 1500,940 font 'DejaVu Sans,20' linewidth 2 pointscale 1.7 background '#ffffff'
if (format eq 'svg') set terminal svg noenhanced size 900,564 font 'DejaVu Sans,Helvetica,sans-serif,16' linewidth 1.2 background '#ffffff'
if (format eq 'pdf') set terminal pdfcairo noenhanced size 6.5in,4.07in font 'DejaVu Sans,13' linewidth 1.2 pointscale 0.7
set output picture
base = format eq 'png' ? 20 : format eq 'svg' ? 16 : 13
title_size = sprintf('%.1f', 0.95 * base)
tag_size = sprintf('%.1f', 0.9 * base)
small_size = sprintf('%.1f', 0.78 * base)

array colors[7] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#000000', '#e69f00', '#56b4e9']
array shapes[10] = [7, 5, 9, 11, 13, 6, 4, 8, 10, 12]
gray = '#777777'
color(i) = look[i] < 1000 ? colors[int(look[i]) % 7 + 1] : gray # 1000: CURVE_GRAY of figure.h
shape(i) = look[i] < 1000 ? shapes[int(look[i]) % 10 + 1] : 0
point_size = format eq 'svg' ? 0.6 : 0.8
do for [i = 1:n] {
    s = int(look[i]) % 5
    if (s == 0) { set linetype i linewidth 1.6 dashtype solid }
    if (s == 1) { set linetype i linewidth 1.6 dashtype (14,5) }
    if (s == 2) { set linetype i linewidth 1.6 dashtype (4,4) }
    if (s == 3) { set linetype i linewidth 1.6 dashtype (14,5,3,5) }
    if (s == 4) { set linetype i linewidth 1.6 dashtype (24,4,8,4) }
    if (look[i] >= 1000) { set linetype i linewidth 1.2 dashtype solid }
    set linetype i linecolor rgb color(i) pointtype shape(i) pointsize point_size
}

set border 3 linewidth 0.8 linecolor rgb '#333333'
set tics nomirror out scale 0.6
set grid ytics linewidth 0.5 linecolor rgb '#e6e6e6' linetype 1
set key off
set label figure_title at graph 0, graph 1.045 left font ','.title_size
set label x_title at graph 0.5, screen (format eq 'svg' ? 0.02 : 0.035) center
set lmargin at screen 0.1 + (y_digits > 4 ? 0.011 * (y_digits - 4) : 0)
set bmargin at screen 0.125
set tmargin at screen 0.925
right = 1 - 0.0112 * widest - 0.05
if (right < 0.5) { right = 0.5 }
set rmargin at screen right

set xrange [x_low:x_high * 1.0005] # the last tick and point lie inside
set format x '%g'
set yrange [y_low:y_high]
if (log_x) { set logscale x 2 }
if (log_y) { set logscale y 10 }

# Where a few curves explode the axis is fine near the bottom and like a logarithm far above it, and says so.
f(y) = log(1 + (y > y_low ? y - y_low : 0) / bend)
g(z) = y_low + bend * (exp(z) - 1)
if (bend > 0) {
    set nonlinear y via f(y) inverse g(y)
    y_title = y_title.' (compressed upwards)'
}

set label y_title at screen 0.02, graph 0.5 center rotate by 90

if (x_mark > 0) {
    set arrow from first x_mark, graph 0 to first x_mark, graph 1 nohead linewidth 1 dashtype (6,5) linecolor rgb gray
    set label mark at first x_mark, graph 0.97 left offset 0.6, 0 textcolor rgb gray font ','.small_size
}

# Tags: the name of each curve at the height where it ends, or as near as the others let it be.
do for [i = 1:n_tags] {
    c = i <= n ? color(i) : '#999999'
    if (leader[i]) { set arrow from graph 1.003, graph end_y[i] to graph 1.022, graph tag_y[i] nohead linewidth 0.8 dashtype solid linecolor rgb c }
    if (i <= n) { set label tag[i] at graph 1.034, graph tag_y[i] left point pointtype shape(i) pointsize point_size linecolor rgb c offset 0.7, -0.12 font ','.tag_size }
    if (i > n) { set label tag[i] at graph 1.026, graph tag_y[i] left textcolor rgb gray font ','.small_size }
}
do for [i = 1:n_floors] {
    set arrow from graph 0, first floor_y[i] to graph 1, first floor_y[i] nohead linewidth 0.7 dashtype solid linecolor rgb '#999999'
}
