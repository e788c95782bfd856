// A measuring stick, not a server: the least a single-threaded program can do on this kernel for the load program's
// traffic. It answers every request alike, knows one WebSocket nonce, checks nothing and trusts its client.
//
//   limit PORT      any request          200 with "hello\n"
//                   upgrade on /echo     each frame goes back to its socket
//                   upgrade elsewhere    each frame goes to all such sockets, merged per epoll round into one send
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { scratch_size = 1 << 20, log_size = 1 << 22, events_per_round = 512, most_peers = 20000 };
enum kind { speaks_http, echoes, listens };

struct peer {
    int fd, slot;
    enum kind kind;
    bool blocked;          // its socket is full: EPOLLOUT is awaited
    uint64_t at;           // how much of the log it has been sent
    uint8_t *unread;
    size_t unread_count;
};

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n";
// The answer to the nonce of RFC 6455 §1.3, the only one the load program sends.
static const char upgraded[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                               "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static int poller;
static uint8_t scratch[scratch_size], out[scratch_size];
static size_t out_count;
static uint8_t log_ring[log_size];
static uint64_t log_end;
static struct peer *listeners[most_peers];
static int listener_count;

static void watch(struct peer *peer, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = peer};
    epoll_ctl(poller, operation, peer->fd, &event);
}

// Closing takes the socket out of the epoll; the peer itself is freed after the round, whose events may name it.
static struct peer *dead[most_peers];
static int dead_count;

static void drop(struct peer *peer)
{
    if (peer->fd < 0)
        return;
    close(peer->fd);
    peer->fd = -1;
    if (peer->kind == listens) {
        listeners[peer->slot] = listeners[--listener_count];
        listeners[peer->slot]->slot = peer->slot;
    }
    dead[dead_count++] = peer;
}

static void bury(void)
{
    for (int i = 0; i < dead_count; i++) {
        free(dead[i]->unread);
        free(dead[i]);
    }
    dead_count = 0;
}

