/* SPDX-License-Identifier: Apache-2.0 */
/* -d and -D, and the lines that tell the user what is wrong. */
#include "pefemu/log.h"

#include "pefemu/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *help;
} items[] = {
#define LOG_ITEM(id, name, help) {name, help},
#include "pefemu/logitem.def"
#undef LOG_ITEM
};

uint32_t log_mask;
static FILE *log_file; /* NULL: stderr */

void log_write(uint32_t item, const char *fmt, ...)
{
    FILE *f = log_file ? log_file : stderr;
    size_t len = strlen(fmt);
    va_list ap;
    (void)item;
    va_start(ap, fmt);
    vfprintf(f, fmt, ap);
    va_end(ap);
    if (!len || fmt[len - 1] != '\n')
        putc('\n', f);
}

static void print_items(void)
{
    printf("Log items (comma separated):\n");
    for (unsigned i = 0; i < LOG_ITEM_COUNT; i++)
        printf("  %-14s %s\n", items[i].name, items[i].help);
    printf("  %-14s %s\n", "all", "every item");
}

/* The bit of the word [s, s+len); 0 when there is no such item. */
static uint32_t item_bit(const char *s, size_t len)
{
    if (len == 3 && !memcmp(s, "all", 3))
        return (1u << LOG_ITEM_COUNT) - 1;
    for (unsigned i = 0; i < LOG_ITEM_COUNT; i++)
        if (strlen(items[i].name) == len && !memcmp(items[i].name, s, len))
            return 1u << i;
    return 0;
}

int log_set_items(const char *list, const char **bad)
{
    uint32_t mask = 0;
    if (!strcmp(list, "help") || !strcmp(list, "?")) {
        print_items();
        return 0;
    }
    for (const char *s = list;; s++) {
        size_t len = strcspn(s, ",");
        uint32_t bit = item_bit(s, len);
        if (!bit) {
            *bad = s;
            return -1;
        }
        mask |= bit;
        s += len;
        if (!*s)
            break;
    }
    log_mask |= mask;
    return 0;
}

int log_set_file(const char *path)
{
    FILE *f = fopen(path, "we");
    if (!f)
        return -errno;
    setvbuf(f, NULL, _IOFBF, 1 << 16);
    log_close();
    log_file = f;
    return 0;
}

void log_close(void)
{
    if (log_file)
        fclose(log_file);
    log_file = NULL;
}

void err_line(const char *program, const char *fmt, va_list ap)
{
    char line[1024];
    vsnprintf(line, sizeof(line), fmt, ap);
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    fprintf(stderr, "%s: %s\n", program, line);
}

void pef_complain(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err_line("pefemu", fmt, ap);
    va_end(ap);
}
