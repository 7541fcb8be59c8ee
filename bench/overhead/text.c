// SPDX-License-Identifier: Apache-2.0
/* Text transformation: words are counted in a hash table and sorted; the text is justified. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "overhead.h"

enum { BYTES = 32768, WORDS = 4096, WIDTH = 60 };

static char text[BYTES], justified[4 * BYTES];

struct word {
    const char *at;
    size_t length;
    unsigned count;
};
static struct word words[WORDS];

static void make_text(uint64_t *seed)
{
    static const char *const syllable[] = {"ka",  "to", "mi", "re", "sul", "an", "o",  "ver",
                                           "dis", "in", "ge", "la", "pro", "us", "te", "qua"};
    size_t at = 0;
    while (at < BYTES - 32) {
        uint64_t r = bench_random(seed);
        for (unsigned n = 1 + (r & r >> 2 & 3); n; n--, r >>= 4) {
            const char *s = syllable[r >> 8 & 15];
            memcpy(text + at, s, strlen(s));
            at += strlen(s);
        }
        text[at++] = r >> 60 ? ' ' : '\n';
    }
    text[at] = '\0';
}

static void count_word(const char *at, size_t length)
{
    uint32_t h = 2166136261U;
    for (size_t i = 0; i < length; i++) {
        h = (h ^ (uint32_t)tolower((unsigned char)at[i])) * 16777619U;
    }
    while (words[h % WORDS].count &&
           (words[h % WORDS].length != length || memcmp(words[h % WORDS].at, at, length) != 0)) {
        h++;
    }
    struct word *w = &words[h % WORDS];
    *w = (struct word){at, length, w->count + 1};
}

static int by_count(const void *a, const void *b)
{
    const struct word *x = a, *y = b;
    if (x->count != y->count) {
        return x->count < y->count ? 1 : -1;
    }
    size_t n = x->length < y->length ? x->length : y->length;
    int order = n ? memcmp(x->at, y->at, n) : 0;
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

/* One line of @n words, spread over WIDTH columns. */
static char *spread(char *out, const struct word *line, size_t n, size_t letters)
{
    size_t gaps = n > 1 ? n - 1 : 1, blanks = letters < WIDTH ? WIDTH - letters : 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(out, line[i].at, line[i].length);
        out += line[i].length;
        size_t wide = i + 1 < n ? blanks * (i + 1) / gaps - blanks * i / gaps : 0;
        memset(out, ' ', wide);
        out += wide;
    }
    *out++ = '\n';
    return out;
}

static size_t transform(void)
{
    struct word line[WIDTH];
    size_t n = 0, letters = 0;
    char *out = justified;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, " \n");
        if (length) {
            count_word(at, length);
            if (n && letters + n + length > WIDTH) {
                out = spread(out, line, n, letters);
                n = letters = 0;
            }
            line[n++] = (struct word){at, length, 1};
            letters += length;
        }
        at += length + strspn(at + length, " \n");
    }
    return (size_t)(spread(out, line, n, letters) - justified);
}

uint64_t lab_text(unsigned work)
{
    uint64_t seed = 35, sum = 0;
    while (work--) {
        char digits[32];
        memset(words, 0, sizeof(words));
        make_text(&seed);
        size_t length = transform();
        qsort(words, WORDS, sizeof(words[0]), by_count);
        for (size_t i = 0; i < 100; i++) {
            int n = snprintf(digits, sizeof(digits), "%u %.8f", words[i].count,
                             (double)words[i].count / 1024);
            sum = bench_mix(sum, (uint64_t)n + (uint64_t)digits[n - 1] + words[i].length);
        }
        for (size_t i = 0; i < length; i += 8) {
            sum = bench_mix(sum, (uint8_t)justified[i]);
        }
    }
    return sum;
}
