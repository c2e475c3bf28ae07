# accuracy_by_speed.gp -- accuracy against speed, a disc per variant; its area is the memory of activations.
#
# The third column is the diameter as a share of the largest disc's.  Names stand at the right as of curves; the point in the middle
# of a disc is the one beside its name.
load settings
load plots.'/style.gp'
largest = format eq 'svg' ? 7.5 : 8
plot for [i = 1:n] data index i - 1 using 1:2:(largest * $3) with points pointtype 7 pointsize variable linecolor rgb '#a0'.substr(color(i), 2, 7), \
     for [i = 1:n] data index i - 1 using 1:2 with points linetype i pointsize 1.2 * point_size
