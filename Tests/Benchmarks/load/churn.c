// Mode churn: connect, upgrade, closing handshake, and the server's end of the TCP connection, over and over.
#include "modes.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

struct visitor {
    struct session session;
    uint64_t began_at;
};

static struct {
    const struct options *options;
    uint64_t begun, ended, wanted, lingering;
    struct errors errors;
    struct histogram latency;
} run;

static const struct session_events events;

static void begin(struct visitor *visitor)
{
    char path[1024];
    options_path(run.options, run.begun, path, sizeof path);
    visitor->began_at = now_ns();
    session_open(&visitor->session, run.options, &events, path, true, run.begun);
    run.begun++;
}

static void say_goodbye(struct session *session)
{
    ws_start_close(&session->ws);
}

static void ignore(struct session *session, const uint8_t *payload, size_t count)
{
    (void)session, (void)payload, (void)count;
}

static void end(struct session *session, const char *why)
{
    struct visitor *visitor = (struct visitor *)session;
    run.ended++;
    if (why)
        errors_add(&run.errors, why);
    else
        histogram_add(&run.latency, now_ns() - visitor->began_at);
    if (run.begun < run.wanted)
        begin(visitor);
}

static const struct session_events events = {say_goodbye, ignore, end};

// A server that has sent its Close frame closes the connection (RFC 6455 §7.1.1); one that leaves it to us is counted.
static void end_lingering(struct visitor *visitors)
{
    uint64_t now = now_ns();
    for (int i = 0; i < run.options->connections; i++) {
        struct ws *ws = &visitors[i].session.ws;
        if (!ws->conn.open || now - visitors[i].began_at < 2000000000u)
            continue;
        bool closed_half = ws->close_received;
        run.lingering += closed_half;
        ws_drop(ws);
        end(&visitors[i].session, closed_half ? NULL : "no answer within 2 s");
    }
}

static void visit(struct visitor *visitors, uint64_t count)
{
    run.begun = run.ended = 0;
    run.wanted = count;
    for (int i = 0; i < run.options->connections && run.begun < run.wanted; i++)
        begin(&visitors[i]);
    uint64_t checked_at = now_ns();
    while (run.ended < run.wanted) {
        net_poll(100);
        if (now_ns() - checked_at > 200000000u) {
            end_lingering(visitors);
            checked_at = now_ns();
        }
    }
}

int run_churn(const struct options *options)
{
    run.options = options;
    net_start(options);
    struct visitor *visitors = calloc((size_t)options->connections, sizeof *visitors);
    if (!visitors)
        fail("out of memory");
    visit(visitors, options->count / 10 + 1);
    run.latency = (struct histogram){0};
    struct usage before = usage_now(options);
    visit(visitors, options->count);
    // What the server does after its last FIN belongs to the connections.
    for (int i = 0; i < 10; i++)
        net_poll(5);
    struct usage after = usage_now(options);
    for (int i = 0; i < options->connections; i++)
        session_free(&visitors[i].session);
    free(visitors);

    report_begin(options);
    report_count("connections", run.ended);
    report_latency(&run.latency);
    report_usage(options, before, after, run.ended);
    report_count("lingering", run.lingering);
    return report_end(&run.errors, 0);
}
