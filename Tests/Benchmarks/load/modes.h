// The modes of the load program. Each runs to its end and returns the exit status.
#ifndef LOAD_MODES_H
#define LOAD_MODES_H

#include "support.h"

/// Requests over keep-alive connections, one outstanding on each.
int run_http(const struct options *);
/// One publisher and many subscribers on one topic.
int run_fanout(const struct options *);
/// One message bouncing on each socket.
int run_echo(const struct options *);
/// Connect, upgrade, closing handshake, over and over.
int run_churn(const struct options *);
/// Many open sockets that do nothing.
int run_idle(const struct options *);

#endif
