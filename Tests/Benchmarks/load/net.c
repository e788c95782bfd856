// Non-blocking TCP connections on one epoll.
#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { scratch_size = 1 << 20, events_per_poll = 512, sockets_per_source = 10000 };

static int poller = -1;
static struct sockaddr_in server;
static uint8_t scratch[scratch_size];

void net_start(const struct options *options)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    poller = epoll_create1(EPOLL_CLOEXEC);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)options->port)};
    if (poller < 0 || inet_pton(AF_INET, options->host, &server.sin_addr) != 1)
        fail("HOST must be an IPv4 address");
}

static void bind_source(int fd, uint64_t index)
{
    if ((ntohl(server.sin_addr.s_addr) >> 24) != 127)
        return;
    int on = 1;
    uint32_t last = 2 + (uint32_t)(index / sockets_per_source) % 250;
    struct sockaddr_in source = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000u + last)};
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0)
        fail("cannot bind a source address: %s", strerror(errno));
}

// Connecting blocks, which on loopback takes no longer than the call: the kernel does the handshake within it.
void net_open(struct conn *conn, const struct conn_events *events, uint64_t index)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("cannot open a socket: %s", strerror(errno));
    bind_source(fd, index);
    int on = 1;
    struct timeval patience = {.tv_sec = 5};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0)
        fail("cannot connect to port %d: %s", ntohs(server.sin_port), strerror(errno));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    conn->events = events;
    conn->fd = fd;
    conn->generation++;
    conn->open = true;
    conn->waits_for_room = false;
    conn->unread.count = conn->unsent.count = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll_ctl: %s", strerror(errno));
}

void net_close(struct conn *conn)
{
    if (!conn->open)
        return;
    conn->open = false;
    close(conn->fd);
    bytes_free(&conn->unread);
    bytes_free(&conn->unsent);
}

static void lose(struct conn *conn, const char *why)
{
    net_close(conn);
    conn->events->closed(conn, why);
}

static void wait_for_room(struct conn *conn, bool wait)
{
    if (conn->waits_for_room == wait)
        return;
    conn->waits_for_room = wait;
    struct epoll_event event = {.events = EPOLLIN | (wait ? EPOLLOUT : 0u), .data.ptr = conn};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, conn->fd, &event) != 0)
        fail("epoll_ctl: %s", strerror(errno));
}

void net_send(struct conn *conn, const void *data, size_t count)
{
    if (!conn->open)
        return;
    size_t sent = 0;
    if (conn->unsent.count == 0) {
        ssize_t result = send(conn->fd, data, count, MSG_NOSIGNAL);
        sent = result > 0 ? (size_t)result : 0;
    }
    // A broken connection shows itself when it is read.
    bytes_append(&conn->unsent, (const uint8_t *)data + sent, count - sent);
    wait_for_room(conn, conn->unsent.count > 0);
}

static void send_rest(struct conn *conn)
{
    ssize_t result = send(conn->fd, conn->unsent.data, conn->unsent.count, MSG_NOSIGNAL);
    if (result <= 0)
        return;
    conn->unsent.count -= (size_t)result;
    memmove(conn->unsent.data, conn->unsent.data + result, conn->unsent.count);
    wait_for_room(conn, conn->unsent.count > 0);
}

// A connection keeps only what its callback left over: all share one buffer to read into.
static void receive(struct conn *conn)
{
    size_t kept = conn->unread.count;
    if (kept == scratch_size) {
        lose(conn, "a message of more than 1 MiB");
        return;
    }
    ssize_t result = recv(conn->fd, scratch + kept, scratch_size - kept, 0);
    if (result < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (result <= 0) {
        lose(conn, result == 0 ? "the server closed" : strerror(errno));
        return;
    }
    if (kept > 0)
        memcpy(scratch, conn->unread.data, kept);
    size_t count = kept + (size_t)result;
    unsigned generation = conn->generation;
    size_t used = conn->events->data(conn, scratch, count);
    if (!conn->open || conn->generation != generation)
        return;
    conn->unread.count = 0;
    if (used == count)
        bytes_free(&conn->unread);
    else
        bytes_append(&conn->unread, scratch + used, count - used);
}

void net_poll(int milliseconds)
{
    struct epoll_event events[events_per_poll];
    int count = epoll_wait(poller, events, events_per_poll, milliseconds);
    for (int i = 0; i < count; i++) {
        struct conn *conn = events[i].data.ptr;
        // An event of a connection that a callback has closed, or opened anew, since: reading finds nothing.
        if (conn->open && (events[i].events & EPOLLOUT) && conn->unsent.count > 0)
            send_rest(conn);
        if (conn->open && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
            receive(conn);
    }
}

void net_poll_until(uint64_t moment)
{
    while (now_ns() < moment)
        net_poll(10);
}
