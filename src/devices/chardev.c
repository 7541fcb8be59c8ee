/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console's host side: terminal, pipe, file or nothing, and the Ctrl-A commands. The settings
 * of the terminal belong to the process and must be put back on every way out, so they and what
 * signal handlers need are the only static state.
 */
#include "pefemu/chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define INPUT_SIZE 4096 /* power of two */
#define CTRL_A     0x01
#define CTRL_O     0x0f /* hvc_console takes it as break: the next key is a SysRq command */

/* Bytes that have arrived for somebody. */
struct ring {
    unsigned head, tail; /* free-running: byte[] holds head - tail */
    uint8_t byte[INPUT_SIZE];
};

struct chardev {
    int in, out;   /* -1: none */
    bool owns_out; /* a file that chardev_close() closes */
    bool escapes;  /* Ctrl-A commands */
    bool escaped;  /* the last byte was Ctrl-A */
    bool quit;     /* Ctrl-A x */
    bool mid_line; /* the last byte written was no newline */
    void (*saw)(void *opaque, const void *buf, size_t len); /* chardev_watch() */
    void *opaque;                                           /* borrowed */
    bool has_prompt, at_prompt; /* what is typed goes to the debugger's prompt */
    bool only_prompt;           /* no guest is behind it */
    struct ring guest, prompt;
};

/* ---- terminal settings and signals of the process ---- */

static struct {
    struct termios saved, raw;
    volatile sig_atomic_t is_raw;
    volatile sig_atomic_t quit_signal;
    int wake[2]; /* a pipe: handlers write, chardev_wait() polls; -1: none */
    bool in_use, installed;
} term = {.wake = {-1, -1}};

/* Only async-signal-safe calls: runs in handlers too. */
static void term_restore(void)
{
    if (term.is_raw) {
        term.is_raw = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &term.saved);
    }
}

static void term_enter_raw(void)
{
    /* In the background the kernel would stop us for touching the terminal: wait for SIGCONT. */
    if (term.in_use && isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
        !tcsetattr(STDIN_FILENO, TCSANOW, &term.raw))
        term.is_raw = 1;
}

static void wake_up(void)
{
    int saved = errno;
    if (term.wake[1] >= 0 && write(term.wake[1], "", 1) < 0)
        errno = saved; /* full: it will wake anyway */
    errno = saved;
}

/* The first request ends the run in an orderly way; a second one does not wait for the guest. */
static void on_quit(int sig)
{
    if (term.quit_signal) {
        term_restore();
        signal(sig, SIG_DFL);
        raise(sig);
        return;
    }
    term.quit_signal = sig;
    wake_up();
}

static void on_fatal(int sig)
{
    term_restore();
    signal(sig, SIG_DFL);
    raise(sig);
}

static void on_stop(int sig)
{
    int saved = errno;
    (void)sig;
    term_restore();
    raise(SIGSTOP);
    errno = saved;
}

static void on_continue(int sig)
{
    int saved = errno;
    (void)sig;
    term_enter_raw();
    wake_up();
    errno = saved;
}

static void handle(int sig, void (*handler)(int))
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
    sigemptyset(&sa.sa_mask);
    /* nohup, or a parent that wants it ignored. */
    if (!sigaction(sig, NULL, &old) && old.sa_handler == SIG_IGN && handler == on_quit)
        return;
    sigaction(sig, &sa, NULL);
}

