// A WebSocket that publishes and receives messages.
#include "session.h"

static void become_ready(struct ws *ws)
{
    struct session *session = (struct session *)ws;
    if (session->nats) {
        nats_greet(session);
        return;
    }
    session->ready = true;
    session->events->ready(session);
}

static void take_frame(struct ws *ws, enum ws_opcode opcode, bool final, uint8_t *payload, size_t count)
{
    struct session *session = (struct session *)ws;
    if (session->nats) {
        nats_feed(session, payload, count);
    } else if (!final || opcode == ws_continuation) {
        ws_drop(ws);
        session->events->closed(session, "a fragmented message");
    } else {
        session->events->message(session, payload, count);
    }
}

static void take_end(struct ws *ws, const char *why)
{
    struct session *session = (struct session *)ws;
    session->ready = false;
    session->events->closed(session, why);
}

void session_open(struct session *session, const struct options *options, const struct session_events *events,
                  const char *path, bool subscribes, uint64_t index)
{
    static const struct ws_events ws_events = {become_ready, take_frame, take_end};
    session->options = options;
    session->events = events;
    session->nats = options->protocol[0] == 'n';
    session->subscribes = subscribes;
    session->index = index;
    session->ready = false;
    session->unparsed.count = session->batch.count = 0;
    ws_connect(&session->ws, options, &ws_events, path, index);
}

void session_add(struct session *session, const void *payload, size_t count)
{
    if (session->nats)
        nats_add(session, payload, count);
    else
        ws_append(&session->batch, ws_text, payload, count);
}

void session_flush(struct session *session)
{
    if (session->batch.count == 0)
        return;
    if (session->nats)
        ws_send(&session->ws, ws_binary, session->batch.data, session->batch.count);
    else
        net_send(&session->ws.conn, session->batch.data, session->batch.count);
    session->batch.count = 0;
}

bool session_idle(const struct session *session)
{
    return session->ws.conn.unsent.count == 0;
}

void session_free(struct session *session)
{
    ws_drop(&session->ws);
    bytes_free(&session->unparsed);
    bytes_free(&session->batch);
}
