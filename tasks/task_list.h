/* task_list.h -- one line per task; the only place that knows them all. */
TASK(lm)
TASK(listops)
TASK(mqar)
TASK(copy)
TASK(selective_copy)
TASK(induction)
TASK(passkey)
TASK(text)
