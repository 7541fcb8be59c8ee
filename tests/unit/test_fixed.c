/*
 * Fixed-point, branch, CR, load/store, atomic and cache instructions, through the decoder.
 *
 * Most rows are compared by digest: one number per instruction over a few thousand combinations of
 * edge values, XER and CR (or of places in memory), which stands for what the same word does to the
 * same registers under qemu-ppc64le and qemu-ppc64 -cpu power9. The rest is spelled out.
 */
#include "pefemu/cpu.h"
#include "pefemu/machine.h"
#include "pefemu/mmu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

/* ---- guest memory: 256 bytes at BASE, nothing else; an EA is its real address ---- */

#define BASE 0x10000ULL

static uint8_t memory[256];
static struct tlb_ctx tlb;

static trap_t fault(struct cpu *cpu, ea_t ea, uint64_t dsisr)
{
    cpu->trap = (struct trap_info){.dar = ea, .dsisr = dsisr};
    return TRAP_DSI;
}

static bool outside(ea_t ea, uint64_t size)
{
    return ea < BASE || ea - BASE + size > sizeof(memory);
}

trap_t mmu_load(struct cpu *cpu, ea_t ea, unsigned size, void *buf)
{
    if (outside(ea, size))
        return fault(cpu, ea, DSISR_NOHPTE);
    memcpy(buf, memory + (ea - BASE), size);
    return TRAP_NONE;
}

trap_t mmu_store(struct cpu *cpu, ea_t ea, unsigned size, const void *buf)
{
    if (outside(ea, size))
        return fault(cpu, ea, DSISR_NOHPTE | DSISR_ISSTORE);
    memcpy(memory + (ea - BASE), buf, size);
    return TRAP_NONE;
}

trap_t mmu_check_store(struct cpu *cpu, ea_t ea, unsigned size)
{
    return outside(ea, size) ? fault(cpu, ea, DSISR_NOHPTE | DSISR_ISSTORE) : TRAP_NONE;
}

trap_t mmu_host(struct cpu *cpu, ea_t ea, unsigned size, enum mmu_access access, uint8_t **host,
                ra_t *ra)
{
    (void)access;
    if (outside(ea, size))
        return fault(cpu, ea, DSISR_NOHPTE);
    *host = memory + (ea - BASE);
    *ra = ea;
    return TRAP_NONE;
}

void mmu_stored(struct cpu *cpu, ra_t ra, unsigned size)
{
    (void)cpu;
    (void)ra;
    (void)size;
}

trap_t mmu_translate(struct cpu *cpu, ea_t ea, enum mmu_access access, struct xlate *out)
{
    (void)access;
    out->ra = ea;
    return outside(ea, 1) ? fault(cpu, ea, DSISR_NOHPTE) : TRAP_NONE;
}

static void start(struct cpu *cpu, bool le)
{
    memset(cpu, 0, sizeof(*cpu));
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        tlb.e[i].tag_r = tlb.e[i].tag_w = TLB_NO_TAG;
    cpu->tlb = &tlb;
    cpu->msr = MSR_SF | (le ? MSR_LE : 0);
    cpu->le = le;
    cpu->hfscr = ~0ULL;
}

/* Lets accesses hit; before that each takes the slow path through the functions above. */
static void fill_tlb(void)
{
    struct tlb_entry *e = &tlb.e[tlb_index(BASE)];
    e->tag_r = e->tag_w = BASE & TLB_MASK;
    e->addend = (intptr_t)memory - (intptr_t)BASE;
    e->ra = BASE;
}

static trap_t step(struct cpu *cpu, uint32_t word)
{
    struct insn in;
    insn_decode(&in, word);
    return insn_table[in.id].handler(cpu, &in);
}

/* ---- digests ---- */

/* The registers that the rows use. */
struct regs {
    uint64_t gpr[32];
    uint64_t xer, cr;
};

/* Runs the row's instruction, or its OE=1 form; false: it trapped. */
typedef bool (*runner)(void *context, struct regs *regs, bool oe);

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
    return h ^ h >> 29;
}

static const uint64_t edges[] = {
    0,
    1,
    2,
    10,
    31,
    32,
    33,
    63,
    64,
    127,
    0x7fffffff,
    0x80000000,
    0xffffffff,
    0x100000000,
    0xffffffff80000000,
    0x7fffffffffffffff,
    0x8000000000000000,
    0xffffffffffffffff,
    0xfffffffffffffffe,
    0x0123456789abcdef,
    0xfedcba9876543210,
    0x8081828384858687,
    0x00ff00ff01010101,
    0x3f3e3d0001024005,
};

/* All zero, all one, each carry alone, SO alone. */
static const uint64_t xers[] = {0, 0xe00c0000, 0x20040000, 0x40080000, 0x80000000};

/* One run over register operands. RT of a division that overflowed is undefined and left out, and
 * so are the left word, and hence CR0, of what computes a word only. */
static uint64_t digest_once(uint64_t h, char kind, bool has_oe, runner run, void *context,
                            const struct regs *start)
{
    struct regs r = *start, overflow = *start;
    if (has_oe && (!run(context, &overflow, true) || overflow.xer & 0x40000000))
        return h;
    if (!run(context, &r, false))
        return mix(h, 0xdead);
    if ((kind == 'D' || kind == 'W') && !has_oe && r.xer & 0x40000000)
        return mix(h, r.xer);
    if (kind == 'H' || kind == 'W') {
        r.gpr[3] = (uint32_t)r.gpr[3];
        r.cr &= 0x0fffffff;
    }
    for (unsigned i = 3; i < 7; i++)
        h = mix(h, r.gpr[i]);
    return mix(mix(h, r.cr), r.xer);
}

static bool remainder_undefined(uint64_t a, uint64_t b)
{
    bool overflow =
        (uint32_t)b == 0xffffffff && ((uint32_t)a == 0x80000000 || a == 0x8000000000000000);
    return !(uint32_t)b || overflow;
}

static uint64_t digest_registers(char kind, bool has_oe, runner run, void *context)
{
    uint64_t h = 0;
    struct regs r = {.gpr = {[3] = 0x1122334455667788, [6] = 0x7766554433221100}};
    for (unsigned a = 0; a < ARRAY_SIZE(edges); a++) {
        for (unsigned b = 0; b < ARRAY_SIZE(edges); b++) {
            if (kind == 'R' && remainder_undefined(edges[a], edges[b]))
                continue;
            for (unsigned x = 0; x < ARRAY_SIZE(xers); x++) {
                r.gpr[4] = edges[a];
                r.gpr[5] = edges[b];
                r.gpr[6] = edges[(a + b + x) % ARRAY_SIZE(edges)];
                r.xer = xers[x];
                r.cr = (uint32_t)((a * 31 + b * 7 + x) * 0x9e3779b1U);
                h = digest_once(h, kind, has_oe, run, context, &r);
            }
        }
    }
    return h;
}

/* @at: where RA points in the 256 bytes; @fill: 0 all distinct, 1 all equal, 2 zeros */
static uint64_t digest_memory_once(uint64_t h, runner run, void *context, uint8_t *memory,
                                   uint64_t base, unsigned at, unsigned fill)
{
    struct regs r = {.xer = 0x80000000 | (at & 15), .cr = 0x12345678};
    for (unsigned i = 0; i < 256; i++)
        memory[i] = fill == 2 ? 0 : fill == 1 ? 0x80 : (uint8_t)(i * 37 + 11);
    for (unsigned i = 0; i < 32; i++)
        r.gpr[i] = i * 0x0f1e2d3c4b5a6978ULL;
    r.gpr[4] = base + at;
    r.gpr[5] = 8;
    if (fill == 1)
        r.gpr[7] = 0x8080808080808080;
    if (!run(context, &r, false))
        return mix(h, 0xdead);
    r.gpr[4] -= base;
    for (unsigned i = 0; i < 32; i++)
        if (i == 0 || (i >= 3 && i <= 8) || i >= 26)
            h = mix(h, r.gpr[i]);
    for (unsigned i = 0; i < 256; i++)
        h = mix(h, memory[i]);
    return mix(mix(h, r.cr), r.xer);
}

/* M: unaligned places, too. P: a pair of doublewords in a block of 32 bytes. Q: quadwords. */
static uint64_t digest_memory(char kind, runner run, void *context, uint8_t *memory, uint64_t base)
{
    static const unsigned any[] = {64, 65, 71, 77}, pair[] = {72, 80}, quad[] = {64, 96};
    uint64_t h = 0;
    for (unsigned fill = 0; fill < 3; fill++) {
        for (unsigned i = 0; i < 4; i++) {
            unsigned at = kind == 'P' ? pair[i & 1] : kind == 'Q' ? quad[i & 1] : any[i];
            h = digest_memory_once(h, run, context, memory, base, at, fill);
        }
    }
    return h;
}

static uint64_t digest_row(char kind, bool has_oe, runner run, void *context, uint8_t *memory,
                           uint64_t base)
{
    if (strchr("MPQS", kind))
        return digest_memory(kind, run, context, memory, base);
    return digest_registers(kind, has_oe, run, context);
}

struct register_row {
    char kind;
    uint32_t word;
    uint64_t digest;
};

