/* -d logging: free when off (one test of a mask), one line per event. src/log.c */
#ifndef PEFEMU_LOG_H
#define PEFEMU_LOG_H

#include <stdint.h>

enum log_item {
#define LOG_ITEM(id, name, help) LOG_##id##_SHIFT,
#include "pefemu/logitem.def"
#undef LOG_ITEM
    LOG_ITEM_COUNT
};
#define LOG_ITEM(id, name, help) LOG_##id = 1u << LOG_##id##_SHIFT,
enum log_mask {
#include "pefemu/logitem.def"
};
#undef LOG_ITEM

/* Host-side process configuration, set once from the command line before any machine runs. */
extern uint32_t log_mask;

void log_write(uint32_t item, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define LOG(item, ...)                                                                             \
    do {                                                                                           \
        if (__builtin_expect(log_mask & (item), 0))                                                \
            log_write((item), __VA_ARGS__);                                                        \
    } while (0)

/* Parses "int,mmu" (or "help", which prints the list); returns 0, or -1 with the bad word in *bad.
 */
int log_set_items(const char *list, const char **bad);
/* -D FILE; returns 0 or -errno. */
int log_set_file(const char *path);
void log_close(void);

#endif
