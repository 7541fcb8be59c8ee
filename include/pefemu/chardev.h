/*
 * A character back end: stdio, a socket, a file, null. The console device writes to it and polls it;
 * the terminal front end (Ctrl-A keys) hides behind the same interface. src/devices/chardev.c
 */
#ifndef PEFEMU_CHARDEV_H
#define PEFEMU_CHARDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chardev;

/* Never blocks the guest forever: a full pipe waits, a closed one drops. */
void chardev_write(struct chardev *cd, const void *buf, size_t len);
/* Takes up to @len bytes that have arrived; 0: none now. Does not wait. */
size_t chardev_read(struct chardev *cd, void *buf, size_t len);
/* True when chardev_read() would return something. Pumps the host descriptor; cheap. */
bool chardev_can_read(struct chardev *cd);
/* Sleep until input arrives, a signal, or @ns passed (UINT64_MAX: no limit). */
void chardev_wait(struct chardev *cd, uint64_t ns);

#endif
