/* The fixed-point facilities as threaded operations: their handlers, melted (melt.h). */
#include "thread.h"

#define MELT_REFUSES false
#include "melt.h"

#include "../../cpu/fixed_arith.c"
#include "../../cpu/fixed_logic.c"
#include "../../cpu/fixed_load.c"
#include "../../cpu/fixed_store.c"
#include "../../cpu/cr.c"
#include "../../cpu/atomic.c"
#include "../../cpu/cache.c"
