# loss_by_length.gp -- a score against the length of the test window, a curve per variant; bars of one standard deviation.
load settings
load plots.'/style.gp'
plot for [i = 1:n] data index i - 1 using 1:($3 > 0 ? $2 - $3 : NaN):(0):(2 * $3) \
         with vectors nohead dashtype solid linewidth 1.2 linecolor rgb color(i), \
     for [i = 1:n] data index i - 1 using 1:2 with linespoints linetype i
