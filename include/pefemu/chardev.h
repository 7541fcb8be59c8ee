/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A character back end: stdio, a file, null. The console device writes to it and polls it; the
 * terminal front end (Ctrl-A keys) hides behind the same interface. src/devices/chardev.c
 */
#ifndef PEFEMU_CHARDEV_H
#define PEFEMU_CHARDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chardev;
struct pollfd;

/* Never blocks the guest forever: a full pipe waits, a closed one drops. */
void chardev_write(struct chardev *cd, const void *buf, size_t len);
/* Is standard output the back end, and the last line written to it without an end? */
bool chardev_mid_line(const struct chardev *cd);
/* @saw gets everything that chardev_write() writes, before it is written; NULL: nobody. */
void chardev_watch(struct chardev *cd, void (*saw)(void *opaque, const void *buf, size_t len),
                   void *opaque);
/* Takes up to @len bytes that have arrived; 0: none now. Does not wait. */
size_t chardev_read(struct chardev *cd, void *buf, size_t len);
/* True when chardev_read() would return something. Pumps the host descriptor; cheap. */
bool chardev_can_read(struct chardev *cd);
/* Sleep until input arrives, a signal, or @ns passed (UINT64_MAX: no limit). */
void chardev_wait(struct chardev *cd, uint64_t ns);
/* The same, or until one of the @n descriptors @fds has something; revents is set. */
void chardev_wait_also(struct chardev *cd, uint64_t ns, struct pollfd *fds, unsigned n);
#define CHARDEV_WAIT_MAX 16
/* The same in parts, for those who wait themselves: which descriptors tell of input and of signals,
 * and what is to be done when poll() found something at these. @fds: CHARDEV_FDS. */
#define CHARDEV_FDS 2
unsigned chardev_fds(struct chardev *cd, struct pollfd *fds);
void chardev_fds_ready(const struct pollfd *fds);

/**
 * chardev_open - make the back end that @spec names
 * @spec: stdio, mon:stdio, null, none or file:PATH, as -serial takes it
 * @why:  set to a sentence when NULL is returned
 * stdio forms put a terminal into raw mode; it is restored by chardev_close(), at exit and when a
 * signal ends the process. Only one stdio back end may exist at a time.
 */
struct chardev *chardev_open(const char *spec, const char **why);
/* True when chardev_open() knows the form of @spec; opens nothing. */
bool chardev_spec_valid(const char *spec, const char **why);
void chardev_close(struct chardev *cd); /* accepts NULL */

/* ---- the debugger's prompt, which Ctrl-A c leads to ---- */
/* On standard input and output alone, no guest's console: for -monitor stdio. NULL: no memory. */
struct chardev *chardev_open_prompt(void);
/* Is there a prompt on it? At first there is none. */
void chardev_set_prompt(struct chardev *cd, bool on);
/* Does what is typed go there? And let it. */
bool chardev_at_prompt(const struct chardev *cd);
void chardev_go_to_prompt(struct chardev *cd);
/* What has been typed there; 0: nothing now. Does not wait. */
size_t chardev_prompt_read(struct chardev *cd, void *buf, size_t len);
void chardev_prompt_write(struct chardev *cd, const void *buf, size_t len);
bool chardev_is_terminal(const struct chardev *cd);
int chardev_input_fd(const struct chardev *cd); /* -1: none, or its end was reached */

/* The user typed Ctrl-A x, or SIGINT, SIGTERM, SIGHUP or SIGQUIT arrived. Poll between slices. */
bool chardev_quit_requested(struct chardev *cd);
/* The signal that asked to quit, 0 when none did. */
int chardev_quit_signal(void);

#endif
