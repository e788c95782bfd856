// The client side of RFC 6455, as far as a load program needs it.
#ifndef LOAD_WEBSOCKET_H
#define LOAD_WEBSOCKET_H

#include "net.h"

enum ws_opcode { ws_continuation = 0, ws_text = 1, ws_binary = 2, ws_close = 8, ws_ping = 9, ws_pong = 10 };
enum ws_state { ws_upgrading, ws_open, ws_closing, ws_closed };

struct ws;

struct ws_events {
    void (*ready)(struct ws *);
    /// One data frame, unmasked, in place.
    void (*frame)(struct ws *, enum ws_opcode, bool final, uint8_t *payload, size_t count);
    /// The connection is gone; `why` is NULL after a closing handshake.
    void (*closed)(struct ws *, const char *why);
};

/// The connection comes first: a `struct conn *` of it is a `struct ws *`.
struct ws {
    struct conn conn;
    const struct ws_events *events;
    enum ws_state state;
    bool close_received;
};

/// Connects and asks for the upgrade.
void ws_connect(struct ws *, const struct options *, const struct ws_events *, const char *path, uint64_t index);
/// Appends one masked frame to `out`.
void ws_append(struct bytes *out, enum ws_opcode, const void *payload, size_t count);
void ws_send(struct ws *, enum ws_opcode, const void *payload, size_t count);
/// Begins the closing handshake with code 1000.
void ws_start_close(struct ws *);
/// Closes the TCP connection now.
void ws_drop(struct ws *);

#endif