/* D, W: divide doubleword, word; R: remainder; H: the left word of RT is undefined; A: others */
static const struct register_row register_rows[] = {
    {'A', 0x7c642a14, 0x76cabf6c5224c912}, /* add 3,4,5 */
    {'A', 0x7c642a15, 0xdef4ce78b682f933}, /* add. 3,4,5 */
    {'A', 0x7c642e14, 0xfdcb321d310d2c5b}, /* addo 3,4,5 */
    {'A', 0x7c642e15, 0xbb401eb2eac72581}, /* addo. 3,4,5 */
    {'A', 0x7c642814, 0xbc4473fff1b55aba}, /* addc 3,4,5 */
    {'A', 0x7c642815, 0xe27baa7b411e68b4}, /* addc. 3,4,5 */
    {'A', 0x7c642c14, 0xe01d1fe71404e2c9}, /* addco 3,4,5 */
    {'A', 0x7c642c15, 0x33177036041d35d2}, /* addco. 3,4,5 */
    {'A', 0x7c642914, 0xc06dd6f96c4ee903}, /* adde 3,4,5 */
    {'A', 0x7c642915, 0xa5de8d4960c6d4b2}, /* adde. 3,4,5 */
    {'A', 0x7c642d14, 0x3cf15f0bc5682ba3}, /* addeo 3,4,5 */
    {'A', 0x7c642d15, 0xfacb4729b125a5b7}, /* addeo. 3,4,5 */
    {'A', 0x7c642850, 0xf354ff33aa3c2e11}, /* subf 3,4,5 */
    {'A', 0x7c642851, 0x792a9c3f3c3e524d}, /* subf. 3,4,5 */
    {'A', 0x7c642c50, 0x4eb719355e0e1b05}, /* subfo 3,4,5 */
    {'A', 0x7c642c51, 0xbd53e1e710ca6ed0}, /* subfo. 3,4,5 */
    {'A', 0x7c642810, 0x4f9c652a9177139c}, /* subfc 3,4,5 */
    {'A', 0x7c642811, 0x088c8112479a9bad}, /* subfc. 3,4,5 */
    {'A', 0x7c642c10, 0x0a3aadf2543c218c}, /* subfco 3,4,5 */
    {'A', 0x7c642c11, 0xee8b7cc45fb90182}, /* subfco. 3,4,5 */
    {'A', 0x7c642910, 0x7388509cc8c0d991}, /* subfe 3,4,5 */
    {'A', 0x7c642911, 0x26927f7f4b536deb}, /* subfe. 3,4,5 */
    {'A', 0x7c642d10, 0x55dd6e4256b41d6e}, /* subfeo 3,4,5 */
    {'A', 0x7c642d11, 0xc8c62d53ad92e8f2}, /* subfeo. 3,4,5 */
    {'A', 0x7c6401d4, 0xa96f9f1f4680e018}, /* addme 3,4 */
    {'A', 0x7c6401d5, 0xe9111824983147b0}, /* addme. 3,4 */
    {'A', 0x7c6405d4, 0xe9b0b0a5480854c7}, /* addmeo 3,4 */
    {'A', 0x7c6405d5, 0x470b3b7621559dbe}, /* addmeo. 3,4 */
    {'A', 0x7c640194, 0x56f3c68fdbf7d939}, /* addze 3,4 */
    {'A', 0x7c640195, 0xa6da659cfbdd281b}, /* addze. 3,4 */
    {'A', 0x7c640594, 0x6bfdb0591c13d745}, /* addzeo 3,4 */
    {'A', 0x7c640595, 0x3c58b02706737736}, /* addzeo. 3,4 */
    {'A', 0x7c6401d0, 0x9faf2cae54ce54db}, /* subfme 3,4 */
    {'A', 0x7c6401d1, 0x61d8259c38053188}, /* subfme. 3,4 */
    {'A', 0x7c6405d0, 0x4430e93d34e6f32e}, /* subfmeo 3,4 */
    {'A', 0x7c6405d1, 0x7f46124f3c6dcf5c}, /* subfmeo. 3,4 */
    {'A', 0x7c640190, 0x62cb2e8d9300514b}, /* subfze 3,4 */
    {'A', 0x7c640191, 0x5b2a44580b4a9435}, /* subfze. 3,4 */
    {'A', 0x7c640590, 0x7c7e67ce0e892d13}, /* subfzeo 3,4 */
    {'A', 0x7c640591, 0x74264ef844d8b8ab}, /* subfzeo. 3,4 */
    {'A', 0x7c6400d0, 0xb6274168b2d4b220}, /* neg 3,4 */
    {'A', 0x7c6400d1, 0xabc1f09998570aff}, /* neg. 3,4 */
    {'A', 0x7c6404d0, 0x142582e5ecef2925}, /* nego 3,4 */
    {'A', 0x7c6404d1, 0xe1d5ec999ea73124}, /* nego. 3,4 */
    {'A', 0x7c6429d2, 0x8c4a1f9165cfc2f6}, /* mulld 3,4,5 */
    {'A', 0x7c6429d3, 0x52449e8e0265a5d3}, /* mulld. 3,4,5 */
    {'A', 0x7c642dd2, 0x332e0a8e3e7948d3}, /* mulldo 3,4,5 */
    {'A', 0x7c642dd3, 0x8f8a6d31b1a3b762}, /* mulldo. 3,4,5 */
    {'A', 0x7c6429d6, 0xd0cf5857f895f1d2}, /* mullw 3,4,5 */
    {'A', 0x7c6429d7, 0x022288d7fad23a8b}, /* mullw. 3,4,5 */
    {'A', 0x7c642dd6, 0xb4608ba7a984c5c4}, /* mullwo 3,4,5 */
    {'A', 0x7c642dd7, 0x53c409dd3a1821ea}, /* mullwo. 3,4,5 */
    {'A', 0x7c642892, 0x8565c86700ee8e0a}, /* mulhd 3,4,5 */
    {'A', 0x7c642893, 0xe9090c1377906eac}, /* mulhd. 3,4,5 */
    {'A', 0x7c642812, 0x25ff01dd1b73df97}, /* mulhdu 3,4,5 */
    {'A', 0x7c642813, 0xe49dfd9095b56892}, /* mulhdu. 3,4,5 */
    {'H', 0x7c642896, 0x3aff97059ba0242f}, /* mulhw 3,4,5 */
    {'H', 0x7c642897, 0x3aff97059ba0242f}, /* mulhw. 3,4,5 */
    {'H', 0x7c642816, 0x91eb5c29e7f6278d}, /* mulhwu 3,4,5 */
    {'H', 0x7c642817, 0x91eb5c29e7f6278d}, /* mulhwu. 3,4,5 */
    {'W', 0x7c642bd6, 0x0cf5ec298f573526}, /* divw 3,4,5 */
    {'W', 0x7c642bd7, 0x0cf5ec298f573526}, /* divw. 3,4,5 */
    {'W', 0x7c642fd6, 0x702c6b69f0a1cd26}, /* divwo 3,4,5 */
    {'W', 0x7c642fd7, 0x702c6b69f0a1cd26}, /* divwo. 3,4,5 */
    {'W', 0x7c642b96, 0xbb06dae93a2b3b0b}, /* divwu 3,4,5 */
    {'W', 0x7c642b97, 0xbb06dae93a2b3b0b}, /* divwu. 3,4,5 */
    {'W', 0x7c642f96, 0xf0c68dbd26c635ab}, /* divwuo 3,4,5 */
    {'W', 0x7c642f97, 0xf0c68dbd26c635ab}, /* divwuo. 3,4,5 */
    {'W', 0x7c642b56, 0x4b6d876344188632}, /* divwe 3,4,5 */
    {'W', 0x7c642b57, 0x4b6d876344188632}, /* divwe. 3,4,5 */
    {'W', 0x7c642f56, 0xcc7ab795c0f015b7}, /* divweo 3,4,5 */
    {'W', 0x7c642f57, 0xcc7ab795c0f015b7}, /* divweo. 3,4,5 */
    {'W', 0x7c642b16, 0x367365e0bbeff2f7}, /* divweu 3,4,5 */
    {'W', 0x7c642b17, 0x367365e0bbeff2f7}, /* divweu. 3,4,5 */
    {'W', 0x7c642f16, 0xcd5b4b3c7017d392}, /* divweuo 3,4,5 */
    {'W', 0x7c642f17, 0xcd5b4b3c7017d392}, /* divweuo. 3,4,5 */
    {'D', 0x7c642bd2, 0x20cf7dac8e4b2cdb}, /* divd 3,4,5 */
    {'D', 0x7c642bd3, 0xe308af5d40a75476}, /* divd. 3,4,5 */
    {'D', 0x7c642fd2, 0x5f32a666e0675b27}, /* divdo 3,4,5 */
    {'D', 0x7c642fd3, 0x9c76410a194d529c}, /* divdo. 3,4,5 */
    {'D', 0x7c642b92, 0x3588c7b5126a8880}, /* divdu 3,4,5 */
    {'D', 0x7c642b93, 0x18e67ca564d98585}, /* divdu. 3,4,5 */
    {'D', 0x7c642f92, 0xa9a0871da74dd435}, /* divduo 3,4,5 */
    {'D', 0x7c642f93, 0xb2a83e493f98cc17}, /* divduo. 3,4,5 */
    {'D', 0x7c642b12, 0x79c997d15b724bf6}, /* divdeu 3,4,5 */
    {'D', 0x7c642b13, 0x72ecc02621b343d6}, /* divdeu. 3,4,5 */
    {'D', 0x7c642f12, 0x1f8a495a48bac6a7}, /* divdeuo 3,4,5 */
    {'D', 0x7c642f13, 0x6682294f2c9c3625}, /* divdeuo. 3,4,5 */
    {'R', 0x7c642e16, 0xded98ad40d460377}, /* modsw 3,4,5 */
    {'R', 0x7c642a16, 0xef44db7841fffdf3}, /* moduw 3,4,5 */
    {'R', 0x7c642e12, 0x560d3c69465feec5}, /* modsd 3,4,5 */
    {'R', 0x7c642a12, 0x43689d0e09ce8990}, /* modud 3,4,5 */
    {'A', 0x106429b0, 0xfabcf26e9c204004}, /* maddhd 3,4,5,6 */
    {'A', 0x106429b1, 0x019ecc897cea4495}, /* maddhdu 3,4,5,6 */
    {'A', 0x106429b3, 0x1151c9c3047b89e7}, /* maddld 3,4,5,6 */
    {'A', 0x7c642954, 0xf499392d7d2cc8cb}, /* addex 3,4,5,0 */
    {'A', 0x38640000, 0xb85e66c2f0132341}, /* addi 3,4,0 */
    {'A', 0x3c640000, 0xb85e66c2f0132341}, /* addis 3,4,0 */
    {'A', 0x30640000, 0xe4f2cfa73c82894c}, /* addic 3,4,0 */
    {'A', 0x34640000, 0xa01388a6ff571907}, /* addic. 3,4,0 */
    {'A', 0x20640000, 0x2bd4410f9f772c67}, /* subfic 3,4,0 */
    {'A', 0x1c640000, 0x33ad96d3403fdffa}, /* mulli 3,4,0 */
    {'A', 0x38640001, 0x691a7756df51b98b}, /* addi 3,4,1 */
    {'A', 0x3c640001, 0x17b3f9b74688b23b}, /* addis 3,4,1 */
    {'A', 0x30640001, 0x72b2aebde3e6e083}, /* addic 3,4,1 */
    {'A', 0x34640001, 0x8934afb32512c400}, /* addic. 3,4,1 */
    {'A', 0x20640001, 0x4a4230214ba8fe0b}, /* subfic 3,4,1 */
    {'A', 0x1c640001, 0xb85e66c2f0132341}, /* mulli 3,4,1 */
    {'A', 0x3864ffff, 0xfa1701d5a3e6ed76}, /* addi 3,4,-1 */
    {'A', 0x3c64ffff, 0x32e492ee767a2c78}, /* addis 3,4,-1 */
    {'A', 0x3064ffff, 0xff90ba77f078e24c}, /* addic 3,4,-1 */
    {'A', 0x3464ffff, 0x14b8cd5f8528ce31}, /* addic. 3,4,-1 */
    {'A', 0x2064ffff, 0x5445f9c05e403617}, /* subfic 3,4,-1 */
    {'A', 0x1c64ffff, 0xb6274168b2d4b220}, /* mulli 3,4,-1 */
    {'A', 0x38647fff, 0x52c2620cacbc6afd}, /* addi 3,4,32767 */
    {'A', 0x3c647fff, 0xd464602e68cba499}, /* addis 3,4,32767 */
    {'A', 0x30647fff, 0x002fd52c9d15d82b}, /* addic 3,4,32767 */
    {'A', 0x34647fff, 0x6c89c11bd5f146fe}, /* addic. 3,4,32767 */
    {'A', 0x20647fff, 0x236543c328c8183f}, /* subfic 3,4,32767 */
    {'A', 0x1c647fff, 0x4519d5ad7d59e0c2}, /* mulli 3,4,32767 */
    {'A', 0x38648000, 0x4ba4a4346ff6786a}, /* addi 3,4,-32768 */
    {'A', 0x3c648000, 0x12b5f448760f8758}, /* addis 3,4,-32768 */
    {'A', 0x30648000, 0x37afd5fa18843b05}, /* addic 3,4,-32768 */
    {'A', 0x34648000, 0x5bdd80e2caff09f4}, /* addic. 3,4,-32768 */
    {'A', 0x20648000, 0xe5918ae93961986d}, /* subfic 3,4,-32768 */
    {'A', 0x1c648000, 0x09b5f45a102e4296}, /* mulli 3,4,-32768 */
    {'A', 0x38641234, 0xf6c30619162cde1e}, /* addi 3,4,4660 */
    {'A', 0x3c641234, 0xa8530e12aa4ccc28}, /* addis 3,4,4660 */
    {'A', 0x30641234, 0xfc11a5c6866e9b81}, /* addic 3,4,4660 */
    {'A', 0x34641234, 0x615b1de002b62978}, /* addic. 3,4,4660 */
    {'A', 0x20641234, 0x2eddd56e4c7e3980}, /* subfic 3,4,4660 */
    {'A', 0x1c641234, 0x751a7ac005c473ee}, /* mulli 3,4,4660 */
    {'A', 0x3860fffb, 0x268b1302974f5f81}, /* addi 3,0,-5 */
    {'A', 0x3c60fffb, 0x9ad6aa732c9c9fc7}, /* addis 3,0,-5 */
    {'A', 0x70830000, 0xef9028ca68e66c8e}, /* andi. 3,4,0 */
    {'A', 0x74830000, 0xef9028ca68e66c8e}, /* andis. 3,4,0 */
    {'A', 0x60830000, 0xb85e66c2f0132341}, /* ori 3,4,0 */
    {'A', 0x64830000, 0xb85e66c2f0132341}, /* oris 3,4,0 */
    {'A', 0x68830000, 0xb85e66c2f0132341}, /* xori 3,4,0 */
    {'A', 0x6c830000, 0xb85e66c2f0132341}, /* xoris 3,4,0 */
    {'A', 0x70830001, 0x148036a4c23989fc}, /* andi. 3,4,1 */
    {'A', 0x74830001, 0x1ae076f0fec84a66}, /* andis. 3,4,1 */
    {'A', 0x60830001, 0x0d20b1438f583fb5}, /* ori 3,4,1 */
    {'A', 0x64830001, 0x4cdee22b6106b4a0}, /* oris 3,4,1 */
    {'A', 0x68830001, 0xda80c5f3aa8c1483}, /* xori 3,4,1 */
    {'A', 0x6c830001, 0x50e0facb2abea42b}, /* xoris 3,4,1 */
    {'A', 0x7083ffff, 0xb0834e777742e6cf}, /* andi. 3,4,65535 */
    {'A', 0x7483ffff, 0x38b9cccecb771d73}, /* andis. 3,4,65535 */
    {'A', 0x6083ffff, 0x23fa610d5ce17d53}, /* ori 3,4,65535 */
    {'A', 0x6483ffff, 0x832ad8fe6f6e6494}, /* oris 3,4,65535 */
    {'A', 0x6883ffff, 0x7bf49e25ad5c8b9c}, /* xori 3,4,65535 */
    {'A', 0x6c83ffff, 0x4c0818500f589727}, /* xoris 3,4,65535 */
    {'A', 0x70838000, 0xe671aaa0fce7808f}, /* andi. 3,4,32768 */
    {'A', 0x74838000, 0x085351ef76610690}, /* andis. 3,4,32768 */
    {'A', 0x60838000, 0x6c429ba0505400c8}, /* ori 3,4,32768 */
    {'A', 0x64838000, 0x50fb9f0ccde4d0f8}, /* oris 3,4,32768 */
    {'A', 0x68838000, 0x3ec1ede545d8a6eb}, /* xori 3,4,32768 */
    {'A', 0x6c838000, 0x7b953b51ecff52e4}, /* xoris 3,4,32768 */
    {'A', 0x70831234, 0x19bba71ed56794e9}, /* andi. 3,4,4660 */
    {'A', 0x74831234, 0x871d3386ad1a62eb}, /* andis. 3,4,4660 */
    {'A', 0x60831234, 0x25acf896aeb94cfc}, /* ori 3,4,4660 */
    {'A', 0x64831234, 0xba91f70e7c84bba5}, /* oris 3,4,4660 */
    {'A', 0x68831234, 0x42be92540961ed98}, /* xori 3,4,4660 */
    {'A', 0x6c831234, 0x1c1a98838ca5211f}, /* xoris 3,4,4660 */
    {'A', 0x7c832838, 0x106be4f98ecccaef}, /* and 3,4,5 */
    {'A', 0x7c832839, 0x950bdb886789c710}, /* and. 3,4,5 */
    {'A', 0x7c832b78, 0x37307dc9b3b75c28}, /* or 3,4,5 */
    {'A', 0x7c832b79, 0xdf7f11815d6b5bdf}, /* or. 3,4,5 */
    {'A', 0x7c832a78, 0x456ef3324972828f}, /* xor 3,4,5 */
    {'A', 0x7c832a79, 0x5c457e3e3b818109}, /* xor. 3,4,5 */
    {'A', 0x7c832bb8, 0x7d9d2906dbac18e7}, /* nand 3,4,5 */
    {'A', 0x7c832bb9, 0xda4ccc5fbebfc5fc}, /* nand. 3,4,5 */
    {'A', 0x7c8328f8, 0x5f0a5c532cbba310}, /* nor 3,4,5 */
    {'A', 0x7c8328f9, 0x106733d924e5f6d3}, /* nor. 3,4,5 */
    {'A', 0x7c832a38, 0x501aa9c1c8cff249}, /* eqv 3,4,5 */
    {'A', 0x7c832a39, 0xfd5eba01ee9196a3}, /* eqv. 3,4,5 */
    {'A', 0x7c832878, 0x7421a61536739b05}, /* andc 3,4,5 */
    {'A', 0x7c832879, 0x33a8788f63b92ff6}, /* andc. 3,4,5 */
    {'A', 0x7c832b38, 0xa6d6398300f6a6d9}, /* orc 3,4,5 */
    {'A', 0x7c832b39, 0xbc40c9ebfd152421}, /* orc. 3,4,5 */
    {'A', 0x7c832830, 0xced19d273ba02016}, /* slw 3,4,5 */
    {'A', 0x7c832831, 0xf23d08700c9fde43}, /* slw. 3,4,5 */
    {'A', 0x7c832c30, 0x8087e75c1dc3425d}, /* srw 3,4,5 */
    {'A', 0x7c832c31, 0xa1bff2b841dfa70b}, /* srw. 3,4,5 */
    {'A', 0x7c832e30, 0xee41971ecc3b9ab3}, /* sraw 3,4,5 */
    {'A', 0x7c832e31, 0x5236591c5ff12081}, /* sraw. 3,4,5 */
    {'A', 0x7c832836, 0x175069769182a335}, /* sld 3,4,5 */
    {'A', 0x7c832837, 0x665fa7591ba7dc5e}, /* sld. 3,4,5 */
    {'A', 0x7c832c36, 0x4c00322347d1facb}, /* srd 3,4,5 */
    {'A', 0x7c832c37, 0xf583820b1d488898}, /* srd. 3,4,5 */
    {'A', 0x7c832e34, 0x2f2daa8e6932378a}, /* srad 3,4,5 */
    {'A', 0x7c832e35, 0x6c17f8167828ba82}, /* srad. 3,4,5 */
    {'A', 0x7c830774, 0x0977add91652be1f}, /* extsb 3,4 */
    {'A', 0x7c830775, 0x8961a3189df9288c}, /* extsb. 3,4 */
    {'A', 0x7c830734, 0x0122905d23143940}, /* extsh 3,4 */
    {'A', 0x7c830735, 0xfb1f3810c3c2343a}, /* extsh. 3,4 */
    {'A', 0x7c8307b4, 0x12308b5e703e58de}, /* extsw 3,4 */
    {'A', 0x7c8307b5, 0xa81a1db8b8e90545}, /* extsw. 3,4 */
    {'A', 0x7c830034, 0x05abab7b83c177f0}, /* cntlzw 3,4 */
    {'A', 0x7c830035, 0x617a56271fd1e972}, /* cntlzw. 3,4 */
    {'A', 0x7c830074, 0x6ac2bad63888c706}, /* cntlzd 3,4 */
    {'A', 0x7c830075, 0xe8c00704e3bd94d8}, /* cntlzd. 3,4 */
    {'A', 0x7c830434, 0xfc494a307028bac0}, /* cnttzw 3,4 */
    {'A', 0x7c830435, 0x250b543f3613f4ec}, /* cnttzw. 3,4 */
    {'A', 0x7c830474, 0x2d0f13b610eae398}, /* cnttzd 3,4 */
    {'A', 0x7c830475, 0xec1fe262817a6c55}, /* cnttzd. 3,4 */
    {'A', 0x7c8300f4, 0xc8dea57c35d041af}, /* popcntb 3,4 */
    {'A', 0x7c8302f4, 0xd45f8509db9d5828}, /* popcntw 3,4 */
    {'A', 0x7c8303f4, 0x34209bff7463437c}, /* popcntd 3,4 */
    {'A', 0x7c830134, 0xcc35e73df7185344}, /* prtyw 3,4 */
    {'A', 0x7c830174, 0x1f27411ba4587b3a}, /* prtyd 3,4 */
    {'A', 0x7c832bf8, 0xaddbb78b076848c6}, /* cmpb 3,4,5 */
    {'A', 0x7c8329f8, 0xebb3960b6a8f71b4}, /* bpermd 3,4,5 */
    {'A', 0x7c642894, 0xa92f757bdcd13c86}, /* addg6s 3,4,5 */
    {'A', 0x7c830234, 0x57995a68636840e4}, /* cdtbcd 3,4 */
    {'A', 0x7c830274, 0xe9f8d565535cc916}, /* cbcdtd 3,4 */
    {'A', 0x7c830670, 0xd5039f28edf153b2}, /* srawi 3,4,0 */
    {'A', 0x7c830671, 0xc269c7af0c0f83cd}, /* srawi. 3,4,0 */
    {'A', 0x7c830e70, 0x6e0d0e15c2758072}, /* srawi 3,4,1 */
    {'A', 0x7c830e71, 0x179593c483048f7a}, /* srawi. 3,4,1 */
    {'A', 0x7c83fe70, 0xcc8f9c4f2a6e1e6b}, /* srawi 3,4,31 */
    {'A', 0x7c83fe71, 0x2c2b9b798adce2c2}, /* srawi. 3,4,31 */
    {'A', 0x7c830674, 0xe4f2cfa73c82894c}, /* sradi 3,4,0 */
    {'A', 0x7c830675, 0xa01388a6ff571907}, /* sradi. 3,4,0 */
    {'A', 0x7c830e74, 0x1e6def72460c6da1}, /* sradi 3,4,1 */
    {'A', 0x7c830e75, 0xe7c36a69d41aca4b}, /* sradi. 3,4,1 */
    {'A', 0x7c83fe74, 0x117d66fa9b8b06ab}, /* sradi 3,4,31 */
    {'A', 0x7c83fe75, 0x60fa3fbbfe106187}, /* sradi. 3,4,31 */
    {'A', 0x7c830676, 0x03540e2aa3d3218e}, /* sradi 3,4,32 */
    {'A', 0x7c830677, 0x047398aa81e2255d}, /* sradi. 3,4,32 */
    {'A', 0x7c83fe76, 0x7504382b7bc9e26e}, /* sradi 3,4,63 */
    {'A', 0x7c83fe77, 0xcb2aeaea831905b2}, /* sradi. 3,4,63 */
    {'A', 0x7c8306f4, 0x12308b5e703e58de}, /* extswsli 3,4,0 */
    {'A', 0x7c8306f5, 0xa81a1db8b8e90545}, /* extswsli. 3,4,0 */
    {'A', 0x7c832ef4, 0x580cb3271046cde7}, /* extswsli 3,4,5 */
    {'A', 0x7c832ef5, 0xe403adac8c72ce79}, /* extswsli. 3,4,5 */
    {'A', 0x7c8306f6, 0x9e21fb70679151cb}, /* extswsli 3,4,32 */
    {'A', 0x7c8306f7, 0x99f1bc43d7997663}, /* extswsli. 3,4,32 */
    {'A', 0x7c83fef6, 0x61c84d1db297e23b}, /* extswsli 3,4,63 */
    {'A', 0x7c83fef7, 0xa9ff5c4b54bc3bcd}, /* extswsli. 3,4,63 */
    {'A', 0x5483003e, 0xc8fe348aa6cdfac8}, /* rlwinm 3,4,0,0,31 */
    {'A', 0x5483003f, 0x7a0e97a328022afa}, /* rlwinm. 3,4,0,0,31 */
    {'A', 0x5083003e, 0x460ce31c90a83a2e}, /* rlwimi 3,4,0,0,31 */
    {'A', 0x5083003f, 0x81a2bed14f146925}, /* rlwimi. 3,4,0,0,31 */
    {'A', 0x54832a2e, 0x869cf100077b3cee}, /* rlwinm 3,4,5,8,23 */
    {'A', 0x54832a2f, 0x2e1a2f4bf4169f43}, /* rlwinm. 3,4,5,8,23 */
    {'A', 0x50832a2e, 0x955ae3e16d1b3a58}, /* rlwimi 3,4,5,8,23 */
    {'A', 0x50832a2f, 0xf807aa554acc366f}, /* rlwimi. 3,4,5,8,23 */
    {'A', 0x5483fe0e, 0xb870f98f72d977ac}, /* rlwinm 3,4,31,24,7 */
    {'A', 0x5483fe0f, 0xe6feba2dd53278e3}, /* rlwinm. 3,4,31,24,7 */
    {'A', 0x5083fe0e, 0x5c3546f0cb78d2f2}, /* rlwimi 3,4,31,24,7 */
    {'A', 0x5083fe0f, 0xe7954996fc19f3c4}, /* rlwimi. 3,4,31,24,7 */
    {'A', 0x548387c0, 0x5eba85d52ad79596}, /* rlwinm 3,4,16,31,0 */
    {'A', 0x548387c1, 0x6ecc113d1b25c575}, /* rlwinm. 3,4,16,31,0 */
    {'A', 0x508387c0, 0xe98181b01c77ad5d}, /* rlwimi 3,4,16,31,0 */
    {'A', 0x508387c1, 0xa247be252c70ac79}, /* rlwimi. 3,4,16,31,0 */
    {'A', 0x54830800, 0x6f36bb6a49080a9b}, /* rlwinm 3,4,1,0,0 */
    {'A', 0x54830801, 0xcf48074902dea579}, /* rlwinm. 3,4,1,0,0 */
    {'A', 0x50830800, 0x9a22ce09bece6f0b}, /* rlwimi 3,4,1,0,0 */
    {'A', 0x50830801, 0x877ff78598aa6e4d}, /* rlwimi. 3,4,1,0,0 */
    {'A', 0x5c83283e, 0x0dbe27f75eef3f70}, /* rlwnm 3,4,5,0,31 */
    {'A', 0x5c83283f, 0x3e42b38aa9f50866}, /* rlwnm. 3,4,5,0,31 */
    {'A', 0x5c832a2e, 0x9dd47c6c33486d5a}, /* rlwnm 3,4,5,8,23 */
    {'A', 0x5c832a2f, 0xcfdc203f3d4c647d}, /* rlwnm. 3,4,5,8,23 */
    {'A', 0x5c832e0e, 0xc78bf1496d0303e9}, /* rlwnm 3,4,5,24,7 */
    {'A', 0x5c832e0f, 0x1b6c73c55ed590b5}, /* rlwnm. 3,4,5,24,7 */
    {'A', 0x78830000, 0xb85e66c2f0132341}, /* rldicl 3,4,0,0 */
    {'A', 0x78830001, 0xcccd4b85272f4766}, /* rldicl. 3,4,0,0 */
    {'A', 0x78830004, 0x2c1c03d38bddfcc1}, /* rldicr 3,4,0,0 */
    {'A', 0x78830005, 0xa264af8257b19b17}, /* rldicr. 3,4,0,0 */
    {'A', 0x78830008, 0xb85e66c2f0132341}, /* rldic 3,4,0,0 */
    {'A', 0x78830009, 0xcccd4b85272f4766}, /* rldic. 3,4,0,0 */
    {'A', 0x7883000c, 0xb85e66c2f0132341}, /* rldimi 3,4,0,0 */
    {'A', 0x7883000d, 0xcccd4b85272f4766}, /* rldimi. 3,4,0,0 */
    {'A', 0x78832820, 0x8672265242026660}, /* rldicl 3,4,5,32 */
    {'A', 0x78832821, 0x2a34f5967cc89ce8}, /* rldicl. 3,4,5,32 */
    {'A', 0x78832824, 0xfa90cff95af0df72}, /* rldicr 3,4,5,32 */
    {'A', 0x78832825, 0xd908e139bb8cb692}, /* rldicr. 3,4,5,32 */
    {'A', 0x78832828, 0x684d2e65fcccbb19}, /* rldic 3,4,5,32 */
    {'A', 0x78832829, 0xe25c3c2a14e760cf}, /* rldic. 3,4,5,32 */
    {'A', 0x7883282c, 0x0c68d3ff50c995c2}, /* rldimi 3,4,5,32 */
    {'A', 0x7883282d, 0xe36701212e34cf23}, /* rldimi. 3,4,5,32 */
    {'A', 0x78830fe2, 0x3971139bfc00168c}, /* rldicl 3,4,33,63 */
    {'A', 0x78830fe3, 0x20e0da4f5e0cbdfa}, /* rldicl. 3,4,33,63 */
    {'A', 0x78830fe6, 0x3963720959498934}, /* rldicr 3,4,33,63 */
    {'A', 0x78830fe7, 0xe636139069818b60}, /* rldicr. 3,4,33,63 */
    {'A', 0x78830fea, 0xdfc9717adf31f3bc}, /* rldic 3,4,33,63 */
    {'A', 0x78830feb, 0x0a4f9cf46647795c}, /* rldic. 3,4,33,63 */
    {'A', 0x78830fee, 0xeb664f572770df16}, /* rldimi 3,4,33,63 */
    {'A', 0x78830fef, 0x26cb3bea1d7ab538}, /* rldimi. 3,4,33,63 */
    {'A', 0x7883f842, 0x45a9516c8c6c9da0}, /* rldicl 3,4,63,1 */
    {'A', 0x7883f843, 0xed2eef6b89d8a381}, /* rldicl. 3,4,63,1 */
    {'A', 0x7883f846, 0x2f9ea75ef6ccd92b}, /* rldicr 3,4,63,1 */
    {'A', 0x7883f847, 0xfca7143ce122e65e}, /* rldicr. 3,4,63,1 */
    {'A', 0x7883f84a, 0x2b7acc966213e4fb}, /* rldic 3,4,63,1 */
    {'A', 0x7883f84b, 0x3ffdb2569428127f}, /* rldic. 3,4,63,1 */
    {'A', 0x7883f84e, 0x2b7acc966213e4fb}, /* rldimi 3,4,63,1 */
    {'A', 0x7883f84f, 0x3ffdb2569428127f}, /* rldimi. 3,4,63,1 */
    {'A', 0x788307c2, 0xcd89f671d1c37877}, /* rldicl 3,4,32,31 */
    {'A', 0x788307c3, 0xab89943a1750cf5a}, /* rldicl. 3,4,32,31 */
    {'A', 0x788307c6, 0x9e21fb70679151cb}, /* rldicr 3,4,32,31 */
    {'A', 0x788307c7, 0x99f1bc43d7997663}, /* rldicr. 3,4,32,31 */
    {'A', 0x788307ca, 0x4e8db7b2615d9e51}, /* rldic 3,4,32,31 */
    {'A', 0x788307cb, 0x013b711c14d21f8a}, /* rldic. 3,4,32,31 */
    {'A', 0x788307ce, 0x84b0ff14b80146b9}, /* rldimi 3,4,32,31 */
    {'A', 0x788307cf, 0x13bc1c62d21ead62}, /* rldimi. 3,4,32,31 */
    {'A', 0x78832810, 0x51cc3f3d20c294d4}, /* rldcl 3,4,5,0 */
    {'A', 0x78832811, 0x424022bf24341674}, /* rldcl. 3,4,5,0 */
    {'A', 0x78832812, 0xc0bed6cfc36933bd}, /* rldcr 3,4,5,0 */
    {'A', 0x78832813, 0x9c0a3b0da1f9736d}, /* rldcr. 3,4,5,0 */
    {'A', 0x78832c50, 0xf2aec7dacb98ea3d}, /* rldcl 3,4,5,17 */
    {'A', 0x78832c51, 0x1ad568247c919ee9}, /* rldcl. 3,4,5,17 */
    {'A', 0x78832c52, 0x3a78272647df5799}, /* rldcr 3,4,5,17 */
    {'A', 0x78832c53, 0x44cf0999d8fa25a6}, /* rldcr. 3,4,5,17 */
    {'A', 0x78832830, 0x544215817ab5a64d}, /* rldcl 3,4,5,32 */
    {'A', 0x78832831, 0x2cd9ac08ec13f483}, /* rldcl. 3,4,5,32 */
    {'A', 0x78832832, 0xe84d0d0fdfec383b}, /* rldcr 3,4,5,32 */
    {'A', 0x78832833, 0xfc0619d4c297cd4d}, /* rldcr. 3,4,5,32 */
    {'A', 0x78832ff0, 0x125ab1280e525cf7}, /* rldcl 3,4,5,63 */
    {'A', 0x78832ff1, 0x6a379aa181203165}, /* rldcl. 3,4,5,63 */
    {'A', 0x78832ff2, 0x51cc3f3d20c294d4}, /* rldcr 3,4,5,63 */
    {'A', 0x78832ff3, 0x424022bf24341674}, /* rldcr. 3,4,5,63 */
    {'A', 0x7c042800, 0x03a1275d956d042c}, /* cmp 0,0,4,5 */
    {'A', 0x7c042840, 0xb6775bffd4406b23}, /* cmpl 0,0,4,5 */
    {'A', 0x2c040000, 0x4726353658784664}, /* cmpi 0,0,4,0 */
    {'A', 0x2c04ffff, 0xc7fd0ca6a09e88fb}, /* cmpi 0,0,4,-1 */
    {'A', 0x2c040001, 0x2260a13d069e5151}, /* cmpi 0,0,4,1 */
    {'A', 0x2c047fff, 0x771305d7c5f10de2}, /* cmpi 0,0,4,32767 */
    {'A', 0x28040000, 0x497e80797999a9aa}, /* cmpli 0,0,4,0 */
    {'A', 0x2804ffff, 0x3fd3efd31ea9e371}, /* cmpli 0,0,4,65535 */
    {'A', 0x28040001, 0x8bde4cc4b6e8ec17}, /* cmpli 0,0,4,1 */
    {'A', 0x7f842800, 0xfa86ee4a2ff85567}, /* cmp 7,0,4,5 */
    {'A', 0x7f842840, 0xdcebab5a6589bba4}, /* cmpl 7,0,4,5 */
    {'A', 0x2f840000, 0xa51dad86d5efc42f}, /* cmpi 7,0,4,0 */
    {'A', 0x2f84ffff, 0x33fe6ae894d4a3a0}, /* cmpi 7,0,4,-1 */
    {'A', 0x2f840001, 0x54294b3214cfe4da}, /* cmpi 7,0,4,1 */
    {'A', 0x2f847fff, 0xbf3c426d19c86956}, /* cmpi 7,0,4,32767 */
    {'A', 0x2b840000, 0x6c8afe54e5e784a7}, /* cmpli 7,0,4,0 */
    {'A', 0x2b84ffff, 0x9d1ad7f9885f2dac}, /* cmpli 7,0,4,65535 */
    {'A', 0x2b840001, 0x4f1bbae5620ef9b8}, /* cmpli 7,0,4,1 */
    {'A', 0x7d042980, 0x37e2acb93715751a}, /* cmprb 2,0,4,5 */
    {'A', 0x7c242800, 0x10d4ca680a4ec095}, /* cmp 0,1,4,5 */
    {'A', 0x7c242840, 0xfb898e75800795f0}, /* cmpl 0,1,4,5 */
    {'A', 0x2c240000, 0x2b327254482e0cb0}, /* cmpi 0,1,4,0 */
    {'A', 0x2c24ffff, 0xceeede8ea61fe874}, /* cmpi 0,1,4,-1 */
    {'A', 0x2c240001, 0x11ce138b16678bc4}, /* cmpi 0,1,4,1 */
    {'A', 0x2c247fff, 0x2bbd76a42c376aae}, /* cmpi 0,1,4,32767 */
    {'A', 0x28240000, 0x68ba226198c7966a}, /* cmpli 0,1,4,0 */
    {'A', 0x2824ffff, 0x28b70ecfc2d05916}, /* cmpli 0,1,4,65535 */
    {'A', 0x28240001, 0xa194fb0ae3aabcd2}, /* cmpli 0,1,4,1 */
    {'A', 0x7fa42800, 0xfb3a898a305f8a34}, /* cmp 7,1,4,5 */
    {'A', 0x7fa42840, 0x2aaaf85a169751fa}, /* cmpl 7,1,4,5 */
    {'A', 0x2fa40000, 0x152b46f49336346f}, /* cmpi 7,1,4,0 */
    {'A', 0x2fa4ffff, 0xd1c1593367383224}, /* cmpi 7,1,4,-1 */
    {'A', 0x2fa40001, 0xe573906670e9f648}, /* cmpi 7,1,4,1 */
    {'A', 0x2fa47fff, 0xb1be73089a881e68}, /* cmpi 7,1,4,32767 */
    {'A', 0x2ba40000, 0x22cb04cc4ced047c}, /* cmpli 7,1,4,0 */
    {'A', 0x2ba4ffff, 0x425a7f2f7e2b05f2}, /* cmpli 7,1,4,65535 */
    {'A', 0x2ba40001, 0x10843947d5b8ffd2}, /* cmpli 7,1,4,1 */
    {'A', 0x7d242980, 0x583c082e70a0a71c}, /* cmprb 2,1,4,5 */
    {'A', 0x7e8429c0, 0x9648d4e2008f9d8a}, /* cmpeqb 5,4,5 */
    {'A', 0x7c600100, 0xc53467b5c1696914}, /* setb 3,0 */
    {'A', 0x7c640100, 0x9784b91a0036c15a}, /* setb 3,1 */
    {'A', 0x7c680100, 0xdca153bc6d79f616}, /* setb 3,2 */
    {'A', 0x7c6c0100, 0x1bf3df30c95ca7f3}, /* setb 3,3 */
    {'A', 0x7c700100, 0xc3b1a3b42bcb5958}, /* setb 3,4 */
    {'A', 0x7c740100, 0x79443d9f8b459599}, /* setb 3,5 */
    {'A', 0x7c780100, 0x0d4e23f4245eaba6}, /* setb 3,6 */
    {'A', 0x7c7c0100, 0xcae50cfa6fcb0c4c}, /* setb 3,7 */
    {'A', 0x7c64281e, 0x0d7c56242cf6fc34}, /* isel 3,4,5,0 */
    {'A', 0x7c60281e, 0x6224b3d668ddb030}, /* isel 3,0,5,0 */
    {'A', 0x7c64295e, 0x97f3efcd682d5577}, /* isel 3,4,5,5 */
    {'A', 0x7c60295e, 0x6072fe0b0049f318}, /* isel 3,0,5,5 */
    {'A', 0x7c642c9e, 0x260bcbf318c2af31}, /* isel 3,4,5,18 */
    {'A', 0x7c602c9e, 0xd7f8538e7312cc9e}, /* isel 3,0,5,18 */
    {'A', 0x7c642fde, 0xea1104cdf162d52d}, /* isel 3,4,5,31 */
    {'A', 0x7c602fde, 0x38fcb2809d4bc567}, /* isel 3,0,5,31 */
    {'A', 0x4c011202, 0x8082c79edda0e958}, /* crand 0,1,2 */
    {'A', 0x4ff03a02, 0x4dabd2cac1dd6091}, /* crand 31,16,7 */
    {'A', 0x4cc63202, 0x656f35300ea0681c}, /* crand 6,6,6 */
    {'A', 0x4d3e6202, 0x42bccb342a487059}, /* crand 9,30,12 */
    {'A', 0x4c0111c2, 0xbc2bad93d3640bd4}, /* crnand 0,1,2 */
    {'A', 0x4ff039c2, 0xe2835ee18ed3918e}, /* crnand 31,16,7 */
    {'A', 0x4cc631c2, 0xc31f3c6e27bc1869}, /* crnand 6,6,6 */
    {'A', 0x4d3e61c2, 0x1a8e5290b9c885f8}, /* crnand 9,30,12 */
    {'A', 0x4c011382, 0x98189c1b6bacd270}, /* cror 0,1,2 */
    {'A', 0x4ff03b82, 0x205a54306634c156}, /* cror 31,16,7 */
    {'A', 0x4cc63382, 0x656f35300ea0681c}, /* cror 6,6,6 */
    {'A', 0x4d3e6382, 0xab9c8c9051a0a7ca}, /* cror 9,30,12 */
    {'A', 0x4c011042, 0x78698c6a0d5df53e}, /* crnor 0,1,2 */
    {'A', 0x4ff03842, 0x218b0827a4785d4c}, /* crnor 31,16,7 */
    {'A', 0x4cc63042, 0xc31f3c6e27bc1869}, /* crnor 6,6,6 */
    {'A', 0x4d3e6042, 0x320a135f87629086}, /* crnor 9,30,12 */
    {'A', 0x4c011182, 0x2537ab27fdcc4877}, /* crxor 0,1,2 */
    {'A', 0x4ff03982, 0xefb42f3ce4ad5c9c}, /* crxor 31,16,7 */
    {'A', 0x4cc63182, 0x4e9af0c1c2bf2c5a}, /* crxor 6,6,6 */
    {'A', 0x4d3e6182, 0xa477546c5ef17a5b}, /* crxor 9,30,12 */
    {'A', 0x4c011242, 0x9155246f4e8d78ee}, /* creqv 0,1,2 */
    {'A', 0x4ff03a42, 0x70d29da6af421740}, /* creqv 31,16,7 */
    {'A', 0x4cc63242, 0x8dd7ded3e77874ca}, /* creqv 6,6,6 */
    {'A', 0x4d3e6242, 0x4ed6d652a2a76ab0}, /* creqv 9,30,12 */
    {'A', 0x4c011102, 0x1a75269e69b0fe50}, /* crandc 0,1,2 */
    {'A', 0x4ff03902, 0xc9b59aa59d67e469}, /* crandc 31,16,7 */
    {'A', 0x4cc63102, 0x4e9af0c1c2bf2c5a}, /* crandc 6,6,6 */
    {'A', 0x4d3e6102, 0x26e3c63a6b5b41b6}, /* crandc 9,30,12 */
    {'A', 0x4c011342, 0xff90042aa05b932d}, /* crorc 0,1,2 */
    {'A', 0x4ff03b42, 0xb47fa8e008e3a683}, /* crorc 31,16,7 */
    {'A', 0x4cc63342, 0x8dd7ded3e77874ca}, /* crorc 6,6,6 */
    {'A', 0x4d3e6342, 0x68a0277516033f3b}, /* crorc 9,30,12 */
    {'A', 0x4c1c0000, 0xfab9a96bc5a66676}, /* mcrf 0,7 */
    {'A', 0x4f800000, 0xe2403995e9328ba4}, /* mcrf 7,0 */
    {'A', 0x4d900000, 0x0e579b19fcd3846c}, /* mcrf 3,4 */
    {'A', 0x7c800480, 0x4944dfbf6cc95524}, /* mcrxrx 1 */
    {'A', 0x7c600026, 0xeab622a0d313dd19}, /* mfcr 3 */
    {'A', 0x7c780026, 0x397a340d644ec5ed}, /* mfocrf 3,128 */
    {'A', 0x7c980120, 0xf9330672d5ef8f77}, /* mtocrf 128,4 */
    {'A', 0x7c701026, 0x2c66148413d2e4c3}, /* mfocrf 3,1 */
    {'A', 0x7c901120, 0xae09716ae181bcaa}, /* mtocrf 1,4 */
    {'A', 0x7c710026, 0x917baf1e40f4c307}, /* mfocrf 3,16 */
    {'A', 0x7c910120, 0x8f8feaa2c22fdcdf}, /* mtocrf 16,4 */
    {'A', 0x7c8ff120, 0x5dc3eb6b65bf8543}, /* mtcrf 255,4 */
    {'A', 0x7c800120, 0x656f35300ea0681c}, /* mtcrf 0,4 */
    {'A', 0x7c881120, 0x56efa1f39a3c7736}, /* mtcrf 129,4 */
    {'A', 0x7c85a120, 0x8fdda02385ef9af7}, /* mtcrf 90,4 */
    {'A', 0x7c838120, 0x8712656fa7c1ba65}, /* mtcrf 56,4 */
};

