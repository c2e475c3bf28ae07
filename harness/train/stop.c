/* stop.c -- the one flag a signal handler may touch. */
#include "train/stop.h"

#include <signal.h>
#include <string.h>

static volatile sig_atomic_t wanted;

static void on_signal(int number)
{
    wanted = 1;
    signal(number, SIG_DFL);
}

void stop_catch(void)
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = on_signal;
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
}

bool stop_wanted(void)
{
    return wanted != 0;
}
