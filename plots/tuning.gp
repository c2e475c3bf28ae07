# tuning.gp -- validation loss against a tuned option: the best trial at each value, and a thin line up to the worst one there.
load settings
load plots.'/style.gp'
if (log_x) { set logscale x 10 }
set xrange [(log_x ? x_low : x_low - 0.03 * (x_high - x_low)):(log_x ? x_high * 1.08 : x_high + 0.03 * (x_high - x_low))]
plot for [i = 1:n] data index i - 1 using 1:($3 > 0 ? $2 : NaN):(0):3 \
         with vectors nohead dashtype solid linewidth 0.8 linecolor rgb color(i), \
     for [i = 1:n] data index i - 1 using 1:2 with linespoints linetype i linewidth (points_only ? 0 : 1.6)
