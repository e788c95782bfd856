// Mode fanout: one publisher, many subscribers; every message is numbered and every subscriber keeps a ledger.
#include "ledger.h"
#include "modes.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

struct listener {
    struct session session;
    struct ledger ledger;
    uint64_t rounds_heard;
};

static struct {
    const struct options *options;
    struct listener *listeners;   // the subscribers, and behind them the publisher
    struct listener *publisher;
    uint64_t round, round_heard;  // warm-up: its number, and how many have heard it
    uint64_t published, settled, ready, hearing;
    uint32_t *heard;              // how many listeners have heard message n, at n modulo the window
    uint64_t deliveries, own, duplicates, late, foreign;
    bool started;
    struct errors errors;
    char *payload;
    struct histogram latency;
} run;

// A payload: kind (`w` warm-up, `m` message), number and time in hexadecimal, filled up with `x`.
static void write_hex(char *at, uint64_t value)
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        at[i] = "0123456789abcdef"[value & 15];
}

static uint64_t read_hex(const uint8_t *at)
{
    uint64_t value = 0;
    for (int i = 0; i < 16; i++)
        value = value << 4 | (uint64_t)(at[i] <= '9' ? at[i] - '0' : at[i] - 'a' + 10);
    return value;
}

static void add_message(char kind, uint64_t number)
{
    run.payload[0] = kind;
    write_hex(run.payload + 1, number);
    write_hex(run.payload + 17, now_ns());
    session_add(&run.publisher->session, run.payload, run.options->size);
}

static void count_ready(struct session *session)
{
    (void)session;
    run.ready++;
}

static void hear_warmup(struct listener *listener, uint64_t round)
{
    if (round != run.round || listener->rounds_heard == round)
        return;
    listener->rounds_heard = round;
    run.round_heard += listener != run.publisher;
}

static void hear(struct listener *listener, uint64_t number, uint64_t sent_at)
{
    if (number >= run.published) {
        run.foreign++;
        return;
    }
    enum heard heard = ledger_enter(&listener->ledger, number);
    if (heard == heard_again) {
        run.duplicates++;
        return;
    }
    run.late += heard == heard_late;
    if (listener == run.publisher) {
        run.own++;
    } else {
        run.deliveries++;
        histogram_add(&run.latency, now_ns() - sent_at);
    }
    uint64_t window = run.options->window;
    run.heard[number % window]++;
    while (run.settled < run.published && run.heard[run.settled % window] == run.hearing)
        run.heard[run.settled++ % window] = 0;
}

static void take_message(struct session *session, const uint8_t *payload, size_t count)
{
    struct listener *listener = (struct listener *)session;
    if (count != run.options->size || (payload[0] != 'w' && payload[0] != 'm'))
        run.foreign++;
    else if (payload[0] == 'w')
        hear_warmup(listener, read_hex(payload + 1));
    else
        hear(listener, read_hex(payload + 1), read_hex(payload + 17));
}

static void lost(struct session *session, const char *why)
{
    (void)session;
    errors_add(&run.errors, why ? why : "closed");
    if (!run.started)
        fail("a socket was not opened: %s", run.errors.first);
}

static const struct session_events events = {count_ready, take_message, lost};

static void open_all(void)
{
    const struct options *options = run.options;
    uint64_t wanted = 0;
    for (int i = 0; i <= options->connections; i++) {
        bool publishes = i == options->connections;
        const char *path = publishes ? options->publish_path : options->path;
        session_open(&run.listeners[i].session, options, &events, path, !publishes, (uint64_t)i);
        wanted++;
        uint64_t patience = now_ns() + 10000000000u;
        // At most 128 handshakes at a time: a full backlog would cost seconds.
        while (wanted - run.ready > (publishes ? 0u : 127u)) {
            net_poll(100);
            if (now_ns() > patience)
                fail("only %llu sockets were opened", (unsigned long long)run.ready);
        }
    }
}

