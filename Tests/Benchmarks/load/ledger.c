// Which numbered messages a subscriber has heard.
#include "ledger.h"

#include <stdlib.h>
#include <string.h>

static void add_gap(struct ledger *ledger, size_t at, struct gap gap)
{
    struct gap *gaps = realloc(ledger->gaps, (ledger->gap_count + 1) * sizeof gap);
    if (!gaps)
        fail("out of memory");
    memmove(gaps + at + 1, gaps + at, (ledger->gap_count - at) * sizeof gap);
    gaps[at] = gap;
    ledger->gaps = gaps;
    ledger->gap_count++;
}

static enum heard fill_gap(struct ledger *ledger, uint64_t number)
{
    for (size_t i = 0; i < ledger->gap_count; i++) {
        struct gap *gap = &ledger->gaps[i];
        if (number < gap->first || number >= gap->end)
            continue;
        struct gap rest = {number + 1, gap->end};
        gap->end = number;
        if (rest.first < rest.end)
            add_gap(ledger, i + 1, rest);
        return heard_late;
    }
    return heard_again;
}

enum heard ledger_enter(struct ledger *ledger, uint64_t number)
{
    if (number < ledger->next)
        return fill_gap(ledger, number);
    bool skipped = number > ledger->next;
    if (skipped)
        add_gap(ledger, ledger->gap_count, (struct gap){ledger->next, number});
    ledger->next = number + 1;
    return skipped ? heard_after_gap : heard_in_order;
}

uint64_t ledger_missing(const struct ledger *ledger, uint64_t end)
{
    uint64_t missing = end > ledger->next ? end - ledger->next : 0;
    for (size_t i = 0; i < ledger->gap_count; i++)
        missing += ledger->gaps[i].end - ledger->gaps[i].first;
    return missing;
}

void ledger_free(struct ledger *ledger)
{
    free(ledger->gaps);
    *ledger = (struct ledger){0};
}
