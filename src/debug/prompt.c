/* SPDX-License-Identifier: Apache-2.0 */
/* Commands from people and scripts: streams on the one side, monitor_command() on the other. */
#include "pefemu/prompt.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lineedit.h"
#include "pefemu/err.h"
#include "pefemu/monitor.h"

#define PROMPT_TEXT "(pefemu) "

struct prompt {
    struct debug *d;
    struct line_edit *edit; /* owned; a new one for each client of a socket */
    struct chardev *cd;     /* terminal or pipe; NULL: the socket */
    bool owns_cd, json, echo;
    bool script;  /* a pipe: what follows a command that resumes is for when it has halted again */
    bool asked;   /* for the next halt: by a command that resumed, or stop */
    bool holding; /* that is so now */
    bool open;    /* somebody is there and has seen the prompt */
    int listener; /* -1: none */
    int client;   /* -1: none */
    char path[108]; /* of the listener, to be removed */
};

/* ---- configuration ---- */

static bool config_word(struct prompt_config *c, const char *word)
{
    if (!strcmp(word, "json=on"))
        c->json = true;
    else if (!strcmp(word, "echo=on"))
        c->echo = c->where == PROMPT_UNIX;
    else
        return !strcmp(word, "json=off") || !strcmp(word, "echo=off") ||
               (c->where == PROMPT_UNIX && (!strcmp(word, "server") || !strcmp(word, "server=on") ||
                                            !strcmp(word, "nowait") || !strcmp(word, "wait=off")));
    return true;
}

bool prompt_config_parse(struct prompt_config *c, const char *arg, const char **why)
{
    char copy[512], *save, *word;
    *c = (struct prompt_config){.where = PROMPT_NONE};
    *why = "say none, stdio or unix:PATH; ,json=on and for a socket ,echo=on may follow";
    if (strlen(arg) >= sizeof(copy))
        return false;
    memcpy(copy, arg, strlen(arg) + 1);
    word = strtok_r(copy, ",", &save);
    if (!word)
        return false;
    if (!strcmp(word, "stdio")) {
        c->where = PROMPT_STDIO;
    } else if (!strncmp(word, "unix:", 5) && word[5]) {
        c->where = PROMPT_UNIX;
        *why = "the path of a socket has at most 107 characters";
        if (strlen(word + 5) >= sizeof(c->path))
            return false;
        memcpy(c->path, word + 5, strlen(word + 5) + 1);
        *why = "json=on, echo=on, server and nowait may follow the path";
    } else if (strcmp(word, "none") != 0) {
        return false;
    }
    while ((word = strtok_r(NULL, ",", &save)))
        if (!config_word(c, word))
            return false;
    return true;
}

/* ---- streams ---- */

static void close_client(struct prompt *p)
{
    if (p->client >= 0)
        close(p->client);
    p->client = -1;
    p->open = false;
    line_free(p->edit);
    p->edit = NULL;
}

/* A client that does not read must not hold the machine up for good: it is dropped. */
static void send_client(struct prompt *p, const char *text, size_t len)
{
    while (len && p->client >= 0) {
        ssize_t n = send(p->client, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            text += n;
            len -= (size_t)n;
            continue;
        }
        struct pollfd pfd = {.fd = p->client, .events = POLLOUT};
        bool again = n < 0 && (errno == EAGAIN || errno == EINTR);
        if (!again || poll(&pfd, 1, 2000) == 0) {
            shutdown(p->client, SHUT_RDWR); /* the next read closes it */
            return;
        }
    }
}

static void put(struct prompt *p, const char *text, size_t len)
{
    if (p->cd)
        chardev_prompt_write(p->cd, text, len);
    else
        send_client(p, text, len);
}

static void edit_write(void *opaque, const char *text, size_t len)
{
    put(opaque, text, len);
}

/* Answers: a raw terminal wants a carriage return in each line. */
static void answer(void *opaque, const char *text)
{
    struct prompt *p = opaque;
    for (const char *nl; p->echo && (nl = strchr(text, '\n')); text = nl + 1) {
        put(p, text, (size_t)(nl - text));
        put(p, "\r\n", 2);
    }
    put(p, text, strlen(text));
}

/* ---- lines ---- */

