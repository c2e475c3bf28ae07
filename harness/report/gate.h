/* gate.h -- does a recall table tell anything?
 *
 * Only if the task can be learned and cannot be guessed: the reference variant reaches 95 % in every test set whose setting was
 * trained, and the control, which has no memory, stays within 5 points of chance in every set.  Means over seeds.
 * The two are the variants that test.reference and test.control name (vanilla and no_memory).
 */
#ifndef REACH_GATE_H
#define REACH_GATE_H

#include "report/load.h"

#define GATE_REFERENCE 95.0 /* percent, at least            */
#define GATE_CONTROL   5.0  /* points from chance, at most  */

struct gate {
    bool passed;
    char line[768]; /* the verdict in words, with its numbers */
};

/* Of a TASK_SEQUENCE. */
void gate_of(const struct task_runs *t, struct gate *out);

#endif
