/* Floating-point and vector loads, stores, moves and integer operations, their handlers melted
 * (melt.h). Floating-point arithmetic is called: a call is small beside it. */
#include "thread.h"

#define MELT_REFUSES (need_msr[in->spare] & ~cpu->msr)
#include "melt.h"

#include "../../cpu/fp_load.c"
#include "../../cpu/vmx_int.c"
#include "../../cpu/vmx_load.c"
#include "../../cpu/vmx_perm.c"
#include "../../cpu/vsx_load.c"
#include "../../cpu/vsx_move.c"