static void show(struct prompt *p)
{
    if (!p->edit || p->json || p->script)
        return;
    if (p->echo)
        line_show(p->edit);
    else
        put(p, PROMPT_TEXT, strlen(PROMPT_TEXT));
}

/* The transcript of a script reads like a session. */
static void copy_line(struct prompt *p, const char *line)
{
    put(p, PROMPT_TEXT, strlen(PROMPT_TEXT));
    put(p, line, strlen(line));
    put(p, "\n", 1);
}

/* After a command: will there be a halt to be told of? */
static bool halt_is_to_come(const struct prompt *p, bool was_halted)
{
    return debug_machine(p->d)->stop == STOP_RESTORE || debug_is_pausing(p->d) ||
           (was_halted && !debug_halted(p->d));
}

static void edit_line(void *opaque, const char *line)
{
    struct prompt *p = opaque;
    char json[LINE_SIZE + 8];
    bool was_halted = debug_halted(p->d);
    if (p->script && !p->json)
        copy_line(p, line);
    snprintf(json, sizeof(json), "%s%s", p->json ? "-j " : "", line);
    monitor_command(p->d, json, answer, p);
    p->asked |= halt_is_to_come(p, was_halted);
    p->holding = p->script && halt_is_to_come(p, was_halted);
    if (p->open)
        show(p);
}

static void edit_complete(void *opaque, const char *text, void (*found)(void *, const char *),
                          void *found_opaque)
{
    struct prompt *p = opaque;
    monitor_complete(p->d, text, found, found_opaque);
}

static void edit_interrupt(void *opaque)
{
    struct prompt *p = opaque;
    answer(p, "^C\n");
    if (!debug_halted(p->d) && !debug_has_ended(p->d))
        debug_pause(p->d);
}

static const struct line_ops edit_ops = {
    .write = edit_write,
    .line = edit_line,
    .complete = edit_complete,
    .interrupt = edit_interrupt,
};

static bool begin_edit(struct prompt *p)
{
    if (!p->edit)
        p->edit = line_new(&edit_ops, p, PROMPT_TEXT, p->echo);
    return p->edit;
}

static void open_prompt(struct prompt *p)
{
    if (p->open || !begin_edit(p))
        return;
    p->open = true;
    if (p->echo)
        answer(p, p->cd && !p->owns_cd ? "\npefemu: help lists commands; Ctrl-A c goes back to the "
                                         "console\n"
                                       : "pefemu: help lists commands\n");
    show(p);
}

/* ---- the front end ---- */

static void accept_client(struct prompt *p)
{
    int fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (p->client >= 0) { /* one at a time */
        close(fd);
        return;
    }
    p->client = fd;
    open_prompt(p);
}

static void read_client(struct prompt *p)
{
    uint8_t buf[512];
    ssize_t n;
    while (p->client >= 0 && (n = recv(p->client, buf, sizeof(buf), 0)) != 0) {
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n < 0)
            break;
        line_feed(p->edit, buf, (size_t)n);
    }
    close_client(p);
}

static void read_chardev(struct prompt *p)
{
    uint8_t byte;
    (void)chardev_can_read(p->cd); /* Ctrl-A c first, then what was typed behind it */
    if (chardev_at_prompt(p->cd))
        open_prompt(p);
    while (!p->holding && begin_edit(p) && chardev_prompt_read(p->cd, &byte, 1))
        line_feed(p->edit, &byte, 1);
    if (!chardev_at_prompt(p->cd) && p->open) {
        line_hide(p->edit);
        p->open = false;
    }
    if (p->owns_cd && chardev_quit_requested(p->cd))
        debug_quit(p->d);
}

/* Nobody can resume a machine whose prompt has lost its input. One that has ended stays for a
 * console that shows what it said last. */
static bool is_at_end(const struct prompt *p)
{
    return p->cd && !p->holding && chardev_input_fd(p->cd) < 0 && debug_fronts(p->d) == 1 &&
           (debug_halted(p->d) || (debug_has_ended(p->d) && p->owns_cd));
}