struct memory_row {
    char kind;
    uint32_t word;
    uint64_t le, be; /* 0: not checked, the instruction traps */
};

static const struct memory_row memory_rows[] = {
    {'M', 0x88640008, 0x7069e7adf41e1316, 0x7069e7adf41e1316}, /* lbz 3,8(4) */
    {'M', 0x8c64fffb, 0x3af4e6ce03cd1518, 0x3af4e6ce03cd1518}, /* lbzu 3,-5(4) */
    {'M', 0x7c6428ae, 0x7069e7adf41e1316, 0x7069e7adf41e1316}, /* lbzx 3,4,5 */
    {'M', 0x7c6428ee, 0x1b50fa54f6c5a1cd, 0x1b50fa54f6c5a1cd}, /* lbzux 3,4,5 */
    {'M', 0xa0640008, 0x310f1b841edbb343, 0x77f5fbe742a91d1d}, /* lhz 3,8(4) */
    {'M', 0xa464fffb, 0x043b28b6d7236c60, 0x6afbc1454d5ff2c5}, /* lhzu 3,-5(4) */
    {'M', 0x7c642a2e, 0x310f1b841edbb343, 0x77f5fbe742a91d1d}, /* lhzx 3,4,5 */
    {'M', 0x7c642a6e, 0x1a94651366e9bd3e, 0x2d7432518973123b}, /* lhzux 3,4,5 */
    {'M', 0xa8640008, 0x04eb7b543990ce2e, 0x8d183b13deda8c5e}, /* lha 3,8(4) */
    {'M', 0xac64fffb, 0x24e739ab577380f3, 0x5ac15ad42d1a9122}, /* lhau 3,-5(4) */
    {'M', 0x7c642aae, 0x04eb7b543990ce2e, 0x8d183b13deda8c5e}, /* lhax 3,4,5 */
    {'M', 0x7c642aee, 0xed327c116c513961, 0x376a9a2655d54cea}, /* lhaux 3,4,5 */
    {'M', 0x80640008, 0x8bffd0d241153c31, 0x75e722300b06346d}, /* lwz 3,8(4) */
    {'M', 0x8464fffb, 0x64aa18f4f08cb899, 0x5a8838940a366ecc}, /* lwzu 3,-5(4) */
    {'M', 0x7c64282e, 0x8bffd0d241153c31, 0x75e722300b06346d}, /* lwzx 3,4,5 */
    {'M', 0x7c64286e, 0x0c6079b24ed32e08, 0x406604e8bce64b51}, /* lwzux 3,4,5 */
    {'M', 0x98640008, 0x2a281ffb176eece0, 0x2a281ffb176eece0}, /* stb 3,8(4) */
    {'M', 0x9c64fffb, 0xa915f028b3309b1e, 0xa915f028b3309b1e}, /* stbu 3,-5(4) */
    {'M', 0x7c6429ae, 0x2a281ffb176eece0, 0x2a281ffb176eece0}, /* stbx 3,4,5 */
    {'M', 0x7c6429ee, 0x51f8118e9baca56d, 0x51f8118e9baca56d}, /* stbux 3,4,5 */
    {'M', 0xb0640008, 0x2519686401cf7779, 0x33d7fc19bbc8310f}, /* sth 3,8(4) */
    {'M', 0xb464fffb, 0xc0b1f2123e980d72, 0xc02babd5b5dd7e9e}, /* sthu 3,-5(4) */
    {'M', 0x7c642b2e, 0x2519686401cf7779, 0x33d7fc19bbc8310f}, /* sthx 3,4,5 */
    {'M', 0x7c642b6e, 0xdac3d2c0a568f237, 0x5271d34e56024e70}, /* sthux 3,4,5 */
    {'M', 0x90640008, 0x9222345cc0e21605, 0x3d16dd90be2b32c5}, /* stw 3,8(4) */
    {'M', 0x9464fffb, 0xcf5dd579b30144c4, 0x33ae90283a8402bc}, /* stwu 3,-5(4) */
    {'M', 0x7c64292e, 0x9222345cc0e21605, 0x3d16dd90be2b32c5}, /* stwx 3,4,5 */
    {'M', 0x7c64296e, 0x413f80e4b351508f, 0x61ba71a003e4547c}, /* stwux 3,4,5 */
    {'M', 0xe8640008, 0x4ddea121c63bedb0, 0x676750513c60a520}, /* ld 3,8(4) */
    {'M', 0xe864fff9, 0x558f932069290f8a, 0x0b4a55bd6157624a}, /* ldu 3,-8(4) */
    {'M', 0x7c64282a, 0x4ddea121c63bedb0, 0x676750513c60a520}, /* ldx 3,4,5 */
    {'M', 0x7c64286a, 0x89cbafef2382cf5a, 0xed45d17f8404fc5c}, /* ldux 3,4,5 */
    {'M', 0xf8640008, 0x5ede10d883008d43, 0x51d4e29673e3e7d9}, /* std 3,8(4) */
    {'M', 0xf864fff9, 0x53a1b466f57e2bd4, 0x51f1c1d659ca35cb}, /* stdu 3,-8(4) */
    {'M', 0x7c64292a, 0x5ede10d883008d43, 0x51d4e29673e3e7d9}, /* stdx 3,4,5 */
    {'M', 0x7c64296a, 0x97eda20803ec500d, 0x4044a5a504b05b78}, /* stdux 3,4,5 */
    {'M', 0xe864000a, 0x332700856cae6fa7, 0xd068e42c59a400b7}, /* lwa 3,8(4) */
    {'M', 0x7c642aaa, 0x332700856cae6fa7, 0xd068e42c59a400b7}, /* lwax 3,4,5 */
    {'M', 0x7c642aea, 0x35c903adf67a3417, 0x149b2a430c910039}, /* lwaux 3,4,5 */
    {'M', 0x7c6020ae, 0x97b552b843978bc9, 0x97b552b843978bc9}, /* lbzx 3,0,4 */
    {'M', 0x7c642e2c, 0x77f5fbe742a91d1d, 0x310f1b841edbb343}, /* lhbrx 3,4,5 */
    {'M', 0x7c642c2c, 0x75e722300b06346d, 0x8bffd0d241153c31}, /* lwbrx 3,4,5 */
    {'M', 0x7c642c28, 0x676750513c60a520, 0x4ddea121c63bedb0}, /* ldbrx 3,4,5 */
    {'M', 0x7c642f2c, 0x33d7fc19bbc8310f, 0x2519686401cf7779}, /* sthbrx 3,4,5 */
    {'M', 0x7c642d2c, 0x3d16dd90be2b32c5, 0x9222345cc0e21605}, /* stwbrx 3,4,5 */
    {'M', 0x7c642d28, 0x51d4e29673e3e7d9, 0x5ede10d883008d43}, /* stdbrx 3,4,5 */
    {'Q', 0xe0c40010, 0x298525f51f704657, 0xb103d737857c5cdb}, /* lq 6,16(4) */
    {'Q', 0xf8c40012, 0xac178dd00ba614ac, 0x23de77be4698e71c}, /* stq 6,16(4) */
    {'Q', 0x7cc02228, 0xad910ec5db082040, 0x2c17aa253029e04e}, /* lqarx 6,0,4 */
    {'P', 0x7c602068, 0xfcd73a66fb9ae7c0, 0xfcd73a66fb9ae7c0}, /* lbarx 3,0,4 */
    {'P', 0x7c6020e8, 0x8806c2b8e4dc3bb5, 0x2df68c74a146e009}, /* lharx 3,0,4 */
    {'P', 0x7c602028, 0x0c87321ada1f74ce, 0x0edcf5904a193853}, /* lwarx 3,0,4 */
    {'P', 0x7c6020a8, 0x3cd995eebe4e7699, 0xae1271f31efb8442}, /* ldarx 3,0,4 */
    {'P', 0x7c60256d, 0x2d4fec674ce5b005, 0x2d4fec674ce5b005}, /* stbcx. 3,0,4 */
    {'P', 0x7c6025ad, 0x2d4fec674ce5b005, 0x2d4fec674ce5b005}, /* sthcx. 3,0,4 */
    {'P', 0x7c60212d, 0x2d4fec674ce5b005, 0x2d4fec674ce5b005}, /* stwcx. 3,0,4 */
    {'P', 0x7c6021ad, 0x2d4fec674ce5b005, 0x2d4fec674ce5b005}, /* stdcx. 3,0,4 */
    {'Q', 0x7cc0216d, 0x41d961a5c2a433c2, 0x41d961a5c2a433c2}, /* stqcx. 6,0,4 */
    {'M', 0x7c042fec, 0x094be16a27d72104, 0x094be16a27d72104}, /* dcbz 4,5 */
    {'M', 0x7c0428ac, 0x3e7a751f02d2ba87, 0x3e7a751f02d2ba87}, /* dcbf 4,5 */
    {'M', 0x7c04286c, 0x3e7a751f02d2ba87, 0x3e7a751f02d2ba87}, /* dcbst 4,5 */
    {'M', 0x7c042a2c, 0x3e7a751f02d2ba87, 0x3e7a751f02d2ba87}, /* dcbt 4,5 */
    {'M', 0x7c0429ec, 0x3e7a751f02d2ba87, 0x3e7a751f02d2ba87}, /* dcbtst 4,5 */
    {'M', 0x7c042fac, 0x3e7a751f02d2ba87, 0x3e7a751f02d2ba87}, /* icbi 4,5 */
    {'P', 0x7cc4048c, 0x996233bc7d446835, 0xa01b16ba24476dc0}, /* lwat 6,4,0 */
    {'P', 0x7cc404cc, 0xc2205e42efd90887, 0x0eba4400ea90e9fe}, /* ldat 6,4,0 */
    {'P', 0x7cc40c8c, 0xd341963ce66a08d8, 0xfe0c6fcd49ba37ad}, /* lwat 6,4,1 */
    {'P', 0x7cc40ccc, 0x04ab993fc00ed0e3, 0xdba2e82ff0521087}, /* ldat 6,4,1 */
    {'P', 0x7cc4148c, 0xe53438203877795d, 0xc0fe1870f5443659}, /* lwat 6,4,2 */
    {'P', 0x7cc414cc, 0xd4a02ab0bf59bd5b, 0xf2b7109ca9f4b148}, /* ldat 6,4,2 */
    {'P', 0x7cc41c8c, 0x9c5e4cba1ba4b985, 0x5bae8d4eaf7dcfba}, /* lwat 6,4,3 */
    {'P', 0x7cc41ccc, 0xc45bebb41d27f2b3, 0x651dd71c8dadeb57}, /* ldat 6,4,3 */
    {'P', 0x7cc4248c, 0x0b667a6dc9ccf68c, 0xcb9822c207ac30dc}, /* lwat 6,4,4 */
    {'P', 0x7cc424cc, 0x8a84d2595d12e701, 0x47f49b58926a6d58}, /* ldat 6,4,4 */
    {'P', 0x7cc42ccc, 0x8e2d2fa5b8cef835, 0xc1995fa2d7ecf2de}, /* ldat 6,4,5 */
    {'P', 0x7cc4348c, 0x978f5f31de8f66bb, 0xaf60bf8dc33b24d9}, /* lwat 6,4,6 */
    {'P', 0x7cc434cc, 0xffb9588c1adf5e32, 0xaf7a9bfd501b9441}, /* ldat 6,4,6 */
    {'P', 0x7cc43ccc, 0x3ddea30d6a4af008, 0x4dfa85f69b55ebd2}, /* ldat 6,4,7 */
    {'P', 0x7cc4448c, 0x3727d0b440467235, 0x06133d2737ad4ddb}, /* lwat 6,4,8 */
    {'P', 0x7cc444cc, 0x18365dd7e73838d7, 0x59eda8696067f62a}, /* ldat 6,4,8 */
    {'P', 0x7cc4848c, 0x8d5dd34845032bae, 0x3be5d7d2fd156462}, /* lwat 6,4,16 */
    {'P', 0x7cc484cc, 0x30eae576e2e24f7f, 0x8ca22e5f3484ce8a}, /* ldat 6,4,16 */
    {'P', 0x7cc4058c, 0xabe8e69a5d7ec594, 0xbe2c49ee44328b6c}, /* stwat 6,4,0 */
    {'P', 0x7cc405cc, 0x6a8aefe4f57a933f, 0x661cba486738bdc2}, /* stdat 6,4,0 */
    {'P', 0x7cc40d8c, 0x7828dbd166b009eb, 0x4e1fc79f888d40ab}, /* stwat 6,4,1 */
    {'P', 0x7cc40dcc, 0xe169742751efdadf, 0x5cb86020b2d1f9b0}, /* stdat 6,4,1 */
    {'P', 0x7cc4158c, 0x91ebd7d52b1499cc, 0x00ca78bb75386662}, /* stwat 6,4,2 */
    {'P', 0x7cc415cc, 0xfcd05f60131d344b, 0x7c1f007e75093200}, /* stdat 6,4,2 */
    {'P', 0x7cc41d8c, 0x1d7b48f2a24698a9, 0xbdae58119805113b}, /* stwat 6,4,3 */
    {'P', 0x7cc41dcc, 0xb8a714d87775e8f1, 0xe3281197cd1cf96e}, /* stdat 6,4,3 */
    {'P', 0x7cc4258c, 0xcf853c2b18aa3e58, 0x193f80762a7274f6}, /* stwat 6,4,4 */
    {'P', 0x7cc425cc, 0x30985c9495cd785e, 0xce87fbff4743e3c9}, /* stdat 6,4,4 */
    {'P', 0x7cc42dcc, 0x70505d562c73773d, 0x31647255d9f2235c}, /* stdat 6,4,5 */
    {'P', 0x7cc4358c, 0x8a600f3a63c6da1e, 0x2d4fec674ce5b005}, /* stwat 6,4,6 */
    {'P', 0x7cc435cc, 0x1c28d4498745c2f3, 0xd991058dbd78c2d1}, /* stdat 6,4,6 */
    {'P', 0x7cc43dcc, 0x9b28acb8d934f4fc, 0x552fd3966f73b203}, /* stdat 6,4,7 */
    {'P', 0x7cc4c58c, 0x9db68fcd7db8761c, 0x18c24d303ce1e1c7}, /* stwat 6,4,24 */
    {'P', 0x7cc4c5cc, 0x36ed64d55add9d5c, 0x8d9dbc291f84cc84}, /* stdat 6,4,24 */
    {'S', 0xbb44fff8, 0, 0xea4528d9fea12dde},                  /* lmw 26,-8(4) */
    {'S', 0xbf440004, 0, 0x38c7536861661d02},                  /* stmw 26,4(4) */
    {'S', 0x7cc40caa, 0, 0x6d4d8bed16c131fd},                  /* lswi 6,4,1 */
    {'S', 0x7fc464aa, 0, 0x96aa1b79ced0c4a3},                  /* lswi 30,4,12 */
    {'S', 0x7f44bcaa, 0, 0x10e9b3f3338edd5c},                  /* lswi 26,4,23 */
    {'S', 0x7fc44daa, 0, 0x67538636b1acc756},                  /* stswi 30,4,9 */
    {'S', 0x7f44c5aa, 0, 0x91090fedaf2bb924},                  /* stswi 26,4,24 */
    {'S', 0x7f442c2a, 0, 0xb59d2278719151b1},                  /* lswx 26,4,5 */
    {'S', 0x7f442d2a, 0, 0x79caac355d165a8c},                  /* stswx 26,4,5 */
};

