// The command line.
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double number(const char *name, const char *text, double least, double most)
{
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (errno || end == text || *end || !(value >= least && value <= most))
        fail("%s %s: a number from %g to %g is needed", name, text, least, most);
    return value;
}

static bool text_option(struct options *options, const char *name, const char *value)
{
    const struct {
        const char *name, **place;
    } table[] = {
        {"--path", &options->path},         {"--publish-path", &options->publish_path},
        {"--method", &options->method},     {"--body", &options->body},
        {"--subject", &options->subject},   {"--protocol", &options->protocol},
        {"--expect-body", &options->expect_body},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(name, table[i].name) == 0) {
            *table[i].place = value;
            return true;
        }
    return false;
}

static bool real_option(struct options *options, const char *name, const char *value)
{
    const struct {
        const char *name;
        double *place;
    } table[] = {
        {"--seconds", &options->seconds},
        {"--warmup", &options->warmup},
        {"--rate", &options->rate},
        {"--hold", &options->hold},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(name, table[i].name) == 0) {
            *table[i].place = number(name, value, 0, 1e7);
            return true;
        }
    return false;
}

static void whole_option(struct options *options, const char *name, const char *value)
{
    double whole = number(name, value, 0, 1e9);
    if (strcmp(name, "--connections") == 0 || strcmp(name, "--sockets") == 0)
        options->connections = (int)whole;
    else if (strcmp(name, "--expect-status") == 0)
        options->expect_status = (int)whole;
    else if (strcmp(name, "--spread") == 0)
        options->spread = (int)whole;
    else if (strcmp(name, "--batch") == 0)
        options->batch = (int)whole;
    else if (strcmp(name, "--size") == 0)
        options->size = (size_t)whole;
    else if (strcmp(name, "--count") == 0)
        options->count = (uint64_t)whole;
    else if (strcmp(name, "--window") == 0)
        options->window = (uint64_t)whole;
    else if (strcmp(name, "--pid") == 0 && options->pid_count < max_pids)
        options->pids[options->pid_count++] = (int)whole;
    else
        fail("unknown option %s, or too many of it", name);
}

static void check(const struct options *options)
{
    if (options->connections < 1 || options->spread < 1 || options->batch < 1 || options->window < 1)
        fail("--connections, --sockets, --spread, --batch and --window must be at least 1");
    if (options->size < 40 || options->size > 65536)
        fail("--size must be from 40 to 65536: each payload carries a number and a time");
    if (strcmp(options->protocol, "raw") != 0 && strcmp(options->protocol, "nats") != 0)
        fail("--protocol must be raw or nats");
}

struct options options_parse(int argc, char **argv)
{
    if (argc < 4)
        fail("usage: load http|fanout|echo|churn|idle HOST PORT [--name value]...");
    struct options options = {
        .mode = argv[1], .host = argv[2], .port = (int)number("PORT", argv[3], 1, 65535),
        .path = "/", .method = "GET", .protocol = "raw", .subject = "bench",
        .connections = 64, .expect_status = 200, .spread = 1, .batch = 64, .size = 128,
        .count = 2000, .window = 512, .seconds = 2, .warmup = 0.2, .hold = 2,
    };
    for (int i = 4; i < argc; i += 2) {
        if (i + 1 >= argc)
            fail("%s needs a value", argv[i]);
        if (!text_option(&options, argv[i], argv[i + 1]) && !real_option(&options, argv[i], argv[i + 1]))
            whole_option(&options, argv[i], argv[i + 1]);
    }
    if (!options.publish_path)
        options.publish_path = options.path;
    check(&options);
    return options;
}

void options_path(const struct options *options, uint64_t index, char *out, size_t capacity)
{
    const char *hole = strstr(options->path, "{}");
    int written = hole ? snprintf(out, capacity, "%.*s%llu%s", (int)(hole - options->path), options->path,
                                  (unsigned long long)(index % (uint64_t)options->spread), hole + 2)
                       : snprintf(out, capacity, "%s", options->path);
    if (written < 0 || (size_t)written >= capacity)
        fail("the path is too long");
}
