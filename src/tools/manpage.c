/* SPDX-License-Identifier: Apache-2.0 */
#include "manpage.h"

#include "version.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* ---- manual page ---- */

void man_text(const char *s)
{
    if (*s == '.' || *s == '\'')
        printf("\\&"); /* in column 1 these begin a request */
    for (; *s; s++) {
        if (*s == '-')
            printf("\\-");
        else if (*s == '\\')
            printf("\\e");
        else
            putchar(*s);
    }
}

void man_line(const char *s)
{
    man_text(s);
    putchar('\n');
}

static void man_font(char font, const char *s)
{
    printf("\\f%c", font);
    man_text(s);
    printf("\\fR");
}

void man_argument(const char *name)
{
    man_font('I', name);
}

void man_item(const char *word)
{
    printf(".TP\n");
    man_font('B', word);
}

void man_begin(const char *name, const char *summary)
{
    char title[32];
    snprintf(title, sizeof(title), "%s", name);
    for (char *p = title; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    printf(".TH ");
    man_text(title);
    printf(" 1 \"\" \"pefemu %s\" \"User Commands\"\n.SH NAME\n", PEFEMU_VERSION);
    man_text(name);
    printf(" \\- ");
    man_line(summary);
}

/* ---- completion ---- */

/* The name of the function: what the shell takes for one. */
static void function_name(const char *name)
{
    putchar('_');
    for (; *name; name++)
        putchar(*name == '-' ? '_' : *name);
}

void completion_begin(const char *name, const char *table)
{
    printf("# bash completion for %s, made from its %s\n", name, table);
    function_name(name);
    printf("() {\n");
}

void completion_end(const char *name)
{
    printf("}\ncomplete -F ");
    function_name(name);
    printf(" %s\n", name);
}

int manpage_main(int argc, char **argv, void (*man)(void), void (*completion)(void))
{
    if (argc == 2 && !strcmp(argv[1], "man")) {
        man();
    } else if (argc == 2 && !strcmp(argv[1], "completion")) {
        completion();
    } else {
        fprintf(stderr, "usage: %s man|completion\n", argv[0]);
        return 2;
    }
    return fflush(stdout) == EOF;
}
