// Mode fanout: subscribers on one or more topics, a publisher on each; every message of a topic is numbered and every
// subscriber keeps a ledger. With one topic the publisher is a socket of its own, with several the first subscriber of
// each: two sockets a topic would leave fewer topics below the limit on open files.
#include "ledger.h"
#include "modes.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

struct topic {
    struct listener *publisher;
    uint64_t published, settled, round_heard, sockets, hearing;
    uint32_t *heard;              // how many sockets have heard message n, at n modulo the window
};

struct listener {
    struct session session;
    struct topic *topic;
    struct ledger ledger;
    uint64_t rounds_heard;
};

static struct {
    const struct options *options;
    struct listener *listeners;   // the subscribers, and behind them the publisher if it is none of them
    struct topic *topics;
    int topic_count, next_topic;
    bool publisher_listens;
    uint64_t round;               // of the warm-up
    uint64_t published, settled, ready;
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

static void add_message(struct topic *topic, char kind, uint64_t number)
{
    run.payload[0] = kind;
    write_hex(run.payload + 1, number);
    write_hex(run.payload + 17, now_ns());
    session_add(&topic->publisher->session, run.payload, run.options->size);
}

static bool only_publishes(const struct listener *listener)
{
    return listener == listener->topic->publisher && !run.publisher_listens;
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
    listener->topic->round_heard += !only_publishes(listener);
}

static void hear(struct listener *listener, uint64_t number, uint64_t sent_at)
{
    struct topic *topic = listener->topic;
    if (number >= topic->published) {
        run.foreign++;
        return;
    }
    enum heard heard = ledger_enter(&listener->ledger, number);
    if (heard == heard_again) {
        run.duplicates++;
        return;
    }
    run.late += heard == heard_late;
    if (only_publishes(listener)) {
        run.own++;
    } else {
        run.deliveries++;
        histogram_add(&run.latency, now_ns() - sent_at);
    }
    uint64_t window = run.options->window;
    topic->heard[number % window]++;
    while (topic->settled < topic->published && topic->heard[topic->settled % window] == topic->hearing) {
        topic->heard[topic->settled++ % window] = 0;
        run.settled++;
    }
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
    int count = options->connections + !run.publisher_listens;
    for (int i = 0; i < count; i++) {
        bool publishes = i == options->connections;
        struct listener *listener = &run.listeners[i];
        int number = publishes ? 0 : i % run.topic_count;
        char path[1024];
        options_path(options, (uint64_t)number, path, sizeof path);
        listener->topic = &run.topics[number];
        listener->topic->sockets += !publishes;
        if (publishes || (run.publisher_listens && i < run.topic_count))
            listener->topic->publisher = listener;
        session_open(&listener->session, options, &events, publishes ? options->publish_path : path, !publishes,
                     (uint64_t)i);
        wanted++;
        uint64_t patience = now_ns() + 10000000000u;
        // At most 128 handshakes at a time: a full backlog would cost seconds.
        while (wanted - run.ready > (publishes ? 0u : 127u)) {
            net_poll(100);
            if (now_ns() > patience)
                fail("only %llu sockets were opened", (unsigned long long)run.ready);
        }
    }
    uint64_t patience = now_ns() + 10000000000u;
    while (run.ready < wanted && now_ns() < patience)
        net_poll(100);
}

// One warm-up message; whether every subscriber of the topic has heard it in time.
static bool all_hear(struct topic *topic)
{
    topic->round_heard = 0;
    add_message(topic, 'w', run.round);
    session_flush(&topic->publisher->session);
    uint64_t patience = now_ns() + 2000000000u;
    while (topic->round_heard < topic->sockets && now_ns() < patience)
        net_poll(10);
    return topic->round_heard == topic->sockets;
}

// Publishes until every subscriber has heard one message, so that nothing is under way when measuring begins.
static void warm_up(struct topic *topic)
{
    for (run.round = 1; run.round <= 10; run.round++) {
        if (!all_hear(topic))
            continue;
        // The publisher may hear itself; its own copy may be the last.
        for (int i = 0; i < 5 && !run.publisher_listens; i++)
            net_poll(20);
        topic->hearing = topic->sockets;
        if (!run.publisher_listens)
            topic->hearing += topic->publisher->rounds_heard == run.round;
        return;
    }
    fail("no warm-up message reached all subscribers");
}

static bool may_publish(const struct topic *topic)
{
    return topic->published - topic->settled < run.options->window && session_idle(&topic->publisher->session);
}

static uint64_t publish(struct topic *topic, uint64_t count)
{
    uint64_t added = 0;
    for (; added < count && topic->published - topic->settled < run.options->window; added++)
        add_message(topic, 'm', topic->published++);
    run.published += added;
    session_flush(&topic->publisher->session);
    return added;
}

// Up to `count` messages in turn over the topics; returns how many there was room for.
static uint64_t publish_in_turn(uint64_t count)
{
    uint64_t added = 0;
    uint64_t each = run.topic_count == 1 ? count : 1;
    for (int tried = 0; tried < run.topic_count && added < count; tried++) {
        struct topic *topic = &run.topics[run.next_topic];
        run.next_topic = (run.next_topic + 1) % run.topic_count;
        if (may_publish(topic))
            added += publish(topic, each);
    }
    return added;
}

static void publish_full_speed(uint64_t end)
{
    while (now_ns() < end && run.errors.count == 0)
        net_poll(publish_in_turn((uint64_t)run.options->batch) > 0 ? 0 : 10);
}

static void publish_paced(uint64_t start, uint64_t end)
{
    double interval = 1e9 / run.options->rate;
    for (uint64_t now = start; now < end && run.errors.count == 0; now = now_ns()) {
        uint64_t due = (uint64_t)((double)(now - start) / interval) + 1;
        if (due > run.published)
            publish_in_turn(due - run.published);
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
    uint64_t missing = 0, expected = 0;
    for (int i = 0; i < options->connections; i++) {
        struct listener *listener = &run.listeners[i];
        expected += listener->topic->published;
        missing += ledger_missing(&listener->ledger, listener->topic->published);
    }
    report_begin(options);
    report_count("sockets", (uint64_t)options->connections);
    report_count("topics", (uint64_t)run.topic_count);
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
    run.topic_count = options->spread;
    run.publisher_listens = options->spread > 1;
    if (run.topic_count > options->connections)
        fail("--spread must not be larger than --sockets: each topic needs a subscriber");
    run.listeners = calloc((size_t)options->connections + 1, sizeof *run.listeners);
    run.topics = calloc((size_t)run.topic_count, sizeof *run.topics);
    run.payload = malloc(options->size);
    if (!run.listeners || !run.topics || !run.payload)
        fail("out of memory");
    for (int i = 0; i < run.topic_count; i++)
        if (!(run.topics[i].heard = calloc(options->window, sizeof *run.topics->heard)))
            fail("out of memory");
    memset(run.payload, 'x', options->size);
    open_all();
    run.started = true;
    for (int i = 0; i < run.topic_count; i++)
        warm_up(&run.topics[i]);
    struct usage before = usage_now(options);
    uint64_t end = before.at_ns + (uint64_t)(options->seconds * 1e9);
    if (options->rate > 0)
        publish_paced(before.at_ns, end);
    else
        publish_full_speed(end);
    settle();
    return report(before, usage_now(options));
}
