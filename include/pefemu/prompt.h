/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The debugger's prompt: a front end that takes the commands of monitor.h from a terminal, a pipe
 * or a socket. src/debug/prompt.c
 */
#ifndef PEFEMU_PROMPT_H
#define PEFEMU_PROMPT_H

#include "pefemu/chardev.h"
#include "pefemu/debug.h"

struct prompt;

/* What -monitor says. */
struct prompt_config {
    enum { PROMPT_DEFAULT, PROMPT_NONE, PROMPT_STDIO, PROMPT_UNIX } where;
    char path[108]; /* PROMPT_UNIX */
    bool json;      /* answers and halts are lines of JSON; no prompt, no echo */
    bool echo;      /* PROMPT_UNIX: keys come one by one from a raw terminal */
};

/* none | stdio[,json=on] | unix:PATH[,json=on][,echo=on]. False: *why is set to a sentence. */
bool prompt_config_parse(struct prompt_config *c, const char *arg, const char **why);

/**
 * prompt_create - the prompt that @c asks for, as a front end of @d
 * @console: the guest's console; PROMPT_DEFAULT puts the prompt behind its Ctrl-A c
 * Return: NULL when it can not be had; one line on stderr.
 */
struct prompt *prompt_create(struct debug *d, const struct prompt_config *c,
                             struct chardev *console);
void prompt_destroy(struct prompt *p); /* accepts NULL */

#endif