struct run {
    uint32_t word;
    bool le, tlb_hit;
};

static bool run_row(void *context, struct regs *regs, bool oe)
{
    const struct run *run = context;
    struct cpu cpu;
    start(&cpu, run->le);
    if (run->tlb_hit)
        fill_tlb();
    memcpy(cpu.gpr, regs->gpr, sizeof(cpu.gpr));
    cpu_set_xer(&cpu, regs->xer);
    cpu_set_cr_all(&cpu, (uint32_t)regs->cr);
    if (step(&cpu, run->word | (oe ? 0x400 : 0)))
        return false;
    memcpy(regs->gpr, cpu.gpr, sizeof(cpu.gpr));
    regs->xer = cpu_get_xer(&cpu);
    regs->cr = cpu_get_cr(&cpu);
    return true;
}

/* Returns false after naming the row. */
static bool row_agrees(char kind, struct run run, uint64_t expected)
{
    bool divides_without_oe = (kind == 'D' || kind == 'W') && !(run.word & 0x400);
    char text[80];
    if (digest_row(kind, divides_without_oe, run_row, &run, memory, BASE) == expected)
        return true;
    insn_disas(text, sizeof(text), run.word, 0);
    print_error("differs (%s): %s\n", run.le ? "LE" : "BE", text);
    return false;
}

