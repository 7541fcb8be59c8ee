/* SPDX-License-Identifier: Apache-2.0 */
#include "option_value.h"

#include "pefemu/types.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool value_u64(const char *s, uint64_t max, uint64_t *out)
{
    char *end;
    if (!s || !isdigit((unsigned char)*s))
        return false;
    errno = 0;
    *out = strtoull(s, &end, 0);
    return !errno && !*end && *out <= max;
}

static uint64_t unit_of(char suffix)
{
    switch (toupper((unsigned char)suffix)) {
    case 'B':
        return 1;
    case 'K':
        return KiB;
    case 'M':
    case '\0':
        return MiB;
    case 'G':
        return GiB;
    case 'T':
        return 1024 * GiB;
    default:
        return 0;
    }
}

bool value_size(const char *s, uint64_t *out)
{
    char *end;
    if (!s || !isdigit((unsigned char)*s))
        return false;
    errno = 0;
    double n = strtod(s, &end), bytes = n * (double)unit_of(*end);
    if (errno || !unit_of(*end) || (*end && end[1]) || !(bytes >= 0 && bytes <= 1e18))
        return false;
    *out = (uint64_t)bytes;
    return true;
}

bool value_bool(const char *s, bool *out)
{
    static const char *const yes[] = {"on", "yes", "true", "y"}, *const no[] = {"off", "no",
                                                                                "false", "n"};
    if (!s)
        return false;
    for (unsigned i = 0; i < ARRAY_SIZE(yes); i++)
        if (!strcmp(s, yes[i]) || !strcmp(s, no[i])) {
            *out = !strcmp(s, yes[i]);
            return true;
        }
    return false;
}

bool value_date(const char *s, int64_t *out)
{
    struct tm tm = {0};
    const char *end = strptime(s, "%Y-%m-%dT%H:%M:%S", &tm);
    struct tm check;
    time_t t;
    if (!end) {
        memset(&tm, 0, sizeof(tm));
        end = strptime(s, "%Y-%m-%d", &tm);
    }
    if (!end || *end)
        return false;
    check = tm;
    t = timegm(&check); /* the 31st of June comes out as another day */
    if (check.tm_mday != tm.tm_mday || t < 0 || check.tm_year > 9999 - 1900)
        return false;
    *out = t;
    return true;
}

bool value_is_help(const char *s)
{
    return !strcmp(s, "help") || !strcmp(s, "?");
}

bool value_list(struct value_list *list, const char *arg)
{
    list->rest = list->copy;
    if (strlen(arg) >= sizeof(list->copy))
        return false;
    strcpy(list->copy, arg);
    return true;
}

bool value_next(struct value_list *list, struct value_item *it)
{
    char *s = list->rest, *eq;
    if (!s)
        return false;
    list->rest = strchr(s, ',');
    if (list->rest)
        *list->rest++ = '\0';
    eq = strchr(s, '=');
    if (eq)
        *eq++ = '\0';
    *it = (struct value_item){s, eq};
    return true;
}
