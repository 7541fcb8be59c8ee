/* SPDX-License-Identifier: Apache-2.0 */
/* What the build tools share that write a program's manual page and bash completion from its
 * tables. All functions print to standard output. src/tools/manpage.c */
#ifndef PEFEMU_MANPAGE_H
#define PEFEMU_MANPAGE_H

/* The page of program @name up to its section NAME. */
void man_begin(const char *name, const char *summary);
/* Plain text: hyphens come out as typed ones, and nothing is taken for a request. No end of line.
 */
void man_text(const char *s);
void man_line(const char *s); /* the same with an end of line */
/* Begins an item of a list: a word in bold. Its other words follow on the same line. */
void man_item(const char *word);
void man_argument(const char *name); /* to be replaced by the reader: in italics */

/* The function that completes @name, "made from its @table", and its end. */
void completion_begin(const char *name, const char *table);
void completion_end(const char *name);
/* For the script: the words to choose from are file names. */
#define COMPLETE_FILES "COMPREPLY=($(compgen -f -- \"$cur\")); compopt -o filenames"

/* main() of such a tool: "man" or "completion" says which. The process's exit status. */
int manpage_main(int argc, char **argv, void (*man)(void), void (*completion)(void));

#endif