static void test_register_instructions_match_the_digests(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(register_rows); i++) {
        const struct register_row *row = &register_rows[i];
        wrong += !row_agrees(row->kind, (struct run){row->word, true, false}, row->digest);
    }
    assert_int_equal(wrong, 0);
}

static void test_memory_instructions_match_the_digests(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(memory_rows); i++) {
        const struct memory_row *row = &memory_rows[i];
        for (unsigned hit = 0; hit < 2; hit++) {
            if (row->le)
                wrong += !row_agrees(row->kind, (struct run){row->word, true, hit}, row->le);
            wrong += !row_agrees(row->kind, (struct run){row->word, false, hit}, row->be);
        }
    }
    assert_int_equal(wrong, 0);
}

/* ---- spelled out: what the digests' source gets wrong or cannot show ---- */

#define WORD_XO(xo, rt, ra, rb) (31u << 26 | (rt) << 21 | (ra) << 16 | (rb) << 11 | (xo) << 1)
#define WORD_XL(xo, bt, ba, bb) (19u << 26 | (bt) << 21 | (ba) << 16 | (bb) << 11 | (xo) << 1)
#define WORD_D(op, rt, ra, si)  ((uint32_t)(op) << 26 | (rt) << 21 | (ra) << 16 | ((si)&0xffff))

