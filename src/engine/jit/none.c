/* SPDX-License-Identifier: Apache-2.0 */
/* Stands for the back end on hosts that have none. */
#include "jit.h"

#ifndef PEFEMU_NATIVE

bool native_available(void)
{
    return false;
}

bool native_begin(struct jit *jit)
{
    (void)jit;
    return false;
}

bool native_translate(struct jit *jit)
{
    (void)jit;
    return false;
}

void native_fp_clean(void)
{
}

bool native_fp_inexact(void)
{
    return false;
}

#endif
