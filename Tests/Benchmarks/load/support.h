// What every mode of the load program needs: bytes, time, percentiles, options, measuring and the report.
#ifndef LOAD_SUPPORT_H
#define LOAD_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Ends the program with status 2 and a message on stderr.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// A growing byte buffer. All zero is the empty buffer.
struct bytes {
    uint8_t *data;
    size_t count, capacity;
};

/// Makes room for `extra` more bytes and returns where they go; the caller adds to `count`.
uint8_t *bytes_reserve(struct bytes *, size_t extra);
void bytes_append(struct bytes *, const void *data, size_t count);
void bytes_print(struct bytes *, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bytes_free(struct bytes *);

/// The monotonic clock in nanoseconds.
uint64_t now_ns(void);

/// Counts of durations in logarithmic slots, exact to 3 %.
struct histogram {
    uint64_t total, slots[64 * 32];
};

void histogram_add(struct histogram *, uint64_t ns);
/// The duration in µs below which the share `q` (0…1) of the values lies; 0 without values.
double histogram_quantile_us(const struct histogram *, double q);

/// What went wrong in a run: how often, and what it was the first time.
struct errors {
    uint64_t count;
    char first[96];
};

void errors_add(struct errors *, const char *why);

enum { max_pids = 8 };

/// The command line. Lengths of time are in seconds, sizes in bytes.
struct options {
    const char *mode, *host, *path, *publish_path, *method, *body, *expect_body, *protocol, *subject;
    int port, connections, expect_status, spread, batch;
    size_t size;
    uint64_t count, window;
    double seconds, warmup, rate, hold;
    int pids[max_pids], pid_count;
};

/// Reads `MODE HOST PORT [--name value]…`; anything unknown ends the program.
struct options options_parse(int argc, char **argv);
/// The path for the `index`-th request or socket: `{}` becomes index modulo `--spread`.
void options_path(const struct options *, uint64_t index, char *out, size_t capacity);

/// What the measured processes (`--pid`) used up to one moment.
struct usage {
    uint64_t at_ns, cpu_ns, user_us, system_us, rss_kb, descriptors;
};

struct usage usage_now(const struct options *);

/// The one line of JSON on stdout.
void report_begin(const struct options *);
void report_count(const char *name, uint64_t value);
void report_real(const char *name, double value);
void report_text(const char *name, const char *value);
void report_latency(const struct histogram *);
/// Wall and CPU time between two moments; `per` is what the CPU time is divided by.
void report_usage(const struct options *, struct usage before, struct usage after, uint64_t per);
/// How many of it came in each second between two moments.
void report_rate(uint64_t count, struct usage before, struct usage after);
/// Ends the line and returns the exit status: 0 without errors, `more` counted with them, else 1.
int report_end(const struct errors *, uint64_t more);

#endif
