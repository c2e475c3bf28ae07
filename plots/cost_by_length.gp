# cost_by_length.gp -- what a token costs against the length of its sequence, a curve per variant; both axes logarithmic.
load settings
load plots.'/style.gp'
plot for [i = 1:n] data index i - 1 using 1:2 with linespoints linetype i