/* The quotient times the divisor misses RA * 2^64 by less than the divisor. */
static void test_divdeo_quotients_multiply_back(void **state)
{
    (void)state;
    for (unsigned a = 0; a < ARRAY_SIZE(edges); a++) {
        for (unsigned b = 0; b < ARRAY_SIZE(edges); b++) {
            struct cpu cpu;
            start(&cpu, true);
            cpu.gpr[4] = edges[a];
            cpu.gpr[5] = edges[b];
            assert_int_equal(step(&cpu, WORD_XO(425u | 512, 3u, 4u, 5u)), TRAP_NONE);
            s128 n = (s128)((u128)edges[a] << 64), d = (int64_t)edges[b];
            s128 rest = n - (s128)(int64_t)cpu.gpr[3] * d;
            u128 rest_size = rest < 0 ? -(u128)rest : (u128)rest;
            bool fits = rest_size < (u128)(d < 0 ? -d : d);
            assert_int_equal(cpu.ov, !fits);
            assert_int_equal(cpu.ov32, !fits);
            assert_true(fits || cpu.gpr[3] == 0);
        }
    }
}

static void test_divdeo_overflows_beyond_63_bits(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.gpr[4] = 1;
    cpu.gpr[5] = 2; /* 2^63 */
    step(&cpu, WORD_XO(425u | 512, 3u, 4u, 5u));
    assert_int_equal(cpu.ov, 1);
    cpu.gpr[5] = (uint64_t)-2; /* -2^63 */
    step(&cpu, WORD_XO(425u | 512, 3u, 4u, 5u));
    assert_int_equal(cpu.ov, 0);
    assert_int_equal(cpu.gpr[3], 1ULL << 63);
    assert_int_equal(cpu.so, 1);
}

