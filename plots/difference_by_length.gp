# difference_by_length.gp -- differences to one variant, the line at 0, against the length of the test window; bars are 95 %
# intervals.  Curves that share a length stand a little beside each other.
load settings
load plots.'/style.gp'
beside(x, i) = x * 2 ** (0.05 * (i - (n + 1) / 2.0))
set xrange [x_low:x_high * (n > 1 ? 2 ** (0.05 * (n - 1) / 2.0 + 0.02) : 1.0005)]
set arrow from graph 0, first 0 to graph 1, first 0 nohead linewidth 1.2 dashtype solid linecolor rgb '#333333'
plot for [i = 1:n] data index i - 1 using (beside($1, i)):2 with lines linetype i, \
     for [i = 1:n] data index i - 1 using (beside($1, i)):2:($3 > 0 ? $3 : 0) with yerrorbars \
         dashtype solid linewidth 1.2 linecolor rgb color(i) pointtype shape(i) pointsize point_size
