# loss_by_cost.gp -- validation loss against what training had cost by then, a curve per side; bands of one standard deviation over seeds.
load settings
load plots.'/style.gp'
plot for [i = 1:n] data index i - 1 using 1:($3 > 0 ? $2 - $3 : $2):($3 > 0 ? $2 + $3 : $2) with filledcurves \
         fillcolor rgb color(i) fillstyle transparent solid 0.18 noborder, \
     for [i = 1:n] data index i - 1 using 1:2 with linespoints linetype i pointinterval 3 pointsize 0.9 * point_size
