/* commonest.h -- the score of always answering the training part's commonest label.
 *
 * Its loss is that of the training part's frequencies, each label counted once more than seen.
 */
#ifndef REACH_COMMONEST_H
#define REACH_COMMONEST_H

#include "tasks/task.h"

/* From how often each of the classes stands in the training part and in the scored one. */
struct predictor commonest_label(size_t classes, const size_t *train, const size_t *scored);

#endif