static void send_log(struct peer *peer)
{
    while (peer->at < log_end) {
        if (log_end - peer->at > log_size) {
            drop(peer);
            return;
        }
        size_t from = peer->at % log_size, count = (size_t)(log_end - peer->at);
        if (count > log_size - from)
            count = log_size - from;
        ssize_t sent = send(peer->fd, log_ring + from, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) {
            drop(peer);
            return;
        }
        peer->at += sent > 0 ? (uint64_t)sent : 0;
        if (sent < (ssize_t)count) {
            if (!peer->blocked)
                watch(peer, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
            peer->blocked = true;
            return;
        }
    }
    if (peer->blocked)
        watch(peer, EPOLL_CTL_MOD, EPOLLIN);
    peer->blocked = false;
}

static void log_append(const uint8_t *bytes, size_t count)
{
    for (size_t done = 0; done < count;) {
        size_t at = log_end % log_size, part = count - done < log_size - at ? count - done : log_size - at;
        memcpy(log_ring + at, bytes + done, part);
        log_end += part;
        done += part;
    }
}

static void reply(const void *bytes, size_t count)
{
    if (out_count + count > scratch_size)
        count = 0;
    memcpy(out + out_count, bytes, count);
    out_count += count;
}

static size_t take_request(struct peer *peer, const uint8_t *bytes, size_t count)
{
    const uint8_t *end = memmem(bytes, count, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t size = (size_t)(end - bytes) + 4;
    const uint8_t *length = memmem(bytes, size, "Content-Length: ", 16);
    if (length)
        size += strtoul((const char *)length + 16, NULL, 10);
    if (count < size)
        return 0;
    if (!memmem(bytes, size, "Upgrade: websocket", 18)) {
        reply(answer, sizeof answer - 1);
        return size;
    }
    reply(upgraded, sizeof upgraded - 1);
    peer->kind = memcmp(bytes, "GET /echo ", 10) == 0 ? echoes : listens;
    if (peer->kind == listens) {
        peer->at = log_end;
        peer->slot = listener_count;
        listeners[listener_count++] = peer;
    }
    return size;
}

// Frames of up to 65535 bytes, unmasked in place; their new header ends where the mask ended.
static size_t take_frame(struct peer *peer, uint8_t *bytes, size_t count)
{
    size_t header = count >= 2 && (bytes[1] & 127) == 126 ? 8 : 6;
    if (count < header)
        return 0;
    size_t size = header == 6 ? bytes[1] & 127u : (size_t)bytes[2] << 8 | bytes[3];
    if (count < header + size)
        return 0;
    uint32_t mask;
    memcpy(&mask, bytes + header - 4, 4);
    uint64_t wide = (uint64_t)mask << 32 | mask, word;
    uint8_t *payload = bytes + header, opcode = bytes[0] & 15;
    size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        memcpy(&word, payload + i, 8);
        word ^= wide;
        memcpy(payload + i, &word, 8);
    }
    for (; i < size; i++)
        payload[i] ^= (uint8_t)(mask >> (8 * (i & 3)));
    bytes[1] &= 127;
    memmove(bytes + 4, bytes, header - 4);
    if (opcode == 8 || peer->kind == echoes)
        reply(bytes + 4, header - 4 + size);
    else if (opcode < 8)
        log_append(bytes + 4, header - 4 + size);
    return opcode == 8 ? SIZE_MAX : header + size;
}

static void keep(struct peer *peer, const uint8_t *rest, size_t count)
{
    free(peer->unread);
    peer->unread = count ? malloc(count) : NULL;
    peer->unread_count = count;
    if (count)
        memcpy(peer->unread, rest, count);
}

static void receive(struct peer *peer)
{
    size_t kept = peer->unread_count;
    // 256 KiB at a time, so that one fast publisher cannot outrun the log.
    size_t room = kept < scratch_size - (1 << 18) ? 1 << 18 : 0;
    ssize_t got = recv(peer->fd, scratch + kept, room, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        drop(peer);
        return;
    }
    if (kept)
        memcpy(scratch, peer->unread, kept);
    size_t count = kept + (size_t)got, used = 0, taken = 1;
    out_count = 0;
    while (used < count && taken) {
        taken = peer->kind == speaks_http ? take_request(peer, scratch + used, count - used)
                                          : take_frame(peer, scratch + used, count - used);
        if (taken == SIZE_MAX)
            break;
        used += taken;
    }
    if (out_count > 0 && send(peer->fd, out, out_count, MSG_NOSIGNAL | MSG_DONTWAIT) < (ssize_t)out_count)
        taken = SIZE_MAX;
    if (taken == SIZE_MAX)
        drop(peer);
    else if (kept || used < count)
        keep(peer, scratch + used, count - used);
}

static void welcome(int door)
{
    int fd, on = 1;
    while ((fd = accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct peer *peer = calloc(1, sizeof *peer);
        if (!peer)
            exit(1);
        peer->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(peer, EPOLL_CTL_ADD, EPOLLIN);
    }
}

static int open_door(const char *port)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int door = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(door, (struct sockaddr *)&address, sizeof address) != 0 || listen(door, 4096) != 0) {
        perror("limit");
        exit(1);
    }
    return door;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: limit PORT\n", stderr);
        return 2;
    }
    int door = open_door(argv[1]);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event knock = {.events = EPOLLIN}, events[events_per_round];
    epoll_ctl(poller, EPOLL_CTL_ADD, door, &knock);
    for (;;) {
        uint64_t before = log_end;
        int count = epoll_wait(poller, events, events_per_round, -1);
        for (int i = 0; i < count; i++) {
            struct peer *peer = events[i].data.ptr;
            if (!peer)
                welcome(door);
            else if (peer->fd >= 0 && (events[i].events & EPOLLOUT))
                send_log(peer);
            if (peer && peer->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT))
                receive(peer);
        }
        for (int i = listener_count - 1; i >= 0 && log_end != before; i--)
            if (!listeners[i]->blocked)
                send_log(listeners[i]);
        bury();
    }
}
