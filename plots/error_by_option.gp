# error_by_option.gp -- an error against the value of an option, a curve per variant; bars of one standard deviation, cut where the
# logarithmic axis begins.
load settings
load plots.'/style.gp'
set lmargin at screen 0.135 # small errors have long ticks
low(y) = y > y_low ? y : y_low
plot for [i = 1:n] data index i - 1 using 1:($3 > 0 ? low($2 - $3) : NaN):(0):($2 + $3 - low($2 - $3)) \
         with vectors nohead dashtype solid linewidth 1.2 linecolor rgb color(i), \
     for [i = 1:n] data index i - 1 using 1:2 with linespoints linetype i
