/* SPDX-License-Identifier: Apache-2.0 */
/* Build tool: writes the manual page or the bash completion from command.def. doc man|completion */
#include "tools/manpage.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
    char letter;
    const char *argument, *complete, *help;
} options[] = {
#define ESM_OPTION(letter, argument, complete, help) {letter, argument, complete, help},
#include "command.def"
#undef ESM_OPTION
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static const struct {
    const char *name, *needs, *takes, *help, *more;
} commands[] = {
#define ESM_COMMAND(name, needs, takes, help, more) {#name, needs, takes, help, more},
#include "command.def"
#undef ESM_COMMAND
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void man_letters(const char *letters, const char *before, const char *after)
{
    for (; *letters; letters++)
        for (size_t i = 0; i < OPTIONS; i++)
            if (options[i].letter == *letters)
                printf(" %s\\fB\\-%c\\fR%s\\fI%s\\fR%s", before, *letters,
                       *options[i].argument ? " " : "", options[i].argument, after);
}

static void man(void)
{
    man_begin("pefemu-esm", "make, change and show ESM blobs");
    printf(".SH SYNOPSIS\n.B pefemu\\-esm\n\\fIcommand\\fR \\fIoption\\fR...\n"
           ".SH DESCRIPTION\nAn ESM blob lets a guest become a secure virtual machine: it holds "
           "digests of the guest's kernel, initrd and command line, and files for it, encrypted "
           "for the machines that may run it.\nThe file formats and option letters are those of "
           "IBM's svm\\-tool.\n.SH COMMANDS\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        man_item(commands[i].name);
        man_letters(commands[i].needs, "", "");
        man_letters(commands[i].takes, "[", "]");
        printf("\n%c", toupper((unsigned char)commands[i].help[0]));
        man_text(commands[i].help + 1);
        printf(".\n");
        if (*commands[i].more)
            man_line(commands[i].more);
    }
    printf(".SH OPTIONS\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        printf(".TP\n\\fB\\-%c\\fR \\fI%s\\fR\n", options[i].letter, options[i].argument);
        man_line(options[i].help);
    }
    printf(".TP\n\\fB\\-\\-passphrase\\-fd\\fR \\fIN\\fR\n"
           "read the secret key's passphrase, one line, from file descriptor N instead of asking "
           "the terminal\n"
           ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nfailed; one line says which field or file and "
           "why\n.TP\n2\nwrong usage\n"
           ".SH EXAMPLE\n.nf\npefemu\\-esm generate \\-p owner.pub \\-s owner.sec\n"
           "pefemu\\-esm make \\-b guest.esmb \\-y guest.yml\n"
           "pefemu\\-esm add \\-i initrd.img \\-b guest.esmb \\-f svm\\-initrd.img\n.fi\n"
           ".SH SEE ALSO\npefemu(1)\n");
}

static void completion(void)
{
    completion_begin("pefemu-esm", "command table");
    printf("    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n        words=\"");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("%s ", commands[i].name);
    printf("--help --version\"\n    else\n        case $prev in\n        ");
    const char *bar = "";
    for (size_t i = 0; i < OPTIONS; i++)
        if (!strcmp(options[i].complete, "file")) {
            printf("%s-%c", bar, options[i].letter);
            bar = "|";
        }
    printf(") " COMPLETE_FILES "; return ;;\n        ");
    bar = "";
    for (size_t i = 0; i < OPTIONS; i++)
        if (*options[i].argument && !*options[i].complete) {
            printf("%s-%c", bar, options[i].letter);
            bar = "|";
        }
    printf("|--passphrase-fd) return ;;\n        esac\n        case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("        %s) words=\"", commands[i].name);
        for (const char *l = commands[i].needs; *l; l++)
            printf("-%c ", *l);
        for (const char *l = commands[i].takes; *l; l++)
            printf("-%c ", *l);
        if (strchr(commands[i].needs, 's') || strchr(commands[i].takes, 's'))
            printf("--passphrase-fd ");
        printf("-v --help\" ;;\n");
    }
    printf("        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n");
    completion_end("pefemu-esm");
}

int main(int argc, char **argv)
{
    return manpage_main(argc, argv, man, completion);
}
