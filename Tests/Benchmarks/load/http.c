// Mode http: keep-alive connections in a closed loop, each answer checked.
#define _GNU_SOURCE
#include "modes.h"
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct client {
    struct conn conn;
    uint64_t sent_at;
    bool busy;
};

// The one run of this process.
static struct {
    const struct options *options;
    struct client *clients;
    struct bytes *requests;
    uint64_t sent, measured, reconnects, busy;
    bool measuring, stopping;
    struct errors errors;
    struct histogram latency;
} run;

struct answer {
    size_t head, size;   // bytes of the head; of the whole answer, 0 while it is incomplete
    const uint8_t *body;
    size_t body_count;
    int status;
    bool closes, malformed;
};

static bool header_is(const char *line, const char *end, const char *name, const char **value)
{
    size_t count = strlen(name);
    if ((size_t)(end - line) <= count || line[count] != ':' || strncasecmp(line, name, count) != 0)
        return false;
    *value = line + count + 1 + strspn(line + count + 1, " \t");
    return true;
}

// Moves the chunks together in place. Returns false while bytes are missing.
static bool join_chunks(uint8_t *bytes, size_t count, struct answer *answer)
{
    uint8_t *joined = bytes + answer->head;
    size_t at = answer->head;
    for (int pass = 0; pass < 2; pass++) {
        // The first pass only measures: bytes may be moved once all are here.
        at = answer->head;
        for (;;) {
            uint8_t *line_end = memmem(bytes + at, count - at, "\r\n", 2);
            if (!line_end)
                return false;
            size_t size = strtoul((char *)bytes + at, NULL, 16);
            size_t data = (size_t)(line_end - bytes) + 2;
            if (count - data < 2 || count - data - 2 < size)
                return false;
            if (pass == 1) {
                memmove(joined, bytes + data, size);
                joined += size;
            }
            at = data + size + 2;
            if (size == 0)
                break;
        }
    }
    answer->body_count = (size_t)(joined - (bytes + answer->head));
    answer->size = at;
    return true;
}

static struct answer parse(uint8_t *bytes, size_t count)
{
    struct answer answer = {0};
    const uint8_t *blank = memmem(bytes, count, "\r\n\r\n", 4);
    if (!blank)
        return answer;
    answer.head = (size_t)(blank - bytes) + 4;
    if (answer.head < 16 || memcmp(bytes, "HTTP/1.", 7) != 0) {
        answer.malformed = true;
        return answer;
    }
    answer.status = atoi((const char *)bytes + 9);
    bool chunked = false;
    const char *line = (const char *)bytes, *head_end = (const char *)blank + 2, *value;
    while ((line = memmem(line, (size_t)(head_end - line), "\r\n", 2)) && (line += 2) < head_end) {
        if (header_is(line, head_end, "content-length", &value))
            answer.body_count = strtoul(value, NULL, 10);
        else if (header_is(line, head_end, "transfer-encoding", &value))
            chunked = strncasecmp(value, "chunked", 7) == 0;
        else if (header_is(line, head_end, "connection", &value))
            answer.closes = strncasecmp(value, "close", 5) == 0;
    }
    answer.body = bytes + answer.head;
    if (answer.status == 204 || answer.status == 304 || strcmp(run.options->method, "HEAD") == 0)
        answer.body_count = 0;
    else if (chunked && !join_chunks(bytes, count, &answer))
        return answer;
    if (answer.size == 0 && count - answer.head >= answer.body_count)
        answer.size = answer.head + answer.body_count;
    return answer;
}

static void send_next(struct client *client)
{
    const struct bytes *request = &run.requests[run.sent++ % (uint64_t)run.options->spread];
    client->busy = true;
    client->sent_at = now_ns();
    net_send(&client->conn, request->data, request->count);
}

static void check(const struct answer *answer)
{
    const char *expected = run.options->expect_body;
    if (answer->status != run.options->expect_status) {
        char why[40];
        snprintf(why, sizeof why, "status %d", answer->status);
        errors_add(&run.errors, why);
    } else if (expected
               && (answer->body_count != strlen(expected)
                   || memcmp(answer->body, expected, answer->body_count) != 0)) {
        errors_add(&run.errors, "another body");
    }
}

static void lost(struct conn *conn, const char *why);
static const struct conn_events events;

static void reopen(struct client *client)
{
    run.reconnects++;
    net_open(&client->conn, &events, run.reconnects * 10000);
}

static size_t take_data(struct conn *conn, uint8_t *bytes, size_t count)
{
    struct client *client = (struct client *)conn;
    struct answer answer = parse(bytes, count);
    if (answer.malformed || (answer.size > 0 && !client->busy)) {
        net_close(conn);
        lost(conn, "malformed answer");
        return count;
    }
    if (answer.size == 0)
        return 0;
    client->busy = false;
    check(&answer);
    if (run.measuring) {
        run.measured++;
        histogram_add(&run.latency, now_ns() - client->sent_at);
    }
    if (answer.closes) {
        net_close(conn);
        reopen(client);
    }
    if (run.stopping)
        run.busy--;
    else
        send_next(client);
    return answer.size;
}

// Called with the connection closed. A connection that is lost while idle is only opened again.
static void lost(struct conn *conn, const char *why)
{
    struct client *client = (struct client *)conn;
    if (client->busy)
        errors_add(&run.errors, why);
    if (run.errors.count > 1000)
        fail("more than 1000 errors, the first: %s", run.errors.first);
    if (run.stopping) {
        run.busy -= client->busy;
        client->busy = false;
        return;
    }
    reopen(client);
    send_next(client);
}

static const struct conn_events events = {take_data, lost};

static void prepare(void)
{
    const struct options *options = run.options;
    run.requests = calloc((size_t)options->spread, sizeof *run.requests);
    run.clients = calloc((size_t)options->connections, sizeof *run.clients);
    if (!run.requests || !run.clients)
        fail("out of memory");
    for (int i = 0; i < options->spread; i++) {
        char path[1024];
        options_path(options, (uint64_t)i, path, sizeof path);
        struct bytes *request = &run.requests[i];
        bytes_print(request, "%s %s HTTP/1.1\r\nHost: %s:%d\r\n", options->method, path, options->host, options->port);
        if (options->body)
            bytes_print(request, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(options->body));
        bytes_print(request, "\r\n%s", options->body ? options->body : "");
    }
}

static void stop(void)
{
    run.stopping = true;
    for (int i = 0; i < run.options->connections; i++)
        run.busy += run.clients[i].busy;
    uint64_t patience = now_ns() + 5000000000u;
    while (run.busy > 0 && now_ns() < patience)
        net_poll(10);
    for (uint64_t i = 0; i < run.busy; i++)
        errors_add(&run.errors, "no answer within 5 s");
}

int run_http(const struct options *options)
{
    run.options = options;
    net_start(options);
    prepare();
    for (int i = 0; i < options->connections; i++) {
        net_open(&run.clients[i].conn, &events, (uint64_t)i);
        send_next(&run.clients[i]);
    }
    net_poll_until(now_ns() + (uint64_t)(options->warmup * 1e9));
    run.measuring = true;
    struct usage before = usage_now(options);
    net_poll_until(before.at_ns + (uint64_t)(options->seconds * 1e9));
    stop();
    struct usage after = usage_now(options);

    report_begin(options);
    report_count("requests", run.measured);
    report_rate(run.measured, before, after);
    report_latency(&run.latency);
    report_usage(options, before, after, run.measured);
    report_count("reconnects", run.reconnects);
    return report_end(&run.errors, 0);
}
