/* pathfinder_linear.h -- how much of a Pathfinder label a linear model sees: ridge regression of the label on the gray levels. */
#ifndef REACH_PATHFINDER_LINEAR_H
#define REACH_PATHFINDER_LINEAR_H

#include "tasks/pathfinder_set.h"

/* The share of split s whose label is right.  Fitted to the first 20,000 training images; larger images are averaged to 32 x 32
 * first.  The penalty is a tenth of the number of images times the mean variance of a gray level. */
double pathfinder_linear(const struct pathfinder_set *set, enum split s);

#endif
