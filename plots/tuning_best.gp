# tuning_best.gp -- the best validation loss that a search has seen so far, against what it has trained; steps, for it is a record.
load settings
load plots.'/style.gp'
set xrange [0:x_high * 1.0005]
plot for [i = 1:n] data index i - 1 using 1:2 with steps linetype i, \
     for [i = 1:n] data index i - 1 using 1:2 with points linetype i
