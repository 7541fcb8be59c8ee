/* SPDX-License-Identifier: Apache-2.0 */
/* Build tool: writes the manual page or the bash completion from option.def. optdoc man|completion
 */
#include "manpage.h"

#include <stdio.h>
#include <string.h>

static void man_option(const char *name, const char *other, const char *arg, const char *help,
                       const char *more)
{
    printf(".TP\n\\fB\\-%s\\fR", name);
    if (*other)
        printf(", \\fB\\-%s\\fR", other);
    if (*arg) {
        printf("%s", strchr(arg, '=') == arg + 1 ? "" : " ");
        man_argument(arg);
    }
    putchar('\n');
    man_text(help);
    printf(".\n");
    if (*more)
        man_line(more);
}

static void man(void)
{
    man_begin("pefemu", "full-system emulator of IBM POWER9");
    printf(".SH SYNOPSIS\n.B pefemu\n[\\fIoption\\fR...] \\fB\\-kernel\\fR \\fIfile\\fR\n"
           ".SH DESCRIPTION\nRuns an unmodified ppc64el or ppc64 Linux kernel on an emulated "
           "POWER9 logical partition. The hypervisor and its firmware are part of the program.\n"
           "Options may be written \\fB\\-opt\\fR or \\fB\\-\\-opt\\fR; their spelling and "
           "meaning are QEMU's wherever QEMU has the option.\n.SH OPTIONS\n");
#define OPTION_GROUP(title)                             printf(".SS %s\n", title);
#define OPTION(id, name, other, arg, words, help, more) man_option(name, other, arg, help, more);
#include "pefemu/option.def"
#undef OPTION_GROUP
#undef OPTION
    printf(".SH LOG ITEMS\n");
#define LOG_ITEM(id, name, help) printf(".TP\n\\fB%s\\fR\n%s\n", name, help);
#include "pefemu/logitem.def"
#undef LOG_ITEM
    printf(".SH TERMINAL\nWith \\fB\\-serial mon:stdio\\fR: \\fBCtrl\\-A x\\fR ends pefemu, "
           "\\fBCtrl\\-A h\\fR shows help, \\fBCtrl\\-A c\\fR changes between console and "
           "debugger's prompt, \\fBCtrl\\-A b\\fR sends a break (Ctrl\\-O, which the "
           "guest's hvc0 takes as the SysRq prefix), \\fBCtrl\\-A Ctrl\\-A\\fR sends Ctrl\\-A.\n"
           "SIGINT, SIGTERM, SIGHUP and SIGQUIT end pefemu as well, with the terminal restored; "
           "a second one does not wait.\n"
           "The console works without a terminal too: at the end of a pipe's data the guest goes "
           "on.\n.SH EXIT STATUS\n");
#define EXIT_CODE(id, number, when) printf(".TP\n%d\n%s\n", number, when);
#include "pefemu/exitcode.def"
#undef EXIT_CODE
    printf(".SH EXAMPLE\n.nf\npefemu \\-m 2G \\-smp 2 \\-kernel vmlinux \\-initrd initrd.img "
           "\\-append console=hvc0\n.fi\n");
}

static void complete_option(const char *name, const char *other, const char *words)
{
    if (!*words)
        return;
    printf("    -%s|--%s", name, name);
    if (*other)
        printf("|-%s|--%s", other, other);
    if (!strcmp(words, "@file")) {
        printf(") " COMPLETE_FILES "; return ;;\n");
        return;
    }
    printf(") words=\"");
    if (!strcmp(words, "@log")) {
#define LOG_ITEM(id, name, help) printf(name " ");
#include "pefemu/logitem.def"
#undef LOG_ITEM
        printf("help");
    } else {
        printf("%s", words);
    }
    printf("\" ;;\n");
}

static void completion(void)
{
    completion_begin("pefemu", "option table");
    printf("    local cur prev words=\n"
           "    cur=${COMP_LINE:0:COMP_POINT}; cur=${cur##* }\n"
           "    prev=${COMP_LINE:0:COMP_POINT}; prev=${prev%%\"$cur\"}; prev=${prev%% }\n"
           "    prev=${prev##* }\n"
           "    case $prev in\n");
#define OPTION_GROUP(title)
#define OPTION(id, name, other, arg, words, help, more) complete_option(name, other, words);
#include "pefemu/option.def"
#undef OPTION_GROUP
#undef OPTION
    printf("    *) words=\"");
#define OPTION_GROUP(title)
#define OPTION(id, name, other, arg, words, help, more) printf("-" name " ");
#include "pefemu/option.def"
#undef OPTION_GROUP
#undef OPTION
    printf("-stats=json\" ;;\n    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "    # readline splits at these characters: give it what is behind the last one\n"
           "    local head=${cur%%\"${cur##*[=:]}\"} i\n"
           "    for i in \"${!COMPREPLY[@]}\"; do COMPREPLY[i]=${COMPREPLY[i]#\"$head\"}; done\n");
    completion_end("pefemu");
}

int main(int argc, char **argv)
{
    return manpage_main(argc, argv, man, completion);
}
