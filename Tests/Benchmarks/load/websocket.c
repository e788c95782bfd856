// The client side of RFC 6455, as far as a load program needs it.
#define _GNU_SOURCE
#include "websocket.h"

#include <stdio.h>
#include <string.h>

// The nonce and its answer from RFC 6455 §1.3: the answer is checked without SHA-1 in this program.
static const char nonce[] = "dGhlIHNhbXBsZSBub25jZQ==";
static const char accepted[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

static void lose(struct ws *ws, const char *why)
{
    ws_drop(ws);
    ws->events->closed(ws, why);
}

static uint32_t next_mask(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static size_t write_header(uint8_t *at, enum ws_opcode opcode, size_t count)
{
    at[0] = 0x80 | (uint8_t)opcode;
    if (count < 126) {
        at[1] = 0x80 | (uint8_t)count;
        return 2;
    }
    if (count < 65536) {
        at[1] = 0x80 | 126;
        at[2] = (uint8_t)(count >> 8);
        at[3] = (uint8_t)count;
        return 4;
    }
    at[1] = 0x80 | 127;
    for (int i = 0; i < 8; i++)
        at[2 + i] = (uint8_t)((uint64_t)count >> (56 - 8 * i));
    return 10;
}

void ws_append(struct bytes *out, enum ws_opcode opcode, const void *payload, size_t count)
{
    uint8_t *at = bytes_reserve(out, count + 14);
    size_t header = write_header(at, opcode, count);
    uint32_t mask = next_mask();
    memcpy(at + header, &mask, 4);
    uint8_t *to = at + header + 4;
    const uint8_t *from = payload, *key = at + header;
    uint64_t wide = (uint64_t)mask << 32 | mask, word;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        memcpy(&word, from + i, 8);
        word ^= wide;
        memcpy(to + i, &word, 8);
    }
    for (; i < count; i++)
        to[i] = from[i] ^ key[i & 3];
    out->count += header + 4 + count;
}

void ws_send(struct ws *ws, enum ws_opcode opcode, const void *payload, size_t count)
{
    struct bytes frame = {0};
    ws_append(&frame, opcode, payload, count);
    net_send(&ws->conn, frame.data, frame.count);
    bytes_free(&frame);
}

void ws_start_close(struct ws *ws)
{
    static const uint8_t normal[] = {1000 >> 8, 1000 & 255};
    ws->state = ws_closing;
    ws_send(ws, ws_close, normal, sizeof normal);
}

void ws_drop(struct ws *ws)
{
    ws->state = ws_closed;
    net_close(&ws->conn);
}

// Returns what the response head took; 0 while it is incomplete or after it was refused.
static size_t take_upgrade(struct ws *ws, const uint8_t *bytes, size_t count)
{
    const uint8_t *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end) {
        if (count > 16384)
            lose(ws, "an endless response head");
        return 0;
    }
    size_t head = (size_t)(end - bytes) + 4;
    if (head < 12 || memcmp(bytes, "HTTP/1.1 101", 12) != 0) {
        char why[64];
        snprintf(why, sizeof why, "refused: %.*s", (int)(head < 40 ? head : 40), (const char *)bytes);
        lose(ws, why);
        return 0;
    }
    if (!memmem(bytes, head, accepted, sizeof accepted - 1)) {
        lose(ws, "a wrong Sec-WebSocket-Accept");
        return 0;
    }
    ws->state = ws_open;
    ws->events->ready(ws);
    return head;
}

static void take_frame(struct ws *ws, uint8_t first, uint8_t *payload, size_t count)
{
    enum ws_opcode opcode = first & 15;
    bool final = first & 0x80, control = opcode >= ws_close;
    if ((first & 0x70) || (control && !final) || opcode > ws_pong || (opcode > ws_binary && !control)) {
        lose(ws, "a malformed frame");
    } else if (opcode == ws_ping) {
        ws_send(ws, ws_pong, payload, count);
    } else if (opcode == ws_close) {
        ws->close_received = true;
        if (ws->state == ws_open)
            lose(ws, "the server sent a Close frame");
    } else if (!control) {
        ws->events->frame(ws, opcode, final, payload, count);
    }
}

// Parses one frame; returns its size, 0 while it is incomplete.
static size_t parse_frame(struct ws *ws, uint8_t *bytes, size_t count)
{
    if (count < 2)
        return 0;
    if (bytes[1] & 0x80) {
        lose(ws, "a masked frame");
        return 0;
    }
    uint64_t length = bytes[1];
    size_t header = length < 126 ? 2 : length == 126 ? 4 : 10;
    if (count < header)
        return 0;
    if (header > 2) {
        length = 0;
        for (size_t i = 2; i < header; i++)
            length = length << 8 | bytes[i];
    }
    if (count - header < length)
        return 0;
    take_frame(ws, bytes[0], bytes + header, (size_t)length);
    return header + (size_t)length;
}

static size_t take_data(struct conn *conn, uint8_t *bytes, size_t count)
{
    struct ws *ws = (struct ws *)conn;
    unsigned generation = conn->generation;
    size_t used = 0;
    if (ws->state == ws_upgrading) {
        used = take_upgrade(ws, bytes, count);
        if (used == 0)
            return 0;
    }
    while (conn->open && conn->generation == generation) {
        size_t taken = parse_frame(ws, bytes + used, count - used);
        if (taken == 0)
            break;
        used += taken;
    }
    return used;
}

static void take_end(struct conn *conn, const char *why)
{
    struct ws *ws = (struct ws *)conn;
    bool clean = ws->state == ws_closing && ws->close_received;
    ws->state = ws_closed;
    ws->events->closed(ws, clean ? NULL : why);
}

void ws_connect(struct ws *ws, const struct options *options, const struct ws_events *events, const char *path,
                uint64_t index)
{
    static const struct conn_events conn_events = {take_data, take_end};
    net_open(&ws->conn, &conn_events, index);
    ws->events = events;
    ws->state = ws_upgrading;
    ws->close_received = false;
    char request[2048];
    int count = snprintf(request, sizeof request,
                         "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n",
                         path, options->host, options->port, nonce);
    if (count < 0 || (size_t)count >= sizeof request)
        fail("the path is too long");
    net_send(&ws->conn, request, (size_t)count);
}
