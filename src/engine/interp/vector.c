/* Floating-point and vector loads, stores, moves and integer operations, their handlers melted
 * (melt.h). */
#include "thread.h"

#include "melt.h"

#define MELT_REFUSES (!(cpu->msr & MSR_FP))
#include "../../cpu/fp_load.c"

#undef MELT_REFUSES
#define MELT_REFUSES (!(cpu->msr & MSR_VEC))
#include "../../cpu/vmx_int.c"
#include "../../cpu/vmx_load.c"
#include "../../cpu/vmx_perm.c"

/* VSX: the facility depends on the registers of some. */
#undef MELT_REFUSES
#define MELT_REFUSES (need_msr[in->spare] & ~cpu->msr)
#include "../../cpu/vsx_load.c"
#include "../../cpu/vsx_move.c"
