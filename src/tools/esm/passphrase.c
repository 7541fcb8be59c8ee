/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases: from a file descriptor, or from the terminal without echo. A signal that ends or
 * stops the program finds the terminal as it was. */
#include "esm_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGALRM, SIGPIPE};

static volatile sig_atomic_t caught;

static void on_signal(int number)
{
    caught = number;
}

/* One line; false at the end of the input, on a signal, or when it is too long. */
static bool read_line(int fd, struct passphrase *p)
{
    for (p->len = 0;;) {
        char c;
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR && !caught)
            continue;
        if (n < 0 || caught || (!n && !p->len))
            return false;
        if (!n || c == '\n')
            return true;
        if (p->len == sizeof(p->text))
            return false;
        p->text[p->len++] = c;
    }
}

static bool silent(int tty, const char *prompt, struct passphrase *p)
{
    struct sigaction before[ARRAY_SIZE(signals)], act = {.sa_handler = on_signal};
    struct termios shown, hidden;
    bool ok;
    caught = 0;
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++) {
        sigaction(signals[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) /* nohup and the like stay in force */
            sigaction(signals[i], &act, NULL);
    }
    ok = !tcgetattr(tty, &shown);
    hidden = shown;
    hidden.c_lflag = (hidden.c_lflag & ~(tcflag_t)(ECHO | ECHOE | ECHOK)) | ECHONL;
    if (ok && !tcsetattr(tty, TCSAFLUSH, &hidden)) {
        dprintf(tty, "%s", prompt);
        ok = read_line(tty, p);
        tcsetattr(tty, TCSAFLUSH, &shown);
    }
    for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
        sigaction(signals[i], &before[i], NULL);
    if (caught)
        dprintf(tty, "\n");
    return ok;
}

/* Asks until an answer; a signal is delivered, and after a stop the question comes again. */
static bool ask(int tty, const char *prompt, struct passphrase *p)
{
    for (;;) {
        bool ok = silent(tty, prompt, p);
        if (!caught)
            return ok;
        raise(caught);
    }
}

static bool from_terminal(struct passphrase *p, const char *prompt, const char *again)
{
    struct passphrase second;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool ok;
    if (tty < 0)
        return complain("no terminal to ask for the passphrase; use --passphrase-fd");
    ok = ask(tty, prompt, p) || complain("no passphrase, or more than %d bytes", PASSPHRASE_MAX);
    if (ok && again) {
        ok = ask(tty, again, &second) && second.len == p->len &&
             !memcmp(second.text, p->text, p->len);
        esm_wipe(&second, sizeof(second));
        if (!ok)
            complain("the passphrases are not the same");
    }
    close(tty);
    return ok;
}

bool passphrase_get(struct passphrase *p, const struct arguments *a, const char *prompt,
                    const char *again)
{
    bool ok;
    *p = (struct passphrase){0};
    caught = 0;
    if (a->passphrase_fd < 0)
        ok = from_terminal(p, prompt, again);
    else
        ok = read_line(a->passphrase_fd, p) ||
             complain("--passphrase-fd %d: no line of at most %d bytes", a->passphrase_fd,
                      PASSPHRASE_MAX);
    if (!ok)
        esm_wipe(p, sizeof(*p));
    return ok;
}
