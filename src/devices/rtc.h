/* SPDX-License-Identifier: Apache-2.0 */
/* The partition's wall clock as RTAS shows it: UTC, broken down. */
#ifndef PEFEMU_DEV_RTC_H
#define PEFEMU_DEV_RTC_H

#include "pefemu/machine.h"

struct rtc_time {
    unsigned year, month, day; /* month and day start at 1 */
    unsigned hour, minute, second, nanosecond;
};

void rtc_get(const struct machine *m, struct rtc_time *t);
/* Moves machine.rtc_offset_ns so that the clock shows @t now; false when @t is no date. */
bool rtc_set(struct machine *m, const struct rtc_time *t);

#endif
