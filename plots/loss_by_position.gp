# loss_by_position.gp -- loss against the position of the target in the longest window; points mark every fourth bucket.
load settings
load plots.'/style.gp'
plot for [i = 1:n] data index i - 1 using 1:2 with linespoints linetype i pointinterval 4 pointsize 0.9 * point_size