static void install_handlers(void)
{
    static const int quit[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    static const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    if (term.installed)
        return;
    term.installed = true;
    if (pipe2(term.wake, O_NONBLOCK | O_CLOEXEC))
        term.wake[0] = term.wake[1] = -1;
    for (unsigned i = 0; i < sizeof(quit) / sizeof(quit[0]); i++)
        handle(quit[i], on_quit);
    for (unsigned i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
        handle(fatal[i], on_fatal);
    handle(SIGTSTP, on_stop);
    handle(SIGCONT, on_continue);
    signal(SIGPIPE, SIG_IGN);
    atexit(term_restore);
}

static void term_open(bool keep_signals)
{
    if (tcgetattr(STDIN_FILENO, &term.saved))
        return;
    term.raw = term.saved;
    cfmakeraw(&term.raw);
    if (keep_signals)
        term.raw.c_lflag |= ISIG;
    term.raw.c_cc[VMIN] = 1;
    term.raw.c_cc[VTIME] = 0;
    term.in_use = true;
    term_enter_raw();
}

/* ---- open and close ---- */

enum kind { KIND_BAD, KIND_MON_STDIO, KIND_STDIO, KIND_NULL, KIND_FILE, KIND_PROMPT };

static enum kind spec_kind(const char *spec, const char **why)
{
    if (!strcmp(spec, "mon:stdio"))
        return KIND_MON_STDIO;
    if (!strcmp(spec, "stdio"))
        return KIND_STDIO;
    if (!strcmp(spec, "null") || !strcmp(spec, "none"))
        return KIND_NULL;
    if (!strncmp(spec, "file:", 5) && spec[5])
        return KIND_FILE;
    *why = "not supported; use mon:stdio, stdio, file:PATH or null";
    return KIND_BAD;
}

bool chardev_spec_valid(const char *spec, const char **why)
{
    return spec_kind(spec, why) != KIND_BAD;
}

static bool fd_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static const char hint[] = "pefemu: leave with Ctrl-A x; Ctrl-A h lists more\r\n";

static void open_stdio(struct chardev *cd, enum kind kind)
{
    cd->in = fd_open(STDIN_FILENO) ? STDIN_FILENO : -1;
    cd->out = fd_open(STDOUT_FILENO) ? STDOUT_FILENO : -1;
    if (cd->in < 0 || !isatty(cd->in))
        return;
    cd->escapes = kind == KIND_MON_STDIO;
    if (cd->escapes && write(STDERR_FILENO, hint, sizeof(hint) - 1) < 0)
        cd->escaped = false; /* nobody to tell */
    term_open(kind == KIND_STDIO);
}

static bool open_file(struct chardev *cd, const char *path, const char **why)
{
    cd->out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (cd->out < 0) {
        *why = "the file can not be written; name one that can";
        return false;
    }
    cd->owns_out = true;
    return true;
}

struct chardev *chardev_open(const char *spec, const char **why)
{
    enum kind kind = spec_kind(spec, why);
    struct chardev *cd;
    if (kind == KIND_BAD)
        return NULL;
    cd = calloc(1, sizeof(*cd));
    if (!cd) {
        *why = "out of memory";
        return NULL;
    }
    cd->in = cd->out = -1;
    if (kind == KIND_FILE && !open_file(cd, spec + 5, why)) {
        free(cd);
        return NULL;
    }
    install_handlers();
    if (kind == KIND_STDIO || kind == KIND_MON_STDIO)
        open_stdio(cd, kind);
    /* A pipe may carry scripted Ctrl-A commands as well. */
    if (kind == KIND_MON_STDIO)
        cd->escapes = true;
    return cd;
}

struct chardev *chardev_open_prompt(void)
{
    struct chardev *cd = calloc(1, sizeof(*cd));
    if (!cd)
        return NULL;
    install_handlers();
    open_stdio(cd, KIND_PROMPT);
    cd->escapes = cd->has_prompt = cd->at_prompt = cd->only_prompt = true;
    return cd;
}

void chardev_close(struct chardev *cd)
{
    if (!cd)
        return;
    term_restore();
    term.in_use = false;
    if (cd->owns_out)
        close(cd->out);
    free(cd);
}

bool chardev_quit_requested(struct chardev *cd)
{
    return cd->quit || term.quit_signal;
}

int chardev_quit_signal(void)
{
    return term.quit_signal;
}

/* ---- output ---- */

void chardev_watch(struct chardev *cd, void (*saw)(void *opaque, const void *buf, size_t len),
                   void *opaque)
{
    cd->saw = saw;
    cd->opaque = opaque;
}

void chardev_write(struct chardev *cd, const void *buf, size_t len)
{
    const uint8_t *p = buf;
    if (cd->saw)
        cd->saw(cd->opaque, buf, len);
    while (len && cd->out >= 0) {
        ssize_t n = write(cd->out, p, len);
        if (n > 0) {
            cd->mid_line = p[n - 1] != '\n';
            p += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            /* Somebody made the shared descriptor non-blocking. */
            struct pollfd pfd = {.fd = cd->out, .events = POLLOUT};
            if (chardev_quit_requested(cd))
                return;
            poll(&pfd, 1, 100);
        } else if (n < 0 && errno == EINTR) {
            if (chardev_quit_requested(cd))
                return;
        } else if (cd->owns_out) {
            return; /* a full disk may recover */
        } else {
            cd->out = -1; /* the reader is gone: the guest goes on without */
        }
    }
}

bool chardev_mid_line(const struct chardev *cd)
{
    return cd->out == STDOUT_FILENO && cd->mid_line;
}

static void say(struct chardev *cd, const char *text)
{
    chardev_write(cd, text, strlen(text));
}

/* ---- input ---- */

static unsigned used(const struct ring *r)
{
    return r->head - r->tail;
}

/* What is typed while its reader has no room is lost, as on a serial line. */
static void put_byte(struct ring *r, uint8_t byte)
{
    if (used(r) < INPUT_SIZE)
        r->byte[r->head++ % INPUT_SIZE] = byte;
}

static size_t take_bytes(struct ring *r, void *buf, size_t len)
{
    uint8_t *p = buf;
    size_t n = 0;
    while (n < len && r->tail != r->head)
        p[n++] = r->byte[r->tail++ % INPUT_SIZE];
    return n;
}

static void put_input(struct chardev *cd, uint8_t byte)
{
    put_byte(cd->at_prompt ? &cd->prompt : &cd->guest, byte);
}

static void toggle_prompt(struct chardev *cd)
{
    if (!cd->has_prompt)
        say(cd, "\r\npefemu: there is no prompt here; see -monitor\r\n");
    else if (!cd->only_prompt)
        cd->at_prompt = !cd->at_prompt;
}

static void command(struct chardev *cd, uint8_t key)
{
    switch (key) {
    case 'x':
        say(cd, "\r\npefemu: ended by Ctrl-A x\r\n");
        cd->quit = true;
        break;
    case 'b':
        put_byte(&cd->guest, CTRL_O);
        break;
    case 'c':
        toggle_prompt(cd);
        break;
    case CTRL_A:
        put_input(cd, CTRL_A);
        break;
    case 'h':
    case '?':
        say(cd, "\r\nCtrl-A h  this help\r\nCtrl-A x  end pefemu\r\n"
                "Ctrl-A b  break: the guest's SysRq prefix (Ctrl-O on hvc0)\r\n"
                "Ctrl-A c  between console and prompt\r\nCtrl-A Ctrl-A  send Ctrl-A\r\n");
        break;
    default: /* not a command: the key alone, as QEMU does */
        put_input(cd, key);
        break;
    }
}

static void take_byte(struct chardev *cd, uint8_t byte)
{
    if (cd->escaped) {
        cd->escaped = false;
        command(cd, byte);
    } else if (cd->escapes && byte == CTRL_A) {
        cd->escaped = true;
    } else {
        put_input(cd, byte);
    }
}

/* For those who are typed to now. */
static size_t room(const struct chardev *cd)
{
    return INPUT_SIZE - used(cd->at_prompt ? &cd->prompt : &cd->guest);
}

/* Moves what has arrived into the rings; each byte read makes at most one there. One at a time when
 * a Ctrl-A c among them could lead to a ring that is full. */
static void pump(struct chardev *cd)
{
    struct pollfd pfd = {.fd = cd->in, .events = POLLIN};
    uint8_t buf[256];
    size_t want = room(cd) < sizeof(buf) ? room(cd) : sizeof(buf);
    ssize_t n;
    if (cd->in < 0 || !want || poll(&pfd, 1, 0) <= 0 || !pfd.revents)
        return;
    if (used(&cd->guest) > INPUT_SIZE - want || used(&cd->prompt) > INPUT_SIZE - want)
        want = 1;
    n = read(cd->in, buf, want);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || (errno == EIO && term.in_use)))
        return; /* EIO: we are in the terminal's background */
    if (n <= 0) {
        cd->in = -1; /* end of input: the guest goes on */
        return;
    }
    for (ssize_t i = 0; i < n; i++)
        take_byte(cd, buf[i]);
}

