// Bytes, errors, time and percentiles.
#define _GNU_SOURCE
#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

uint8_t *bytes_reserve(struct bytes *bytes, size_t extra)
{
    if (bytes->count + extra > bytes->capacity) {
        size_t capacity = bytes->capacity ? bytes->capacity : 64;
        while (capacity < bytes->count + extra)
            capacity *= 2;
        uint8_t *data = realloc(bytes->data, capacity);
        if (!data)
            fail("out of memory");
        bytes->data = data;
        bytes->capacity = capacity;
    }
    return bytes->data + bytes->count;
}

void bytes_append(struct bytes *bytes, const void *data, size_t count)
{
    if (count == 0)
        return;
    memcpy(bytes_reserve(bytes, count), data, count);
    bytes->count += count;
}

void bytes_print(struct bytes *bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int count = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (count < 0)
        fail("out of memory");
    bytes_append(bytes, text, (size_t)count);
    free(text);
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

void errors_add(struct errors *errors, const char *why)
{
    if (errors->count++ == 0)
        snprintf(errors->first, sizeof errors->first, "%s", why);
}

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// 32 slots to each power of two; the first 32 values have a slot each.
static size_t slot_of(uint64_t ns)
{
    if (ns < 32)
        return ns;
    int shift = 63 - __builtin_clzll(ns) - 5;
    return (size_t)(shift + 1) * 32 + ((ns >> shift) & 31);
}

static double middle_of(size_t slot)
{
    if (slot < 32)
        return (double)slot;
    int shift = (int)(slot / 32) - 1;
    return ((double)(32 + slot % 32) + 0.5) * (double)(1ull << shift);
}

void histogram_add(struct histogram *histogram, uint64_t ns)
{
    histogram->slots[slot_of(ns)]++;
    histogram->total++;
}

double histogram_quantile_us(const struct histogram *histogram, double q)
{
    uint64_t wanted = (uint64_t)(q * (double)histogram->total), seen = 0;
    for (size_t slot = 0; slot < sizeof histogram->slots / sizeof *histogram->slots; slot++) {
        seen += histogram->slots[slot];
        if (seen > wanted)
            return middle_of(slot) / 1000;
    }
    return 0;
}