static void test_32bit_mode_flags_are_of_the_low_word(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.msr &= ~MSR_SF;
    cpu.gpr[4] = 0x17fffffff;
    cpu.gpr[5] = 1;
    step(&cpu, WORD_XO(266u | 512, 3u, 4u, 5u) | 1); /* addo. */
    assert_int_equal(cpu.gpr[3], 0x180000000);
    assert_int_equal(cpu.ov, 1);
    assert_int_equal(cpu.cr[0], CR_LT | CR_SO);
    cpu.gpr[4] = 0xffffffff;
    step(&cpu, WORD_XO(10u, 3u, 4u, 5u) | 1); /* addc. */
    assert_int_equal(cpu.ca, 1);
    assert_int_equal(cpu.ca32, 1);
    assert_int_equal(cpu.cr[0], CR_EQ | CR_SO);
    cpu.msr |= MSR_SF;
    step(&cpu, WORD_XO(10u, 3u, 4u, 5u) | 1);
    assert_int_equal(cpu.ca, 0);
    assert_int_equal(cpu.ca32, 1);
    assert_int_equal(cpu.cr[0], CR_GT | CR_SO);
}

static void test_32bit_mode_truncates_effective_addresses(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.msr &= ~MSR_SF;
    memset(memory, 0x5a, sizeof(memory));
    cpu.gpr[4] = 0xdead00000000 + BASE;
    assert_int_equal(step(&cpu, WORD_D(33, 3u, 4u, 4)), TRAP_NONE); /* lwzu */
    assert_int_equal(cpu.gpr[3], 0x5a5a5a5a);
    assert_int_equal(cpu.gpr[4], BASE + 4);
}

static void test_faulting_update_form_changes_nothing(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.gpr[3] = 77;
    cpu.gpr[4] = BASE + 256;
    assert_int_equal(step(&cpu, WORD_D(33, 3u, 4u, 8)), TRAP_DSI); /* lwzu */
    assert_int_equal(step(&cpu, WORD_D(37, 3u, 4u, 8)), TRAP_DSI); /* stwu */
    assert_int_equal(cpu.gpr[3], 77);
    assert_int_equal(cpu.gpr[4], BASE + 256);
    assert_int_equal(cpu.trap.dar, BASE + 264);
}

/* An invalid form: what a POWER9 does is known of lbzux. */
static void test_update_with_ra_0_adds_no_gpr_0(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    memset(memory, 0x5a, sizeof(memory));
    cpu.gpr[0] = 0xdead;
    cpu.gpr[5] = BASE + 3;
    assert_int_equal(step(&cpu, WORD_XO(119u, 3u, 0u, 5u)), TRAP_NONE); /* lbzux */
    assert_int_equal(cpu.gpr[3], 0x5a);
    assert_int_equal(cpu.gpr[0], BASE + 3);
    cpu.gpr[0] = 0xdead;
    assert_int_equal(step(&cpu, WORD_XO(247u, 3u, 0u, 5u)), TRAP_NONE); /* stbux */
    assert_int_equal(cpu.gpr[0], BASE + 3);
}

/* What the ISA leaves undefined, as the results have it that Microwatt's authors recorded on
 * POWER9. */
static void test_undefined_parts_as_on_power9(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.gpr[4] = cpu.gpr[5] = 0x1234567890000000;
    assert_int_equal(step(&cpu, 0x7c642897), TRAP_NONE); /* mulhw. 3,4,5 */
    assert_int_equal(cpu.gpr[3], 0x3100000031000000);
    assert_int_equal(step(&cpu, 0x7c642817), TRAP_NONE); /* mulhwu. 3,4,5 */
    assert_int_equal(cpu.gpr[3], 0x5100000051000000);
    assert_int_equal(cpu.cr[0], CR_GT);

    cpu.gpr[3] = 0xffffffff;
    step(&cpu, 0x7c6103a6); /* mtxer 3 */
    assert_int_equal(cpu_get_xer(&cpu), 0xe00fffff);

    cpu_set_cr_all(&cpu, 0x12345678);
    cpu.gpr[3] = 0xaaaaaaaa;
    step(&cpu, 0x7c700120 | 0x58 << 12); /* mtocrf: the first of three fields */
    assert_int_equal(cpu_get_cr(&cpu), 0x1a345678);
    step(&cpu, 0x7c700120); /* none: CR7 */
    assert_int_equal(cpu_get_cr(&cpu), 0x1a34567a);
    step(&cpu, 0x7c700026 | 0x24 << 12); /* mfocrf */
    assert_int_equal(cpu.gpr[3], 0x00300000);
    assert_int_equal(step(&cpu, 0x7c600027 | 0x98 << 12), TRAP_NONE); /* mfcr, reserved bits set */
    assert_int_equal(cpu.gpr[3], 0x1a34567a);
}

static void test_multiple_and_string_trap_in_le(void **state)
{
    static const uint32_t words[] = {
        WORD_D(46, 30u, 4u, 0),    WORD_D(47, 30u, 4u, 0),    WORD_XO(597u, 6u, 4u, 4u),
        WORD_XO(533u, 6u, 4u, 5u), WORD_XO(725u, 6u, 4u, 4u), WORD_XO(661u, 6u, 4u, 5u),
    };
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        struct cpu cpu;
        start(&cpu, true);
        cpu.gpr[4] = BASE;
        assert_int_equal(step(&cpu, words[i]), TRAP_ALIGNMENT);
        assert_int_equal(cpu.trap.dar, BASE);
    }
}

static void test_string_load_wraps_from_r31_to_r0(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, false);
    for (unsigned i = 0; i < 12; i++)
        memory[i] = (uint8_t)(0xa0 + i);
    cpu.gpr[4] = BASE;
    cpu.gpr[0] = ~0ULL;
    assert_int_equal(step(&cpu, WORD_XO(597u, 30u, 4u, 10u)), TRAP_NONE); /* lswi 30,4,10 */
    assert_int_equal(cpu.gpr[30], 0xa0a1a2a3);
    assert_int_equal(cpu.gpr[31], 0xa4a5a6a7);
    assert_int_equal(cpu.gpr[0], 0xa8a90000);
}

/* ---- reservations ---- */

#define LWARX  WORD_XO(20u, 3u, 0u, 4u)
#define LDARX  WORD_XO(84u, 3u, 0u, 4u)
#define STWCX_ (WORD_XO(150u, 5u, 0u, 4u) | 1)
#define STDCX_ (WORD_XO(214u, 5u, 0u, 4u) | 1)

static void reserve_word(struct cpu *cpu)
{
    start(cpu, true);
    memset(memory, 0, sizeof(memory));
    cpu->so = 1;
    cpu->gpr[4] = BASE + 64;
    cpu->gpr[5] = 0x12345678;
    assert_int_equal(step(cpu, LWARX), TRAP_NONE);
    assert_true(cpu->reserve_valid);
}

static void test_stwcx_stores_once(void **state)
{
    struct cpu cpu;
    (void)state;
    reserve_word(&cpu);
    assert_int_equal(step(&cpu, STWCX_), TRAP_NONE);
    assert_int_equal(cpu.cr[0], CR_EQ | CR_SO);
    assert_int_equal(get_le32(memory + 64), 0x12345678);
    cpu.gpr[5] = 1;
    assert_int_equal(step(&cpu, STWCX_), TRAP_NONE);
    assert_int_equal(cpu.cr[0], CR_SO);
    assert_int_equal(get_le32(memory + 64), 0x12345678);
}

