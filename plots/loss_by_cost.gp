# loss_by_cost.gp -- validation loss against what training had cost by then, a curve per side; bands of one standard deviation over
# seeds, from the first point that is in view.
load settings
load plots.'/style.gp'
sd(i) = i > 0 ? i : 0
top(y) = y > y_high ? y_high : y
plot for [i = 1:n] data index i - 1 using 1:($2 > y_high ? NaN : $2 - sd($3)):(top($2 + sd($3))) with filledcurves \
         fillcolor rgb color(i) fillstyle transparent solid 0.18 noborder, \
     for [i = 1:n] data index i - 1 using 1:2 with linespoints linetype i pointinterval 3 pointsize 0.9 * point_size
