/* Floating-point arithmetic and comparison as threaded operations: what the host's FPU does of the
 * handlers, melted (melt.h). What it declines is left to a call of the complete handler. */
#include "thread.h"

#define MELT_AGAIN(name) call_op_##name
#include "melt.h"

#define MELT_REFUSES (!(cpu->msr & MSR_FP))
#include "../../cpu/fp.c"

#undef MELT_REFUSES
#define MELT_REFUSES (!(cpu->msr & MSR_VSX))
#include "../../cpu/vsx_scalar.c"
#include "../../cpu/vsx_vector.c"
