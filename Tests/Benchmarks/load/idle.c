// Mode idle: opens sockets, holds them, and looks at the server's memory and descriptors before, while and after.
#include "modes.h"
#include "session.h"

#include <stdlib.h>

enum { opening_at_once = 128 };

static struct {
    uint64_t begun, ready;
    bool leaving;
    struct errors lost;
} run;

static void count_ready(struct session *session)
{
    (void)session;
    run.ready++;
}

static void ignore(struct session *session, const uint8_t *payload, size_t count)
{
    (void)session, (void)payload, (void)count;
}

static void count_lost(struct session *session, const char *why)
{
    (void)session;
    if (!run.leaving)
        errors_add(&run.lost, why ? why : "closed");
}

static const struct session_events events = {count_ready, ignore, count_lost};

static void open_all(struct session *sockets, const struct options *options)
{
    uint64_t count = (uint64_t)options->connections, progress_at = now_ns(), seen = 0;
    while (run.ready + run.lost.count < count) {
        while (run.begun < count && run.begun - run.ready - run.lost.count < opening_at_once) {
            char path[1024];
            options_path(options, run.begun, path, sizeof path);
            session_open(&sockets[run.begun], options, &events, path, true, run.begun);
            run.begun++;
        }
        net_poll(100);
        if (run.ready + run.lost.count != seen) {
            seen = run.ready + run.lost.count;
            progress_at = now_ns();
        } else if (now_ns() - progress_at > 10000000000u) {
            fail("stuck at %llu sockets", (unsigned long long)run.ready);
        }
    }
}

static void poll_for(double seconds)
{
    net_poll_until(now_ns() + (uint64_t)(seconds * 1e9));
}

static void close_all(struct session *sockets, const struct options *options)
{
    run.leaving = true;
    for (int i = 0; i < options->connections; i++)
        if (sockets[i].ws.state == ws_open) {
            ws_start_close(&sockets[i].ws);
            if (i % opening_at_once == 0)
                net_poll(0);
        }
    poll_for(1);
    for (int i = 0; i < options->connections; i++)
        session_free(&sockets[i]);
    poll_for(0.5);
}

int run_idle(const struct options *options)
{
    net_start(options);
    struct session *sockets = calloc((size_t)options->connections, sizeof *sockets);
    if (!sockets)
        fail("out of memory");
    struct usage before = usage_now(options);
    open_all(sockets, options);
    poll_for(1);
    struct usage opened = usage_now(options);
    poll_for(options->hold);
    struct usage held = usage_now(options);
    uint64_t open = run.ready - run.lost.count;
    close_all(sockets, options);
    struct usage closed = usage_now(options);
    free(sockets);

    report_begin(options);
    report_count("open", open);
    report_usage(options, opened, held, 0);
    if (options->pid_count > 0 && open > 0) {
        double grown = (double)held.rss_kb - (double)before.rss_kb;
        report_count("rss_empty_kb", before.rss_kb);
        report_real("kb_each", grown / (double)open);
        report_count("rss_closed_kb", closed.rss_kb);
        report_real("descriptors_left", (double)closed.descriptors - (double)before.descriptors);
    }
    return report_end(&run.lost, 0);
}
