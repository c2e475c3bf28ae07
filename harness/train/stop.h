/* stop.h -- SIGINT and SIGTERM ask; training finishes its step, writes its checkpoint and returns ERR_STOPPED. */
#ifndef REACH_STOP_H
#define REACH_STOP_H

#include <stdbool.h>

/* Catch the two signals from now on; a second one ends the program at once. */
void stop_catch(void);
bool stop_wanted(void);

#endif