static void test_store_conditional_fails_elsewhere_or_in_another_size(void **state)
{
    struct cpu cpu;
    (void)state;
    reserve_word(&cpu);
    cpu.gpr[4] = BASE + 128; /* the next granule */
    step(&cpu, STWCX_);
    assert_int_equal(cpu.cr[0], CR_SO);
    assert_false(cpu.reserve_valid);
    reserve_word(&cpu);
    step(&cpu, STDCX_);
    assert_int_equal(cpu.cr[0], CR_SO);
    assert_int_equal(get_le64(memory + 64), 0);
}

static void test_misaligned_atomics_trap(void **state)
{
    static const uint32_t words[] = {LWARX, LDARX, STWCX_, STDCX_};
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        struct cpu cpu;
        start(&cpu, true);
        cpu.gpr[4] = BASE + 66;
        assert_int_equal(step(&cpu, words[i]), TRAP_ALIGNMENT);
        assert_int_equal(cpu.trap.dar, BASE + 66);
    }
}

static void test_reservations_break_by_granule(void **state)
{
    struct cpu cpus[2];
    struct machine m = {.cpus = cpus, .ncpus = 2};
    (void)state;
    reserve_word(&cpus[0]);
    reserve_word(&cpus[1]);
    cpu_break_reservations(&m, BASE + 128, NULL);
    assert_true(cpus[0].reserve_valid);
    cpu_break_reservations(&m, BASE + 127, &cpus[1]);
    assert_false(cpus[0].reserve_valid);
    assert_true(cpus[1].reserve_valid);
}

/* ---- atomic memory operations ---- */

#define LWAT(fc)  WORD_XO(582u, 6u, 4u, fc)
#define LDAT(fc)  WORD_XO(614u, 6u, 4u, fc)
#define STWAT(fc) WORD_XO(710u, 6u, 4u, fc)

static void test_amo_words_compare_as_signed_words(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    put_le32(memory + 64, 0x80000000);
    cpu.gpr[4] = BASE + 64;
    cpu.gpr[7] = 0xffffffff00000003;
    assert_int_equal(step(&cpu, LWAT(5u)), TRAP_NONE); /* maximum */
    assert_int_equal(cpu.gpr[6], 0x80000000);
    assert_int_equal(get_le32(memory + 64), 3);
    cpu.gpr[6] = 0x80000001;
    assert_int_equal(step(&cpu, STWAT(7u)), TRAP_NONE); /* minimum */
    assert_int_equal(get_le32(memory + 64), 0x80000001);
}

static void test_amo_counters_stop_at_their_bound(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    for (unsigned i = 0; i < 4; i++)
        put_le64(memory + 64 + 8 * i, i < 2 ? 5 : 6);
    cpu.gpr[4] = BASE + 72;                             /* 5 5* 6 6 */
    assert_int_equal(step(&cpu, LDAT(24u)), TRAP_NONE); /* increment bounded */
    assert_int_equal(cpu.gpr[6], 5);
    assert_int_equal(get_le64(memory + 72), 6);
    assert_int_equal(step(&cpu, LDAT(24u)), TRAP_NONE);
    assert_int_equal(cpu.gpr[6], 1ULL << 63);
    assert_int_equal(get_le64(memory + 72), 6);
    assert_int_equal(step(&cpu, LDAT(25u)), TRAP_NONE); /* increment equal */
    assert_int_equal(cpu.gpr[6], 6);
    assert_int_equal(get_le64(memory + 72), 7);
    for (unsigned i = 0; i < 3; i++) /* decrement bounded: to 6, to 5, refused */
        assert_int_equal(step(&cpu, LDAT(28u)), TRAP_NONE);
    assert_int_equal(cpu.gpr[6], 1ULL << 63);
    assert_int_equal(get_le64(memory + 72), 5);
    cpu.gpr[4] = BASE + 88; /* the neighbour is in the next block */
    assert_int_equal(step(&cpu, LDAT(24u)), TRAP_ALIGNMENT);
    assert_int_equal(step(&cpu, LDAT(9u)), TRAP_DSI);
}

/* ---- branches ---- */

#define CIA 0x1000ULL

static void branch(struct cpu *cpu, uint32_t word)
{
    cpu->cia = CIA;
    cpu->nia = 0;
    assert_int_equal(step(cpu, word), TRAP_NONE);
}

static void test_branches_set_nia_and_lr(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    branch(&cpu, 18u << 26 | 0x40);
    assert_int_equal(cpu.nia, CIA + 0x40);
    assert_int_equal(cpu.cfar, CIA);
    branch(&cpu, 18u << 26 | (0x03fffffc & -8u) | 1); /* bl .-8 */
    assert_int_equal(cpu.nia, CIA - 8);
    assert_int_equal(cpu.lr, CIA + 4);
    branch(&cpu, 18u << 26 | 0x100 | 2);
    assert_int_equal(cpu.nia, 0x100);
    cpu.lr = 0x2003;
    branch(&cpu, WORD_XL(16u, 20u, 0u, 0u) | 1); /* bclrl: old LR, word-aligned */
    assert_int_equal(cpu.nia, 0x2000);
    assert_int_equal(cpu.lr, CIA + 4);
    cpu.ctr = 0x3000;
    branch(&cpu, WORD_XL(528u, 20u, 0u, 0u));
    assert_int_equal(cpu.nia, 0x3000);
    cpu.tar = 0x4000;
    branch(&cpu, WORD_XL(560u, 20u, 0u, 0u));
    assert_int_equal(cpu.nia, 0x4000);
    cpu.msr |= MSR_PR;
    assert_int_equal(step(&cpu, WORD_XL(560u, 20u, 0u, 0u)), TRAP_FAC);
}

/* Every BO against both values of the CR bit and CTR about to be 0 or not. */
static void test_bc_honours_bo(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 32 * 4; i++) {
        unsigned bo = i >> 2, crb = i & 1, ctr = i & 2 ? 1 : 5;
        struct cpu cpu;
        start(&cpu, true);
        cpu_set_cr_all(&cpu, crb << (31 - 6));
        cpu.ctr = ctr;
        branch(&cpu, WORD_D(16, bo, 6u, 0x20) | 1);
        bool counts = !(bo & 4);
        bool ctr_ok = !counts || (bo & 2 ? ctr == 1 : ctr != 1);
        bool cr_ok = bo & 16 || crb == (bo >> 3 & 1);
        assert_int_equal(cpu.ctr, ctr - counts);
        assert_int_equal(cpu.nia, ctr_ok && cr_ok ? CIA + 0x20 : CIA + 4);
        assert_int_equal(cpu.lr, CIA + 4);
    }
}

static void test_bdnz_counts_32_bits_in_32bit_mode(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.ctr = 0x500000001;
    branch(&cpu, WORD_D(16, 16u, 0u, 0x20));
    assert_int_equal(cpu.nia, CIA + 0x20);
    cpu.msr &= ~MSR_SF;
    cpu.ctr = 0x500000001;
    branch(&cpu, WORD_D(16, 16u, 0u, 0x20));
    assert_int_equal(cpu.nia, CIA + 4);
    assert_int_equal(cpu.ctr, 0x500000000);
}

/* ---- the rest ---- */

static void test_traps_compare_as_to_says(void **state)
{
    static const struct {
        uint64_t a, b;
        unsigned word_holds, doubleword_holds; /* of TO 16 8 4 2 1 */
    } cases[] = {
        {1, 2, 16 | 2, 16 | 2},         {5, 5, 4, 4},
        {~0ULL, 1, 16 | 1, 16 | 1},     {0x100000000, 0xffffffff, 8 | 2, 8 | 1},
        {0x80000000, 0, 16 | 1, 8 | 1},
    };
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(cases) * 32; i++) {
        unsigned n = i / 32, to = i % 32;
        struct cpu cpu;
        start(&cpu, true);
        cpu.gpr[4] = cases[n].a;
        cpu.gpr[5] = cases[n].b;
        trap_t trap = step(&cpu, WORD_XO(4u, to, 4u, 5u));
        assert_int_equal(trap, to & cases[n].word_holds ? TRAP_PROGRAM : TRAP_NONE);
        trap = step(&cpu, WORD_XO(68u, to, 4u, 5u));
        assert_int_equal(trap, to & cases[n].doubleword_holds ? TRAP_PROGRAM : TRAP_NONE);
        if (trap)
            assert_int_equal(cpu.trap.srr1, SRR1_TRAP);
    }
}

static void test_cr_and_xer_images(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu_set_cr_all(&cpu, 0x12345678);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(cpu.cr[i], i + 1);
    assert_int_equal(cpu_get_cr(&cpu), 0x12345678);
    cpu_set_xer(&cpu, 0xa008007f);
    assert_int_equal(cpu.so, 1);
    assert_int_equal(cpu.ov, 0);
    assert_int_equal(cpu.ca, 1);
    assert_int_equal(cpu.ov32, 1);
    assert_int_equal(cpu.ca32, 0);
    assert_int_equal(cpu.xer_len, 127);
    assert_int_equal(cpu_get_xer(&cpu), 0xa008007f);
}

static void test_addpcis_is_relative_to_the_next_instruction(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.cia = 0x12340000;
    assert_int_equal(step(&cpu, 0x4c7fffc5), TRAP_NONE); /* addpcis r3,-1 */
    assert_int_equal(cpu.gpr[3], 0x12330004);
}

static void test_copy_paste_has_no_target(void **state)
{
    struct cpu cpu;
    (void)state;
    start(&cpu, true);
    cpu.gpr[4] = BASE;
    assert_int_equal(step(&cpu, 0x7c20260c), TRAP_NONE); /* copy 0,4 */
    assert_int_equal(step(&cpu, 0x7c20270d), TRAP_DSI);  /* paste. 0,4 */
    assert_int_equal(cpu.trap.dsisr, PPC_BIT(60) | DSISR_ISSTORE);
    cpu.gpr[4] = BASE + 64;
    assert_int_equal(step(&cpu, 0x7c20260c), TRAP_ALIGNMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_register_instructions_match_the_digests),
        cmocka_unit_test(test_memory_instructions_match_the_digests),
        cmocka_unit_test(test_divdeo_quotients_multiply_back),
        cmocka_unit_test(test_divdeo_overflows_beyond_63_bits),
        cmocka_unit_test(test_32bit_mode_flags_are_of_the_low_word),
        cmocka_unit_test(test_32bit_mode_truncates_effective_addresses),
        cmocka_unit_test(test_faulting_update_form_changes_nothing),
        cmocka_unit_test(test_update_with_ra_0_adds_no_gpr_0),
        cmocka_unit_test(test_undefined_parts_as_on_power9),
        cmocka_unit_test(test_multiple_and_string_trap_in_le),
        cmocka_unit_test(test_string_load_wraps_from_r31_to_r0),
        cmocka_unit_test(test_stwcx_stores_once),
        cmocka_unit_test(test_store_conditional_fails_elsewhere_or_in_another_size),
        cmocka_unit_test(test_misaligned_atomics_trap),
        cmocka_unit_test(test_reservations_break_by_granule),
        cmocka_unit_test(test_amo_words_compare_as_signed_words),
        cmocka_unit_test(test_amo_counters_stop_at_their_bound),
        cmocka_unit_test(test_branches_set_nia_and_lr),
        cmocka_unit_test(test_bc_honours_bo),
        cmocka_unit_test(test_bdnz_counts_32_bits_in_32bit_mode),
        cmocka_unit_test(test_traps_compare_as_to_says),
        cmocka_unit_test(test_cr_and_xer_images),
        cmocka_unit_test(test_addpcis_is_relative_to_the_next_instruction),
        cmocka_unit_test(test_copy_paste_has_no_target),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
