// SPDX-License-Identifier: Apache-2.0
/* The C library at work: searching and formatting text, its sort and its allocator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bench.h"

/* ---- search ---- */
uint64_t bench_search(unsigned work)
{
    enum { LENGTH = 16384 };
    static char text[LENGTH + 1];
    uint64_t seed = 47, sum = 0;
    for (size_t i = 0; i < LENGTH; i++) {
        uint64_t r = bench_random(&seed);
        text[i] = r >> 61 ? (char)('a' + (r >> 8) % 16) : ' ';
    }
    while (work--) {
        char word[16], upper[16];
        size_t from = bench_random(&seed) % (LENGTH - 64), length = 4 + work % 4;
        memcpy(word, text + from, length);
        word[length] = 0;
        for (size_t i = 0; i <= length; i++) {
            upper[i] = (char)(word[i] >= 'a' ? word[i] - 32 : word[i]);
        }
        const char *hit = strstr(text, word);
        sum += hit ? (uint64_t)(hit - text) : 1;
        sum += (uint64_t)((const char *)memchr(text, ' ', LENGTH) - text);
        sum += (uint64_t)((const char *)memrchr(text, word[0], LENGTH) - text);
        sum ^= strspn(text + from, "abcdefghijkl ") + strcspn(text + from, "xyzp");
        sum += (uint64_t)(strcasecmp(word, upper) == 0) + (strncmp(text + from, word, length) == 0);
        for (const char *p = text; (p = strchr(p, 'm')); p++) {
            sum += (uint64_t)(p - text) & 3;
        }
        sum += strnlen(text + from, 100) + (memmem(text, LENGTH, upper, length) != NULL);
        text[from] = (char)('a' + sum % 16);
    }
    return sum;
}

/* ---- format ---- */
static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

uint64_t bench_format(unsigned work)
{
    enum { LINES = 128, WIDTH = 64 };
    static char lines[LINES][WIDTH];
    const char *order[LINES];
    uint64_t seed = 48, sum = 0;
    while (work--) {
        for (size_t i = 0; i < LINES; i++) {
            uint64_t r = bench_random(&seed);
            snprintf(lines[i], WIDTH, "%08x %-6s|%+d;%llu,%c%o", (unsigned)r,
                     r & 1 ? "odd" : "even", (int)(r >> 32) % 100000, (unsigned long long)(r >> 12),
                     (char)('a' + r % 26), (unsigned)i);
            order[i] = lines[i];
        }
        qsort(order, LINES, sizeof(order[0]), by_name);
        for (size_t i = 0; i < LINES; i++) {
            char copy[WIDTH], *rest = NULL;
            strcpy(copy, order[i]);
            for (char *word = strtok_r(copy, " |;,", &rest); word;
                 word = strtok_r(NULL, " |;,", &rest)) {
                sum = bench_mix(sum, strtoul(word, NULL, 16) + (uint64_t)atoi(word));
            }
        }
    }
    return sum;
}

/* ---- alloc ---- */
uint64_t bench_alloc_free(unsigned work)
{
    enum { HELD = 2048 };
    static struct block {
        size_t size;
        uint8_t bytes[];
    } * held[HELD];
    uint64_t seed = 49, sum = 0;
    for (size_t i = 0; i < (size_t)work * 1024; i++) {
        uint64_t r = bench_random(&seed);
        struct block **at = &held[r % HELD];
        size_t size = (r >> 32 & 7) == 0 ? (r >> 40) % 4096 + 1 : (r >> 40) % 200 + 1;
        if (*at) {
            sum += (*at)->size + (*at)->bytes[(*at)->size - 1];
        }
        if (*at && (r >> 60) == 0) {
            struct block *moved = realloc(*at, sizeof(**at) + size);
            if (!moved) {
                bench_fail("out of memory");
            }
            *at = moved;
        } else {
            free(*at);
            *at = malloc(sizeof(**at) + size);
        }
        if (!*at) {
            bench_fail("out of memory");
        }
        (*at)->size = size;
        (*at)->bytes[size - 1] = (uint8_t)r;
    }
    for (size_t i = 0; i < HELD; i++) {
        free(held[i]);
        held[i] = NULL;
    }
    return sum;
}
