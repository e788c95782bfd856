// A WebSocket that publishes and receives messages: raw frames, or the NATS protocol inside binary frames.
#ifndef LOAD_SESSION_H
#define LOAD_SESSION_H

#include "websocket.h"

struct session;

struct session_events {
    /// Messages can be sent now; with NATS the subscription has been confirmed.
    void (*ready)(struct session *);
    void (*message)(struct session *, const uint8_t *payload, size_t count);
    /// The connection is gone; `why` is NULL after a closing handshake.
    void (*closed)(struct session *, const char *why);
};

/// The socket comes first: a `struct ws *` of it is a `struct session *`.
struct session {
    struct ws ws;
    const struct options *options;
    const struct session_events *events;
    bool nats, subscribes, ready;
    uint64_t index;
    struct bytes unparsed, batch;
};

/// Connects; `subscribes` matters only to NATS: a raw socket hears what its path makes it hear. With several topics
/// (`--spread`) its topic is `index` modulo their number.
void session_open(struct session *, const struct options *, const struct session_events *, const char *path,
                  bool subscribes, uint64_t index);
/// Adds a message to the batch.
void session_add(struct session *, const void *payload, size_t count);
/// Sends the batch.
void session_flush(struct session *);
/// Whether the last batch has left this process.
bool session_idle(const struct session *);
void session_free(struct session *);

/// The NATS side (nats.c): sends CONNECT, SUB and PING.
void nats_greet(struct session *);
/// Appends a PUB to the batch.
void nats_add(struct session *, const void *payload, size_t count);
/// Parses protocol bytes, which may begin and end anywhere.
void nats_feed(struct session *, uint8_t *bytes, size_t count);

#endif