static void prompt_poll(void *opaque)
{
    struct prompt *p = opaque;
    if (p->cd) {
        read_chardev(p);
        if (is_at_end(p)) {
            answer(p, debug_has_ended(p->d)
                          ? "the input has ended, and so has the machine: quit\n"
                          : "the input has ended and the machine is halted: quit\n");
            debug_quit(p->d);
        }
        return;
    }
    struct pollfd pfd = {.fd = p->listener, .events = POLLIN};
    bool knocks = poll(&pfd, 1, 0) > 0;
    read_client(p); /* one that has gone makes room for the next */
    if (knocks)
        accept_client(p);
}

static unsigned prompt_fds(void *opaque, struct pollfd *fds, unsigned max)
{
    struct prompt *p = opaque;
    unsigned n = 0;
    int own = p->owns_cd ? chardev_input_fd(p->cd) : -1;
    const int all[] = {own, p->listener, p->client};
    for (unsigned i = 0; i < ARRAY_SIZE(all); i++)
        if (all[i] >= 0 && n < max)
            fds[n++] = (struct pollfd){.fd = all[i], .events = POLLIN};
    return n;
}

/* Whom a halt concerns: gdb's steps and breaks are not shown here. */
static bool is_for_us(const struct prompt *p, const struct debug_halt *halt)
{
    return p->asked || debug_fronts(p->d) == 1 || (halt->point && !halt->point->owned_by_gdb);
}

static void prompt_halted(void *opaque, const struct debug_halt *halt)
{
    struct prompt *p = opaque;
    p->holding = false;
    if (!is_for_us(p, halt))
        return;
    p->asked = false;
    if (p->cd && halt->cause != HALT_ENDED)
        chardev_go_to_prompt(p->cd);
    if (!p->cd && p->client < 0)
        return;
    if (p->open)
        line_hide(p->edit);
    else if (halt->cause == HALT_ENDED)
        return; /* the user was at the console */
    monitor_halt(p->d, halt, p->json, answer, p);
    if (p->open && (halt->cause != HALT_ENDED || debug_machine(p->d)->cfg.shutdown_pauses))
        show(p);
}

static const struct debug_front front = {
    .fds = prompt_fds,
    .poll = prompt_poll,
    .halted = prompt_halted,
};

/* ---- construction ---- */

/* Who may type here may read every secret of the machine: only the owner may connect. */
static bool bind_private(int fd, const struct sockaddr_un *sa)
{
    mode_t before = umask(0177);
    bool ok = !bind(fd, (const struct sockaddr *)sa, sizeof(*sa));
    int err = errno;
    umask(before);
    errno = err;
    return ok;
}

static bool listen_on(struct prompt *p, const char *path)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    memcpy(sa.sun_path, path, strlen(path) + 1);
    p->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (p->listener < 0 || !bind_private(p->listener, &sa) || listen(p->listener, 1)) {
        pef_complain("-monitor unix:%s: %s%s", path, strerror(errno),
                     errno == EADDRINUSE ? "; remove it if nobody listens there" : "");
        return false;
    }
    memcpy(p->path, path, strlen(path) + 1);
    return true;
}

static bool connect_streams(struct prompt *p, const struct prompt_config *c,
                            struct chardev *console)
{
    p->echo = c->echo && !c->json;
    if (c->where == PROMPT_UNIX)
        return listen_on(p, c->path);
    p->owns_cd = c->where == PROMPT_STDIO;
    p->cd = p->owns_cd ? chardev_open_prompt() : console;
    if (!p->cd)
        return false;
    p->script = !chardev_is_terminal(p->cd);
    p->echo = !p->script && !c->json;
    if (!p->owns_cd)
        chardev_set_prompt(p->cd, true);
    return true;
}

struct prompt *prompt_create(struct debug *d, const struct prompt_config *c,
                             struct chardev *console)
{
    struct prompt *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->d = d;
    p->json = c->json;
    p->listener = p->client = -1;
    if (!connect_streams(p, c, console) || !debug_add_front(d, &front, p)) {
        prompt_destroy(p);
        return NULL;
    }
    return p;
}

void prompt_destroy(struct prompt *p)
{
    if (!p)
        return;
    debug_remove_front(p->d, p);
    close_client(p);
    if (p->listener >= 0)
        close(p->listener);
    if (p->path[0])
        unlink(p->path);
    if (p->owns_cd)
        chardev_close(p->cd);
    else if (p->cd)
        chardev_set_prompt(p->cd, false);
    free(p);
}
