/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in, lines out. */
#include "lineedit_internal.h"

#include <string.h>

#define CTRL(c) ((c)&0x1f)
#define ESC     0x1b
#define DEL     0x7f

static void end_line(struct line_edit *e)
{
    char line[LINE_SIZE];
    memcpy(line, e->text, e->len + 1);
    line_remember(e);
    e->len = e->at = 0;
    e->text[0] = '\0';
    if (e->echo)
        line_put(e, "\r\n");
    e->shown = false;
    e->ops->line(e->opaque, line);
}

/* ESC [ n ~ is the same as ESC [ and this; there is no letter for Delete. */
static uint8_t letter(unsigned n)
{
    switch (n) {
    case 1:
    case 7:
        return 'H';
    case 4:
    case 8:
        return 'F';
    case 3:
        return DEL;
    default:
        return 0;
    }
}

/* ESC [ ... @last */
static void sequence(struct line_edit *e, uint8_t last)
{
    switch (last == '~' ? letter(e->escape_number) : last) {
    case 'A':
        line_recall(e, -1);
        break;
    case 'B':
        line_recall(e, 1);
        break;
    case 'C':
        e->at += e->at < e->len;
        break;
    case 'D':
        e->at -= e->at > 0;
        break;
    case 'H':
        e->at = 0;
        break;
    case 'F':
        e->at = e->len;
        break;
    case DEL:
        if (e->at < e->len)
            line_erase(e, e->at, e->at + 1, false);
        break;
    default:
        break;
    }
}

static void escape(struct line_edit *e, uint8_t byte)
{
    if (e->escape == 1 && (byte == '[' || byte == 'O')) {
        e->escape = 2;
        e->escape_number = 0;
    } else if (e->escape == 2 && byte >= '0' && byte <= '9') {
        e->escape_number = (e->escape_number * 10 + byte - '0') % 100;
    } else if (e->escape == 2 && byte == ';') {
        e->escape_number = 0;
    } else {
        if (e->escape == 2)
            sequence(e, byte);
        e->escape = 0;
    }
}

static void control(struct line_edit *e, uint8_t byte)
{
    switch (byte) {
    case CTRL('a'):
        e->at = 0;
        break;
    case CTRL('b'):
        e->at -= e->at > 0;
        break;
    case CTRL('c'):
        e->len = e->at = 0;
        e->text[0] = '\0';
        if (e->ops->interrupt)
            e->ops->interrupt(e->opaque);
        break;
    case CTRL('d'):
        if (!e->len && e->ops->end)
            e->ops->end(e->opaque);
        else if (e->at < e->len)
            line_erase(e, e->at, e->at + 1, false);
        break;
    case CTRL('e'):
        e->at = e->len;
        break;
    case CTRL('f'):
        e->at += e->at < e->len;
        break;
    case CTRL('h'):
    case DEL:
        if (e->at)
            line_erase(e, e->at - 1, e->at, false);
        break;
    case CTRL('i'):
        line_complete(e);
        break;
    case CTRL('k'):
        line_erase(e, e->at, e->len, true);
        break;
    case CTRL('l'):
        if (e->echo)
            line_put(e, "\033[H\033[2J");
        break;
    case CTRL('n'):
        line_recall(e, 1);
        break;
    case CTRL('p'):
        line_recall(e, -1);
        break;
    case CTRL('u'):
        line_erase(e, 0, e->at, true);
        break;
    case CTRL('w'):
        line_erase(e, line_word_begin(e), e->at, true);
        break;
    case CTRL('y'):
        line_insert(e, e->cut, strlen(e->cut));
        break;
    case ESC:
        e->escape = 1;
        break;
    default:
        break;
    }
}

/* At the end of a line that fits only the new character is drawn. */
static void type(struct line_edit *e, uint8_t byte)
{
    bool simple = e->at == e->len && e->shown && strlen(e->prompt) + e->len < SCREEN;
    line_insert(e, (const char *)&byte, 1);
    if (simple)
        e->ops->write(e->opaque, (const char *)&byte, 1);
    else
        line_redraw(e);
}

static void key(struct line_edit *e, uint8_t byte)
{
    bool was_cr = e->was_cr;
    e->was_cr = byte == '\r';
    if (e->escape) {
        escape(e, byte);
    } else if (byte == '\r' || byte == '\n') {
        if (byte == '\r' || !was_cr)
            end_line(e);
        return;
    } else if (byte < 0x20 || byte == DEL) {
        control(e, byte);
    } else {
        type(e, byte);
        return;
    }
    if (!e->escape)
        line_redraw(e);
}

/* Without a terminal a line is bytes up to its end; control characters mean nothing. */
static void plain(struct line_edit *e, uint8_t byte)
{
    if (byte == '\n')
        end_line(e);
    else if (byte >= 0x20)
        line_insert(e, (const char *)&byte, 1);
}

void line_feed(struct line_edit *e, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        e->echo ? key(e, bytes[i]) : plain(e, bytes[i]);
}
