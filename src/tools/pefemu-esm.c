/* SPDX-License-Identifier: Apache-2.0 */
/* pefemu-esm: makes, changes and shows ESM blobs. The command line, driven by esm/command.def. */
#include "esm/esm_tool.h"
#include "version.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static const struct option_row {
    char letter;
    const char *argument, *help;
} options[] = {
#define ESM_OPTION(letter, argument, complete, help) {letter, argument, help},
#include "esm/command.def"
#undef ESM_OPTION
};

static const struct command_row {
    const char *name, *needs, *takes, *help, *more;
    bool (*run)(const struct arguments *a);
} commands[] = {
#define ESM_COMMAND(name, needs, takes, help, more)                                                \
    {#name, needs, takes, help, more, command_##name},
#include "esm/command.def"
#undef ESM_COMMAND
};

static const struct option_row *find_option(char letter)
{
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (options[i].letter == letter)
            return &options[i];
    return NULL;
}

static const struct command_row *find_command(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static bool takes(const struct command_row *c, char letter)
{
    return letter == 'v' || strchr(c->needs, letter) || strchr(c->takes, letter);
}

/* ---- help ---- */

static void help(void)
{
    printf("usage: pefemu-esm COMMAND OPTION...\n"
           "Makes, changes and shows ESM blobs: what lets a guest of pefemu or of a machine with\n"
           "the Protected Execution Facility become a secure virtual machine.\n\ncommands:\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    printf("\npefemu-esm COMMAND --help lists a command's options. --version\n");
}

/* @text, broken at spaces. */
static void paragraph(const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t n = strcspn(text, " ");
        if (column && column + 1 + n > 79) {
            putchar('\n');
            column = 0;
        }
        printf("%s%.*s", column ? " " : "", (int)n, text);
        column += n + (column ? 1 : 0);
        text += n + (text[n] == ' ');
    }
    if (column)
        putchar('\n');
}

static void usage_words(const struct command_row *c, bool needed)
{
    for (const char *l = needed ? c->needs : c->takes; *l; l++) {
        const struct option_row *o = find_option(*l);
        printf(needed ? " -%c%s%s" : " [-%c%s%s]", *l, *o->argument ? " " : "", o->argument);
    }
}

static void command_help(const struct command_row *c)
{
    printf("usage: pefemu-esm %s", c->name);
    usage_words(c, true);
    usage_words(c, false);
    printf(" [-v]\n%c%s.\n", toupper((unsigned char)c->help[0]), c->help + 1);
    paragraph(c->more);
    putchar('\n');
    for (size_t i = 0; i < ARRAY_SIZE(options); i++)
        if (takes(c, options[i].letter))
            printf("  -%c %-10s %s\n", options[i].letter, options[i].argument, options[i].help);
    if (takes(c, 's'))
        printf("  --passphrase-fd N  read the secret key's passphrase from file descriptor N\n");
}

/* ---- parsing: false after the complaint ---- */

static bool bad_usage(const struct command_row *c, const char *what, const char *why)
{
    complain("%s: %s: %s; see pefemu-esm %s --help", c->name, what, why, c->name);
    return false;
}

static bool parse_fd(struct arguments *a, const struct command_row *c, const char *value)
{
    char *end;
    errno = 0;
    long n = value && isdigit((unsigned char)*value) ? strtol(value, &end, 10) : -1;
    if (!takes(c, 's'))
        return bad_usage(c, "--passphrase-fd", "this command needs no passphrase");
    if (n < 0 || errno || *end || n > 1 << 20)
        return bad_usage(c, "--passphrase-fd", "needs the number of a file descriptor");
    a->passphrase_fd = (int)n;
    return true;
}

/* One word of short options at argv[*i]: -nv, -bFILE, -b FILE. */
static bool parse_word(struct arguments *a, const struct command_row *c, int argc, char **argv,
                       int *i)
{
    char what[3] = "-?";
    for (const char *p = argv[*i] + 1; *p; p++) {
        const struct option_row *o = find_option(*p);
        what[1] = isprint((unsigned char)*p) ? *p : '?';
        if (!o || !takes(c, *p))
            return bad_usage(c, what, "no option of this command");
        if (*o->argument) {
            const char *value = p[1] ? p + 1 : *i + 1 < argc ? argv[++*i] : NULL;
            if (!value)
                return bad_usage(c, what, "needs a value");
            if (a->option[(unsigned char)*p])
                return bad_usage(c, what, "given twice");
            if (!*value && *p != 'a' && *p != 'c')
                return bad_usage(c, what, "the value is empty");
            a->option[(unsigned char)*p] = value;
            return true;
        }
        a->option[(unsigned char)*p] = "";
        a->verbose += *p == 'v';
    }
    return true;
}

static bool parse(struct arguments *a, const struct command_row *c, int argc, char **argv)
{
    static const char fd[] = "--passphrase-fd";
    const size_t n = sizeof(fd) - 1;
    *a = (struct arguments){.passphrase_fd = -1};
    for (int i = 2; i < argc; i++) {
        bool ok;
        if (!strcmp(argv[i], fd))
            ok = parse_fd(a, c, ++i < argc ? argv[i] : NULL);
        else if (!strncmp(argv[i], fd, n) && argv[i][n] == '=')
            ok = parse_fd(a, c, argv[i] + n + 1);
        else if (argv[i][0] == '-' && argv[i][1] && argv[i][1] != '-')
            ok = parse_word(a, c, argc, argv, &i);
        else
            ok = bad_usage(c, argv[i], "not an option");
        if (!ok)
            return false;
    }
    for (const char *l = c->needs; *l; l++)
        if (!a->option[(unsigned char)*l])
            return bad_usage(c, (char[]){'-', *l, '\0'}, "missing");
    a->dry_run = a->option['n'] != NULL;
    return true;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return true;
    return false;
}

/* Output that could not be written is a failure too. */
static int finish(int status)
{
    if (fflush(stdout) || ferror(stdout)) {
        complain("standard output: %s", strerror(errno));
        return EXIT_FAILED;
    }
    return status;
}

int main(int argc, char **argv)
{
    const struct rlimit no_core = {0, 0}; /* keys stay out of core files */
    struct arguments a;
    const struct command_row *c;
    setrlimit(RLIMIT_CORE, &no_core);
    if (argc < 2) {
        complain("no command; see pefemu-esm --help");
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        help();
        return finish(EXIT_OK);
    }
    if (!strcmp(argv[1], "--version")) {
        printf("pefemu-esm %s (%s)\n", PEFEMU_VERSION, PEFEMU_COMMIT);
        return finish(EXIT_OK);
    }
    c = find_command(argv[1]);
    if (!c) {
        complain("%s: no such command; see pefemu-esm --help", argv[1]);
        return EXIT_USAGE;
    }
    if (wants_help(argc, argv)) {
        command_help(c);
        return finish(EXIT_OK);
    }
    if (!parse(&a, c, argc, argv))
        return EXIT_USAGE;
    return finish(c->run(&a) ? EXIT_OK : EXIT_FAILED);
}
