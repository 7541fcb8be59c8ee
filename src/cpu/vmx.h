/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the vmx_*.c files share: host vector types, register access, VSCR[SAT] and CR6.
 *
 * A handler takes its operands as vectors of the host's element order. Element-wise work does not
 * care about the order; where the ISA's lane numbers matter use VMX_SHUF*() or the u128 value.
 */
#ifndef PEFEMU_CPU_VMX_H
#define PEFEMU_CPU_VMX_H

#include "pefemu/cpu.h"

typedef uint8_t vub __attribute__((vector_size(16)));
typedef int8_t vsb __attribute__((vector_size(16)));
typedef uint16_t vuh __attribute__((vector_size(16)));
typedef int16_t vsh __attribute__((vector_size(16)));
typedef uint32_t vuw __attribute__((vector_size(16)));
typedef int32_t vsw __attribute__((vector_size(16)));
typedef uint64_t vud __attribute__((vector_size(16)));
typedef int64_t vsd __attribute__((vector_size(16)));

#define VSCR_NJ  0x10000u
#define VSCR_SAT 1u

/* VR @n as a value of the 16-byte type T, and back. Operands are read before the target is written,
 * so VRT may be any of them. */
#define VMX_GET(T, n)                                                                              \
    ({                                                                                             \
        T v_;                                                                                      \
        memcpy(&v_, &cpu->vsr[32 + (n)], sizeof(v_));                                              \
        v_;                                                                                        \
    })
#define VMX_PUT(n, v)                                                                              \
    do {                                                                                           \
        const __typeof__(v) v_ = (v);                                                              \
        _Static_assert(sizeof(v_) == 16, "a whole register");                                      \
        memcpy(&cpu->vsr[32 + (n)], &v_, sizeof(v_));                                              \
    } while (0)

/* Families: VRT = expr of VRA and VRB (a, b), of VRB alone, of VRA VRB VRC (a, b, c). */
#define VMX_OP_AB(name, T, expr)                                                                   \
    OP(name)                                                                                       \
    {                                                                                              \
        const T a = VMX_GET(T, in->ra), b = VMX_GET(T, in->rb);                                    \
        VMX_PUT(in->rt, expr);                                                                     \
        return TRAP_NONE;                                                                          \
    }
#define VMX_OP_B(name, T, expr)                                                                    \
    OP(name)                                                                                       \
    {                                                                                              \
        const T b = VMX_GET(T, in->rb);                                                            \
        VMX_PUT(in->rt, expr);                                                                     \
        return TRAP_NONE;                                                                          \
    }
#define VMX_OP_ABC(name, T, expr)                                                                  \
    OP(name)                                                                                       \
    {                                                                                              \
        const T a = VMX_GET(T, in->ra), b = VMX_GET(T, in->rb), c = VMX_GET(T, in->rc);            \
        VMX_PUT(in->rt, expr);                                                                     \
        return TRAP_NONE;                                                                          \
    }

/* VSCR[SAT] is sticky: set when any bit of @changed is, never cleared but by mtvscr. */
static inline void vmx_saturated(struct cpu *cpu, vud changed)
{
    cpu->vscr |= (changed[0] | changed[1]) ? VSCR_SAT : 0;
}

/* CR6 of a record-form compare whose elements are all ones or all zeros. */
static inline void vmx_set_cr6(struct cpu *cpu, vud mask)
{
    bool all = (mask[0] & mask[1]) == UINT64_MAX;
    bool none = (mask[0] | mask[1]) == 0;
    cpu->cr[6] = all << 3 | none << 1;
}

/* Elements of yes where @mask is ones, of no elsewhere; all three of one type. */
#define VMX_PICK(T, mask, yes, no)                                                                 \
    ({                                                                                             \
        const T m_ = (T)(mask);                                                                    \
        (m_ & (yes)) | (~m_ & (no));                                                               \
    })

/* VMX_SHUFn(a, b, e0 .. en-1): element i of the result is element ei of A || B, all counted as the
 * ISA does: from the left. */
#define VMX_IX(n, e) (((e) & (n)) | VSR_LANE(n, (e) & ((n)-1)))
#if HOST_LE
#define VMX_SHUF4(a, b, e0, e1, e2, e3)                                                            \
    __builtin_shufflevector(a, b, VMX_IX(4, e3), VMX_IX(4, e2), VMX_IX(4, e1), VMX_IX(4, e0))
#define VMX_SHUF8(a, b, e0, e1, e2, e3, e4, e5, e6, e7)                                            \
    __builtin_shufflevector(a, b, VMX_IX(8, e7), VMX_IX(8, e6), VMX_IX(8, e5), VMX_IX(8, e4),      \
                            VMX_IX(8, e3), VMX_IX(8, e2), VMX_IX(8, e1), VMX_IX(8, e0))
#define VMX_SHUF16(a, b, e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, ea, eb, ec, ed, ee, ef)           \
    __builtin_shufflevector(a, b, VMX_IX(16, ef), VMX_IX(16, ee), VMX_IX(16, ed), VMX_IX(16, ec),  \
                            VMX_IX(16, eb), VMX_IX(16, ea), VMX_IX(16, e9), VMX_IX(16, e8),        \
                            VMX_IX(16, e7), VMX_IX(16, e6), VMX_IX(16, e5), VMX_IX(16, e4),        \
                            VMX_IX(16, e3), VMX_IX(16, e2), VMX_IX(16, e1), VMX_IX(16, e0))
#else
#define VMX_SHUF4(a, b, ...)  __builtin_shufflevector(a, b, __VA_ARGS__)
#define VMX_SHUF8(a, b, ...)  __builtin_shufflevector(a, b, __VA_ARGS__)
#define VMX_SHUF16(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#endif

#endif
