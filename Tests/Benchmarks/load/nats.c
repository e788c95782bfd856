// The NATS client protocol, as far as a load program needs it: CONNECT, SUB, PUB, MSG, PING and PONG.
#define _GNU_SOURCE
#include "session.h"

#include <stdlib.h>
#include <string.h>

// With one topic the subject alone; with several a token more.
static void print_subject(struct bytes *out, const struct session *session)
{
    if (session->options->spread > 1)
        bytes_print(out, "%s.%llu", session->options->subject,
                    (unsigned long long)(session->index % (uint64_t)session->options->spread));
    else
        bytes_print(out, "%s", session->options->subject);
}

void nats_greet(struct session *session)
{
    struct bytes text = {0};
    bytes_print(&text, "CONNECT {\"verbose\":false,\"pedantic\":false,"
                       "\"name\":\"load\",\"lang\":\"c\",\"version\":\"1\"}\r\n");
    if (session->subscribes) {
        bytes_print(&text, "SUB ");
        print_subject(&text, session);
        bytes_print(&text, " 1\r\n");
    }
    bytes_print(&text, "PING\r\n");
    ws_send(&session->ws, ws_binary, text.data, text.count);
    bytes_free(&text);
}

void nats_add(struct session *session, const void *payload, size_t count)
{
    bytes_print(&session->batch, "PUB ");
    print_subject(&session->batch, session);
    bytes_print(&session->batch, " %zu\r\n", count);
    bytes_append(&session->batch, payload, count);
    bytes_append(&session->batch, "\r\n", 2);
}

static void lose(struct session *session, const char *why)
{
    ws_drop(&session->ws);
    session->events->closed(session, why);
}

// `MSG subject sid [reply] size`: the size is the last word of the line.
static size_t take_message(struct session *session, const uint8_t *line, size_t line_size, size_t count)
{
    const uint8_t *space = memrchr(line, ' ', line_size);
    if (!space) {
        lose(session, "a malformed MSG");
        return 0;
    }
    size_t size = 0;
    for (const uint8_t *at = space + 1; at < line + line_size - 2; at++) {
        if (*at < '0' || *at > '9' || size > 1 << 24) {
            lose(session, "a malformed MSG");
            return 0;
        }
        size = size * 10 + (size_t)(*at - '0');
    }
    if (count < line_size + size + 2)
        return 0;
    session->events->message(session, line + line_size, size);
    return line_size + size + 2;
}

static size_t take_line(struct session *session, const uint8_t *bytes, size_t count)
{
    const uint8_t *end = memchr(bytes, '\n', count);
    if (!end)
        return 0;
    size_t size = (size_t)(end - bytes) + 1;
    if (size > 4 && memcmp(bytes, "MSG ", 4) == 0)
        return take_message(session, bytes, size, count);
    if (memcmp(bytes, "PING", 4) == 0) {
        ws_send(&session->ws, ws_binary, "PONG\r\n", 6);
    } else if (memcmp(bytes, "PONG", 4) == 0 && !session->ready) {
        session->ready = true;
        session->events->ready(session);
    } else if (memcmp(bytes, "-ERR", 4) == 0) {
        lose(session, "-ERR from NATS");
        return 0;
    }
    return size;
}

static size_t take_lines(struct session *session, const uint8_t *bytes, size_t count)
{
    size_t used = 0;
    // Shorter than the shortest line: wait for more.
    while (session->ws.conn.open && count - used >= 5) {
        size_t taken = take_line(session, bytes + used, count - used);
        if (taken == 0)
            break;
        used += taken;
    }
    return used;
}

void nats_feed(struct session *session, uint8_t *bytes, size_t count)
{
    struct bytes *rest = &session->unparsed;
    unsigned generation = session->ws.conn.generation;
    bool alone = rest->count == 0;
    if (!alone)
        bytes_append(rest, bytes, count);
    size_t used = take_lines(session, alone ? bytes : rest->data, alone ? count : rest->count);
    if (!session->ws.conn.open || session->ws.conn.generation != generation)
        return;
    if (alone) {
        bytes_append(rest, bytes + used, count - used);
        return;
    }
    rest->count -= used;
    memmove(rest->data, rest->data + used, rest->count);
}
