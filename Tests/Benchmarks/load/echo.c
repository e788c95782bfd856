// Mode echo: one message bouncing on each socket, compared when it comes back.
#include "modes.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bouncer {
    struct session session;
    uint64_t number, sent_at;
    bool busy;
};

static struct {
    const struct options *options;
    uint64_t measured, ready, busy;
    bool started, measuring, stopping;
    struct errors errors;
    char *payload;
    struct histogram latency;
} run;

static void send_next(struct bouncer *bouncer)
{
    char number[21];
    snprintf(number, sizeof number, "%020llu", (unsigned long long)++bouncer->number);
    memcpy(run.payload, number, 20);
    bouncer->busy = true;
    bouncer->sent_at = now_ns();
    session_add(&bouncer->session, run.payload, run.options->size);
    session_flush(&bouncer->session);
}

static void count_ready(struct session *session)
{
    (void)session;
    run.ready++;
}

static void take_message(struct session *session, const uint8_t *payload, size_t count)
{
    struct bouncer *bouncer = (struct bouncer *)session;
    char number[21];
    snprintf(number, sizeof number, "%020llu", (unsigned long long)bouncer->number);
    memcpy(run.payload, number, 20);
    if (!bouncer->busy || count != run.options->size || memcmp(payload, run.payload, count) != 0)
        errors_add(&run.errors, "another message came back");
    bouncer->busy = false;
    if (run.measuring) {
        run.measured++;
        histogram_add(&run.latency, now_ns() - bouncer->sent_at);
    }
    if (run.stopping)
        run.busy--;
    else
        send_next(bouncer);
}

static void lost(struct session *session, const char *why)
{
    struct bouncer *bouncer = (struct bouncer *)session;
    errors_add(&run.errors, why ? why : "closed");
    if (!run.started)
        fail("a socket was not opened: %s", run.errors.first);
    if (run.stopping)
        run.busy -= bouncer->busy;
    bouncer->busy = false;
}

static const struct session_events events = {count_ready, take_message, lost};

static void open_all(struct bouncer *bouncers)
{
    const struct options *options = run.options;
    for (int i = 0; i < options->connections; i++) {
        char path[1024];
        options_path(options, (uint64_t)i, path, sizeof path);
        session_open(&bouncers[i].session, options, &events, path, false, (uint64_t)i);
    }
    uint64_t patience = now_ns() + 10000000000u;
    while (run.ready < (uint64_t)options->connections && now_ns() < patience)
        net_poll(10);
    if (run.ready < (uint64_t)options->connections)
        fail("only %llu sockets were opened within 10 s", (unsigned long long)run.ready);
}

static void stop(struct bouncer *bouncers)
{
    run.stopping = true;
    for (int i = 0; i < run.options->connections; i++)
        run.busy += bouncers[i].busy;
    uint64_t patience = now_ns() + 5000000000u;
    while (run.busy > 0 && now_ns() < patience)
        net_poll(10);
    for (uint64_t i = 0; i < run.busy; i++)
        errors_add(&run.errors, "no echo within 5 s");
}

int run_echo(const struct options *options)
{
    run.options = options;
    net_start(options);
    struct bouncer *bouncers = calloc((size_t)options->connections, sizeof *bouncers);
    run.payload = malloc(options->size);
    if (!bouncers || !run.payload)
        fail("out of memory");
    memset(run.payload, 'x', options->size);
    open_all(bouncers);
    run.started = true;
    for (int i = 0; i < options->connections; i++)
        send_next(&bouncers[i]);
    net_poll_until(now_ns() + (uint64_t)(options->warmup * 1e9));
    run.measuring = true;
    struct usage before = usage_now(options);
    net_poll_until(before.at_ns + (uint64_t)(options->seconds * 1e9));
    stop(bouncers);
    struct usage after = usage_now(options);
    for (int i = 0; i < options->connections; i++)
        session_free(&bouncers[i].session);
    free(bouncers);
    free(run.payload);

    report_begin(options);
    report_count("echoes", run.measured);
    report_rate(run.measured, before, after);
    report_latency(&run.latency);
    report_usage(options, before, after, run.measured);
    return report_end(&run.errors, 0);
}
