// What the measured processes use, and the report.
#define _GNU_SOURCE
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// The kernel's clock of another process: user + system, threads that ended included, in nanoseconds. /proc/PID/stat
// counts in ticks of 10 ms and serves only for the split into user and system.
static uint64_t cpu_clock(int pid)
{
    clockid_t clock;
    struct timespec used;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
        fail("cannot read the CPU clock of process %d", pid);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static void read_file(int pid, const char *name, char *out, size_t capacity)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail("cannot read %s", path);
    out[fread(out, 1, capacity - 1, file)] = 0;
    fclose(file);
}

static void add_ticks(int pid, struct usage *usage)
{
    char text[4096];
    read_file(pid, "stat", text, sizeof text);
    const char *after_name = strrchr(text, ')');
    unsigned long long user = 0, system = 0;
    if (!after_name
        || sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2)
        fail("cannot parse /proc/%d/stat", pid);
    uint64_t tick_us = 1000000u / (uint64_t)sysconf(_SC_CLK_TCK);
    usage->user_us += user * tick_us;
    usage->system_us += system * tick_us;
}

static void add_memory(int pid, struct usage *usage)
{
    char text[8192];
    read_file(pid, "status", text, sizeof text);
    const char *line = strstr(text, "VmRSS:");
    unsigned long long kb = 0;
    if (!line || sscanf(line, "VmRSS: %llu", &kb) != 1)
        fail("cannot find VmRSS of process %d", pid);
    usage->rss_kb += kb;
}

static void add_descriptors(int pid, struct usage *usage)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *folder = opendir(path);
    if (!folder)
        fail("cannot read %s", path);
    struct dirent *entry;
    while ((entry = readdir(folder)))
        usage->descriptors += entry->d_name[0] != '.';
    closedir(folder);
}

struct usage usage_now(const struct options *options)
{
    struct usage usage = {0};
    for (int i = 0; i < options->pid_count; i++) {
        add_ticks(options->pids[i], &usage);
        add_memory(options->pids[i], &usage);
        add_descriptors(options->pids[i], &usage);
    }
    for (int i = 0; i < options->pid_count; i++)
        usage.cpu_ns += cpu_clock(options->pids[i]);
    usage.at_ns = now_ns();
    return usage;
}

void report_begin(const struct options *options)
{
    printf("{\"mode\": \"%s\"", options->mode);
}

void report_count(const char *name, uint64_t value)
{
    printf(", \"%s\": %llu", name, (unsigned long long)value);
}

void report_real(const char *name, double value)
{
    printf(", \"%s\": %.4f", name, value);
}

void report_text(const char *name, const char *value)
{
    printf(", \"%s\": \"", name);
    for (; *value; value++)
        if ((unsigned char)*value >= ' ' && *value != '"' && *value != '\\')
            putchar(*value);
    putchar('"');
}

void report_latency(const struct histogram *histogram)
{
    report_real("latency_p50_us", histogram_quantile_us(histogram, 0.50));
    report_real("latency_p99_us", histogram_quantile_us(histogram, 0.99));
}

void report_usage(const struct options *options, struct usage before, struct usage after, uint64_t per)
{
    report_real("seconds", (double)(after.at_ns - before.at_ns) / 1e9);
    if (options->pid_count == 0)
        return;
    double cpu_us = (double)(after.cpu_ns - before.cpu_ns) / 1000;
    report_real("cpu_us", cpu_us);
    if (per > 0)
        report_real("cpu_us_each", cpu_us / (double)per);
    report_count("user_us", after.user_us - before.user_us);
    report_count("system_us", after.system_us - before.system_us);
    report_count("rss_before_kb", before.rss_kb);
    report_count("rss_after_kb", after.rss_kb);
    report_count("descriptors_before", before.descriptors);
    report_count("descriptors_after", after.descriptors);
}

void report_rate(uint64_t count, struct usage before, struct usage after)
{
    report_real("per_second", (double)count / ((double)(after.at_ns - before.at_ns) / 1e9));
}

int report_end(const struct errors *errors, uint64_t more)
{
    if (errors->first[0])
        report_text("first_error", errors->first);
    report_count("errors", errors->count + more);
    puts("}");
    return errors->count + more ? 1 : 0;
}
