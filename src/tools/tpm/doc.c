/* SPDX-License-Identifier: Apache-2.0 */
/* Build tool: the manual page or the bash completion of pefemu-tpm, from its table. */
#include "tools/manpage.h"

#include <stdio.h>
#include <string.h>

static void man_command(const char *name, int writes, const char *help, const char *more)
{
    man_item(name);
    printf(" \\fIDIR\\fR%s\n", writes ? " [\\fB\\-o\\fR \\fIFILE\\fR]" : "");
    man_line(help);
    printf(".br\n");
    man_line(more);
}

static void man(void)
{
    man_begin("pefemu-tpm", "make and show the TPM of pefemu");
    printf(
        ".SH SYNOPSIS\n.B pefemu\\-tpm\n\\fIcommand\\fR \\fIDIR\\fR [\\fB\\-o\\fR \\fIFILE\\fR]\n"
        ".SH DESCRIPTION\nA secure guest starts from an ESM blob, whose lockboxes open with a "
        "key that lives in the machine's TPM. With \\fB\\-tpmstate dir=\\fIDIR\\fR pefemu keeps "
        "that TPM in a folder; this program makes it beforehand, so that blobs can be made for "
        "it, and shows what is in it.\nWhile pefemu or another pefemu\\-tpm uses the folder, it "
        "is locked. A damaged state is refused and never overwritten.\nInstead of a folder "
        "\\fIDIR\\fR may be the control socket of an swtpm, for \\fBpefemu \\-tpmdev\\fR. It "
        "keeps its state itself and ends with each command, as when a machine is switched off.\n"
        ".SH COMMANDS\n");
#define TPM_TOOL_COMMAND(name, makes, writes, help, more) man_command(#name, writes, help, more);
#include "tools/tpm/command.def"
#undef TPM_TOOL_COMMAND
    printf(".SH FILES\n.TP\n.I DIR/permanent\nseeds, keys and counters of the TPM, mode 0600. Who "
           "can read it has the keys; who can restore an older one undoes a \\fBreset\\fR.\n"
           ".TP\n.I DIR/lock\nheld while the TPM is on\n"
           ".SH EXIT STATUS\n0 done, 1 it failed, 2 wrong command line; with one line on standard "
           "error.\n.SH EXAMPLE\n.nf\npefemu\\-tpm provision tpm\npefemu\\-tpm pubkey tpm \\-o "
           "recipient.pem\nopenssl rsa \\-pubin \\-in recipient.pem \\-noout \\-text\n.fi\n"
           ".SH SEE ALSO\n\\fBpefemu\\fR(1), \\fBpefemu\\-esm\\fR(1)\n");
}

static void completion(void)
{
    completion_begin("pefemu-tpm", "table");
    printf("    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        COMPREPLY=($(compgen -W \"");
#define TPM_TOOL_COMMAND(name, makes, writes, help, more) printf("%s ", #name);
#include "tools/tpm/command.def"
#undef TPM_TOOL_COMMAND
    printf("--help --version\" -- \"$cur\"))\n"
           "    elif [ \"$prev\" = -o ]; then\n"
           "        " COMPLETE_FILES "\n"
           "    elif [[ $cur == -* ]]; then\n"
           "        case ${COMP_WORDS[1]} in\n");
#define TPM_TOOL_COMMAND(name, makes, writes, help, more)                                          \
    if (writes)                                                                                    \
        printf("        %s) COMPREPLY=($(compgen -W \"-o --help\" -- \"$cur\")) ;;\n", #name);
#include "tools/tpm/command.def"
#undef TPM_TOOL_COMMAND
    printf("        *) COMPREPLY=($(compgen -W --help -- \"$cur\")) ;;\n"
           "        esac\n"
           "    else\n"
           "        COMPREPLY=($(compgen -d -- \"$cur\")); compopt -o filenames\n"
           "    fi\n");
    completion_end("pefemu-tpm");
}

int main(int argc, char **argv)
{
    return manpage_main(argc, argv, man, completion);
}
