/* SPDX-License-Identifier: Apache-2.0 */
/* Civil dates from and to the machine's clock (proleptic Gregorian calendar, UTC). */
#include "rtc.h"

#define NS_PER_S  1000000000LL
#define S_PER_DAY 86400LL

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1970-01-01 to the first day of @year. */
static int64_t days_before_year(unsigned year)
{
    int64_t y = (int64_t)year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

void rtc_get(const struct machine *m, struct rtc_time *t)
{
    int64_t ns = machine_rtc_ns(m);
    int64_t s = ns / NS_PER_S;
    if (ns < 0)
        ns = s = 0;
    int64_t days = s / S_PER_DAY;
    unsigned in_day = s % S_PER_DAY;

    unsigned year = 1970 + days / 366; /* never too late */
    while (days_before_year(year + 1) <= days)
        year++;
    unsigned rest = days - days_before_year(year), month = 1;
    while (rest >= days_in_month(year, month))
        rest -= days_in_month(year, month++);
    *t = (struct rtc_time){year,        month,        rest + 1, in_day / 3600, in_day / 60 % 60,
                           in_day % 60, ns % NS_PER_S};
}

bool rtc_set(struct machine *m, const struct rtc_time *t)
{
    if (t->year < 1970 || t->year > 2200 || t->month < 1 || t->month > 12 || t->day < 1 ||
        t->day > days_in_month(t->year, t->month) || t->hour > 23 || t->minute > 59 ||
        t->second > 59 || t->nanosecond >= NS_PER_S)
        return false;
    int64_t days = days_before_year(t->year) + t->day - 1;
    for (unsigned month = 1; month < t->month; month++)
        days += days_in_month(t->year, month);
    int64_t s = days * S_PER_DAY + t->hour * 3600 + t->minute * 60 + t->second;
    m->rtc_offset_ns += s * NS_PER_S + t->nanosecond - machine_rtc_ns(m);
    return true;
}
