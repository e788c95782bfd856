// Non-blocking TCP connections on one epoll.
#ifndef LOAD_NET_H
#define LOAD_NET_H

#include "support.h"

struct conn;

/// Called from `net_poll`. A callback may send, close and open connections, its own included.
struct conn_events {
    /// Takes what it can use of the bytes and returns how many those were; the rest comes again with more behind it.
    size_t (*data)(struct conn *, uint8_t *bytes, size_t count);
    /// The peer closed or the connection broke. Not called for `net_close`.
    void (*closed)(struct conn *, const char *why);
};

struct conn {
    const struct conn_events *events;
    int fd;
    unsigned generation;
    bool open, waits_for_room;
    struct bytes unread, unsent;
};

/// Opens the epoll and lifts the limit on descriptors as far as it goes.
void net_start(const struct options *);
/// Connects from 127.0.0.2 + index / 10000, so that ports last; ends the program when the server refuses.
void net_open(struct conn *, const struct conn_events *, uint64_t index);
/// Sends what fits at once and keeps the rest until there is room.
void net_send(struct conn *, const void *data, size_t count);
void net_close(struct conn *);
/// Waits up to `milliseconds` and handles what came.
void net_poll(int milliseconds);
/// Handles what comes until `now_ns()` is `moment`.
void net_poll_until(uint64_t moment);

#endif
