// A load program for HTTP/1.1 and WebSocket servers: one process, one thread, one epoll. See ../README.md.
#include "modes.h"

#include <string.h>

int main(int argc, char **argv)
{
    struct options options = options_parse(argc, argv);
    const struct {
        const char *name;
        int (*run)(const struct options *);
    } modes[] = {
        {"http", run_http}, {"fanout", run_fanout}, {"echo", run_echo}, {"churn", run_churn}, {"idle", run_idle},
    };
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(options.mode, modes[i].name) == 0)
            return modes[i].run(&options);
    fail("unknown mode %s", options.mode);
}