bool chardev_can_read(struct chardev *cd)
{
    /* Also with bytes waiting: Ctrl-A x must work while the guest does not read. */
    pump(cd);
    return used(&cd->guest);
}

size_t chardev_read(struct chardev *cd, void *buf, size_t len)
{
    if (!used(&cd->guest))
        pump(cd);
    return take_bytes(&cd->guest, buf, len);
}

/* ---- the prompt ---- */

void chardev_set_prompt(struct chardev *cd, bool on)
{
    cd->has_prompt = on;
    cd->at_prompt &= on;
}

bool chardev_at_prompt(const struct chardev *cd)
{
    return cd->at_prompt;
}

void chardev_go_to_prompt(struct chardev *cd)
{
    cd->at_prompt = cd->has_prompt;
}

size_t chardev_prompt_read(struct chardev *cd, void *buf, size_t len)
{
    pump(cd);
    return take_bytes(&cd->prompt, buf, len);
}

void chardev_prompt_write(struct chardev *cd, const void *buf, size_t len)
{
    void (*saw)(void *, const void *, size_t) = cd->saw;
    cd->saw = NULL; /* it is not the guest's */
    chardev_write(cd, buf, len);
    cd->saw = saw;
}

bool chardev_is_terminal(const struct chardev *cd)
{
    return cd->in >= 0 && isatty(cd->in);
}

int chardev_input_fd(const struct chardev *cd)
{
    return cd->in;
}

unsigned chardev_fds(struct chardev *cd, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = term.wake[0], .events = POLLIN};
    fds[1] = (struct pollfd){.fd = room(cd) ? cd->in : -1, .events = POLLIN};
    return CHARDEV_FDS;
}

void chardev_fds_ready(const struct pollfd *fds)
{
    char drain[16];
    if (fds[0].revents)
        while (read(term.wake[0], drain, sizeof(drain)) > 0)
            ;
}

void chardev_wait_also(struct chardev *cd, uint64_t ns, struct pollfd *fds, unsigned n)
{
    struct pollfd all[CHARDEV_FDS + CHARDEV_WAIT_MAX];
    struct timespec ts = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
    unsigned own = chardev_fds(cd, all);
    if (chardev_quit_requested(cd))
        return;
    for (unsigned i = 0; i < n; i++)
        all[own + i] = fds[i];
    int ready = ppoll(all, own + n, ns == UINT64_MAX ? NULL : &ts, NULL);
    for (unsigned i = 0; i < n; i++)
        fds[i].revents = ready > 0 ? all[own + i].revents : 0;
    if (ready > 0)
        chardev_fds_ready(all);
}

void chardev_wait(struct chardev *cd, uint64_t ns)
{
    chardev_wait_also(cd, ns, NULL, 0);
}
