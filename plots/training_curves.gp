# training_curves.gp -- loss against optimizer steps; the first steps, where all curves fall, leave the top.
load settings
load plots.'/style.gp'
set xrange [0:x_high * 1.0005]
plot for [i = 1:n] data index i - 1 using 1:2 with linespoints linetype i pointinterval 6 pointsize 0.9 * point_size
