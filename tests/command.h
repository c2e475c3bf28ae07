/* command.h -- what a command of the built program must say. */
#ifndef REACH_TEST_COMMAND_H
#define REACH_TEST_COMMAND_H

#include "folder.h"
#include "process.h"

/* `reach ARGUMENTS` in the test's folder must end with this code and, unless text is NULL, say this. */
static inline const struct finished *expect(int code, const char *text, const char *arguments)
{
    const struct finished *f = process_run("cd '%s' && '%s' %s", folder, reach, arguments);
    if (f->code != code || (text && !strstr(f->out, text)))
        fail_msg("%s: exit code %d, wanted %d and \"%s\"; it said:\n%s", arguments, f->code, code, text ? text : "", f->out);
    return f;
}

#endif
