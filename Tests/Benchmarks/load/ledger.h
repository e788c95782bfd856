// Which numbered messages a subscriber has heard.
#ifndef LOAD_LEDGER_H
#define LOAD_LEDGER_H

#include "support.h"

/// Numbers from `first` up to, not including, `end` that were skipped.
struct gap {
    uint64_t first, end;
};

/// All zero: nothing heard, number 0 comes next. In order it costs one comparison; only a gap takes memory.
struct ledger {
    uint64_t next;
    struct gap *gaps;
    size_t gap_count;
};

enum heard { heard_in_order, heard_after_gap, heard_late, heard_again };

/// Enters one number.
enum heard ledger_enter(struct ledger *, uint64_t number);
/// How many numbers below `end` were never heard.
uint64_t ledger_missing(const struct ledger *, uint64_t end);
void ledger_free(struct ledger *);

#endif