// Publishes until every subscriber has heard one message, so that nothing is under way when measuring begins.
static void warm_up(void)
{
    for (run.round = 1; run.round <= 10; run.round++) {
        run.round_heard = 0;
        add_message('w', run.round);
        session_flush(&run.publisher->session);
        uint64_t patience = now_ns() + 2000000000u;
        while (run.round_heard < (uint64_t)run.options->connections && now_ns() < patience)
            net_poll(10);
        if (run.round_heard < (uint64_t)run.options->connections)
            continue;
        // The publisher may hear itself; its own copy may be the last.
        for (int i = 0; i < 5; i++)
            net_poll(20);
        run.hearing = (uint64_t)run.options->connections + (run.publisher->rounds_heard == run.round);
        return;
    }
    fail("no warm-up message reached all subscribers");
}

static void publish(uint64_t count)
{
    for (uint64_t i = 0; i < count && run.published - run.settled < run.options->window; i++)
        add_message('m', run.published++);
    session_flush(&run.publisher->session);
}

static bool may_publish(void)
{
    return run.published - run.settled < run.options->window && session_idle(&run.publisher->session);
}

static void publish_full_speed(uint64_t end)
{
    while (now_ns() < end && run.errors.count == 0) {
        if (may_publish())
            publish((uint64_t)run.options->batch);
        net_poll(may_publish() ? 0 : 10);
    }
}

static void publish_paced(uint64_t start, uint64_t end)
{
    double interval = 1e9 / run.options->rate;
    for (uint64_t now = start; now < end && run.errors.count == 0; now = now_ns()) {
        uint64_t due = (uint64_t)((double)(now - start) / interval) + 1;
        if (due > run.published && may_publish())
            publish(due - run.published);
        uint64_t next = start + (uint64_t)((double)run.published * interval);
        now = now_ns();
        net_poll(next > now ? (int)((next - now + 999999) / 1000000) : 1);
    }
}

// Waits until all have heard everything, or nothing has come for three seconds.
static void settle(void)
{
    uint64_t seen = 0, progress_at = now_ns();
    while (run.settled < run.published && now_ns() - progress_at < 3000000000u) {
        net_poll(10);
        if (run.deliveries != seen) {
            seen = run.deliveries;
            progress_at = now_ns();
        }
    }
}

static int report(struct usage before, struct usage after)
{
    const struct options *options = run.options;
    uint64_t missing = 0, expected = run.published * (uint64_t)options->connections;
    for (int i = 0; i < options->connections; i++)
        missing += ledger_missing(&run.listeners[i].ledger, run.published);
    report_begin(options);
    report_count("sockets", (uint64_t)options->connections);
    report_count("published", run.published);
    report_count("expected", expected);
    report_count("deliveries", run.deliveries);
    report_count("own", run.own);
    report_count("missing", missing);
    report_count("duplicates", run.duplicates);
    report_count("late", run.late);
    report_count("foreign", run.foreign);
    report_rate(run.deliveries, before, after);
    report_latency(&run.latency);
    report_usage(options, before, after, run.deliveries + run.own);
    return report_end(&run.errors, missing + run.duplicates + run.late + run.foreign);
}

int run_fanout(const struct options *options)
{
    run.options = options;
    net_start(options);
    run.listeners = calloc((size_t)options->connections + 1, sizeof *run.listeners);
    run.heard = calloc(options->window, sizeof *run.heard);
    run.payload = malloc(options->size);
    if (!run.listeners || !run.heard || !run.payload)
        fail("out of memory");
    run.publisher = &run.listeners[options->connections];
    memset(run.payload, 'x', options->size);
    open_all();
    run.started = true;
    warm_up();
    struct usage before = usage_now(options);
    uint64_t end = before.at_ns + (uint64_t)(options->seconds * 1e9);
    if (options->rate > 0)
        publish_paced(before.at_ns, end);
    else
        publish_full_speed(end);
    settle();
    return report(before, usage_now(options));
}
