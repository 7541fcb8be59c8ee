/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMX, through the decoder. Most rows are compared by digest: one number per instruction over a
 * sequence of inputs, which stands for what the same words do to the same registers under
 * qemu-ppc64le -cpu power9 (7.2). What the ISA has otherwise, and loads and stores, is spelled out.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "pefemu/cpu.h"
#include "pefemu/mmu.h"

/* ---- inputs: the same everywhere, edges among them ---- */

struct inputs {
    u128 v[4];      /* of VRT VRA VRB VRC */
    uint64_t index; /* of RA */
    bool nj;
};

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed * 0x2545f4914f6cdd1d >> 16;
}

static u128 any_quad(uint64_t *seed)
{
    u128 v = next(seed);
    v = v << 44 ^ next(seed);
    return v << 44 ^ next(seed);
}

/* Elements of one size, most of them edges. */
static u128 integer_quad(uint64_t *seed)
{
    const unsigned bits = 8u << next(seed) % 5;
    const u128 ones = ~(u128)0 >> (128 - bits);
    u128 v = 0;
    for (unsigned at = 0; at < 128; at += bits) {
        const u128 any = any_quad(seed), few = next(seed) & 31;
        const u128 edges[] = {0, 1, ones, ones >> 1, ones - (ones >> 1), few, -few, any, any};
        v |= (edges[next(seed) % 9] & ones) << at;
    }
    return v;
}

static u128 float_quad(uint64_t *seed)
{
    static const uint32_t edges[] = {0,          0x3f800000, 0x7f800000, 0x7fc00000, 0x7fa00001,
                                     1,          0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000,
                                     0x4f800000, 0x4effffff, 0x3f000000, 0x3fc00000, 0x40200000,
                                     0x4b000001, 0x4affffff, 0x00ffffff, 0x40490fdb, 0x7fc12345};
    u128 v = 0;
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t any = next(seed), edge = edges[next(seed) % 20] | (any & 0x80000000);
        const uint32_t near = (any & 0x807fffff) | (uint32_t)(121 + next(seed) % 12) << 23;
        const uint32_t wide = (any & 0x807fffff) | (uint32_t)(100 + next(seed) % 56) << 23;
        const uint32_t of[] = {any, edge, near, wide};
        v = v << 32 | of[next(seed) & 3];
    }
    return v;
}

static u128 packed_quad(uint64_t *seed)
{
    const unsigned n = next(seed) % 32, nines = next(seed) & 3;
    u128 v = 0;
    for (unsigned i = 0; i < n; i++)
        v = v << 4 | (nines ? next(seed) % 10 : 9);
    return v << 4 | (10 + next(seed) % 6);
}

/* kind: i integers, f and F floats, p packed, s packed with a count in VRA, u the same unsigned,
 * q a quadword that fits 31 digits, n national, z and Z zoned with PS 0 and 1 */
static struct inputs make_inputs(uint64_t *seed, char kind)
{
    struct inputs x;
    for (unsigned i = 0; i < 4; i++) {
        x.v[i] = kind == 'i'                  ? integer_quad(seed)
                 : kind == 'f' || kind == 'F' ? float_quad(seed)
                                              : packed_quad(seed);
    }
    const unsigned sign = next(seed) & 15, count = next(seed) % 33;
    u128 *b = &x.v[2];
    if (kind == 'i' && next(seed) % 4 == 0)
        *b = x.v[1];
    if (kind == 's')
        x.v[1] = (u128)(next(seed) & 1 ? count % 32 : (256 - count % 32) & 0xff) << 64;
    if (kind == 'u') {
        x.v[1] = (u128)(next(seed) & 1 ? count : (256 - count) & 0xff) << 64;
        *b >>= 4;
    }
    if (kind == 'q') {
        *b = any_quad(seed);
        *b = (u128)((s128)*b >> (25 + sign + count));
    }
    if (kind == 'n' || kind == 'z' || kind == 'Z') {
        const unsigned n = kind == 'n' ? 8 : 16, bits = 128 / n, zone = kind == 'Z' ? 0xf0 : 0x30;
        *b = 0;
        for (unsigned i = 0; i < n; i++)
            *b = *b << bits | zone | (next(seed) % 4 ? next(seed) % 10 : 0);
        if (kind == 'n')
            *b = *b >> 16 << 16 | (sign & 1 ? '+' : '-');
        else
            *b = (*b & ~(u128)0xf0) | (kind == 'Z' ? 10 + sign % 6 : sign) << 4;
    }
    x.index = next(seed) << 4;
    x.index |= next(seed) % 13; /* a word from there on ends inside the register */
    x.nj = next(seed) & 1;
    return x;
}

struct outcome {
    u128 vrt;
    uint64_t rt;
    unsigned cr6, sat;
};

static uint64_t mix(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15;
    return h ^ h >> 29;
}

/* -2^31 as a float saturates by the ISA's text, not in the source of the digests: kind F leaves SAT
 * out. Where digits are shifted or cut, CR6 compares the operand by the ISA, the result there:
 * kinds s and u leave CR6 out. */
static uint64_t mix_outcome(uint64_t h, char kind, struct outcome o)
{
    h = mix(h, o.vrt >> 64);
    h = mix(h, o.vrt);
    h = mix(h, o.rt);
    h = mix(h, kind == 's' || kind == 'u' ? 0 : o.cr6);
    return mix(h, kind == 'F' ? 0 : o.sat);
}

/* A row: the words from @word on in steps of @step. VRT and RT are 6, VRA and RA 7, VRB 8, VRC 9.
 */
struct row {
    uint32_t word, step;
    unsigned char count;
    char kind;
    uint64_t digest;
};

#define ROUNDS 96

static const struct row rows[] = {
    {0x10c74000, 0x0, 1, 'i', 0xc2c7768b4323bec5},
    {0x10c70001, 0x0, 1, 'i', 0x1d71f421c559e1bf},
    {0x10c74002, 0x0, 1, 'i', 0x3f33e80493db5e63},
    {0x10c74004, 0x0, 1, 'i', 0x01c4fad523f13385},
    {0x10c74006, 0x0, 1, 'i', 0x2debff7e1c31bb29},
    {0x10c74007, 0x0, 1, 'i', 0x1174fe7f671bc234},
    {0x10c74008, 0x0, 1, 'i', 0x5042320b659fab09},
    {0x10c7400a, 0x0, 1, 'f', 0x9b9b8890891227b9},
    {0x10c7400c, 0x0, 1, 'i', 0xce0bb607292a60f4},
    {0x10c7400e, 0x0, 1, 'i', 0x8f4482bcbbc85bc6},
    {0x10c74260, 0x0, 1, 'i', 0x357c2dfd84139601},
    {0x10c74261, 0x0, 1, 'i', 0x0ce753b5f7b5a159},
    {0x10c74262, 0x0, 1, 'i', 0x0836701317c3b0b5},
    {0x10c74263, 0x0, 1, 'i', 0x812d6ed7d4ab190e},
    {0x10c74264, 0x0, 1, 'i', 0xc5bac82e7ae19c6c},
    {0x10c74265, 0x0, 1, 'i', 0x1c6d14c354762cbc},
    {0x10c74266, 0x0, 1, 'i', 0xb4dc937827f1b955},
    {0x10c74267, 0x0, 1, 'i', 0x661b3edb6f6abf2d},
    {0x10c74268, 0x0, 1, 'i', 0xd3d5e9838aeec5e1},
    {0x10c74269, 0x0, 1, 'i', 0xe1f6029a7313286e},
    {0x10c7426a, 0x0, 1, 'i', 0x13b89aba46702ee9},
    {0x10c7426b, 0x0, 1, 'i', 0x7296fd49612ee23a},
    {0x10c7402c, 0x40, 16, 'i', 0xdfba45345c5b06c1},
    {0x10c7426d, 0x0, 1, 'i', 0x27cd0ea4d8ee0d09},
    {0x10c7426e, 0x0, 1, 'f', 0x0a6a6883bf0a12e6},
    {0x10c7426f, 0x0, 1, 'f', 0xcac1e283e1c709f2},
    {0x10c7427b, 0x0, 1, 'i', 0x81560b742af97de9},
    {0x10c7427c, 0x0, 1, 'i', 0xec369cc9b63b5c2f},
    {0x10c7427d, 0x0, 1, 'i', 0xbebb3104c9d8ee04},
    {0x10c7427e, 0x0, 1, 'i', 0xc3490637bcb27ac9},
    {0x10c7427f, 0x0, 1, 'i', 0x92febaaf7d6c687a},
    {0x10c74040, 0x0, 1, 'i', 0xe4365d81b3e42442},
    {0x10c74041, 0x0, 1, 'i', 0xdd762782c47faef3},
    {0x10c74042, 0x0, 1, 'i', 0xe8f90c4c6f7da29b},
    {0x10c74044, 0x0, 1, 'i', 0xb9af467c17a2be4f},
    {0x10c74046, 0x0, 1, 'i', 0x49ef6ae46da6c30d},
    {0x10c74047, 0x0, 1, 'i', 0x4f0b7299e142f0e4},
    {0x10c74048, 0x0, 1, 'i', 0x02239e0f7c7a27dc},
    {0x10c7404a, 0x0, 1, 'f', 0xd047f00de360c294},
    {0x10c7404c, 0x0, 1, 'i', 0x7ec97f080d0d7197},
    {0x10c7404e, 0x0, 1, 'i', 0xd5ff93a4aa0bf58f},
    {0x10c74080, 0x0, 1, 'i', 0xa7c1ef6d204e0fa4},
    {0x10c74082, 0x0, 1, 'i', 0xedd0717c940e5b21},
    {0x10c74084, 0x0, 1, 'i', 0xcd42060b386376da},
    {0x10c74085, 0x0, 1, 'i', 0x1780ea887721c921},
    {0x10c74086, 0x0, 1, 'i', 0xadd436c05c8aacf0},
    {0x10c74087, 0x0, 1, 'i', 0x2310ebbaad0cff9f},
    {0x10c74088, 0x0, 1, 'i', 0xb316268bd0fee66a},
    {0x10c74089, 0x0, 1, 'i', 0x6dfec1301d751a24},
    {0x10c7408c, 0x0, 1, 'i', 0x6d9bd6486bc0fa6f},
    {0x10c7408e, 0x0, 1, 'i', 0x29c142c53b48450c},
    {0x10c740c0, 0x0, 1, 'i', 0x5cc2573957fe060d},
    {0x10c740c2, 0x0, 1, 'i', 0xd7caadea2156f093},
    {0x10c740c4, 0x0, 1, 'i', 0xfb339e697b5399dc},
    {0x10c740c6, 0x0, 1, 'f', 0xb3af7ad54b60b300},
    {0x10c740c7, 0x0, 1, 'i', 0x8eeebf67d5682f18},
    {0x10c740ce, 0x0, 1, 'i', 0x4fb392fabcc8d131},
    {0x10c74100, 0x0, 1, 'i', 0x0c5f7b4238cf6323},
    {0x10c74102, 0x0, 1, 'i', 0x34c862e5d8b123c0},
    {0x10c74104, 0x0, 1, 'i', 0xad7db3071218bdc2},
    {0x10c74107, 0x0, 1, 'i', 0xf96fc458ffdb7c05},
    {0x10c74108, 0x0, 1, 'i', 0x9c1afe3eba11c73c},
    {0x10c7410c, 0x0, 1, 'i', 0xf80571898a052b39},
    {0x10c7410e, 0x0, 1, 'i', 0x52c30170928bf028},
    {0x10c74140, 0x0, 1, 'i', 0xbebb3104c9d8ee04},
    {0x10c74142, 0x0, 1, 'i', 0x8efea907afbf838c},
    {0x10c74144, 0x0, 1, 'i', 0x7879f6726b8ed01a},
    {0x10c74147, 0x0, 1, 'i', 0xa610c6418ce6e964},
    {0x10c74148, 0x0, 1, 'i', 0x3823796ccd91db05},
    {0x10c7414c, 0x0, 1, 'i', 0xda10ef6027cec791},
    {0x10c7414e, 0x0, 1, 'i', 0x2fb04a75a17fa930},
    {0x10c74180, 0x0, 1, 'i', 0x2d996c42a07059d8},
    {0x10c74182, 0x0, 1, 'i', 0xc5f0521bc72c8be4},
    {0x10c74184, 0x0, 1, 'i', 0x8d8935f15eaf70b3},
    {0x10c74185, 0x0, 1, 'i', 0x520494a52ec6fcfc},
    {0x10c74187, 0x0, 1, 'i', 0x4acfeddd5ce058de},
    {0x10c74188, 0x0, 1, 'i', 0x6c2f2f733eeeb83d},
    {0x10c7418c, 0x0, 1, 'i', 0x3425893bb00ed4d1},
    {0x10c7418e, 0x0, 1, 'i', 0x2d5b28a338771626},
    {0x10c741c2, 0x0, 1, 'i', 0x88a67063fb2090a1},
    {0x10c741c4, 0x0, 1, 'i', 0xbbfd9d59c1db2b3c},
    {0x10c741c5, 0x0, 1, 'i', 0x85d0f4698dd4df2c},
    {0x10c741c6, 0x0, 1, 'f', 0xd26593e6df685754},
    {0x10c741ce, 0x0, 1, 'i', 0x8bfdbf9a04470c65},
    {0x10c74200, 0x0, 1, 'i', 0x45275be5559cee51},
    {0x10c70201, 0x0, 1, 'i', 0xabfb517d4d9dc15e},
    {0x10c74202, 0x0, 1, 'i', 0x2a314e4e82b96501},
    {0x10c74204, 0x0, 1, 'i', 0xd1d37299e253bae2},
    {0x10c74206, 0x0, 1, 'i', 0x7e1cdb5288629a59},
    {0x10c74208, 0x0, 1, 'i', 0xc2e12975a788877a},
    {0x10c0420a, 0x0, 1, 'f', 0x386f5fdae8aadff7},
    {0x10c0420c, 0x10000, 16, 'i', 0xf11647d911816fe6},
    {0x10c0420d, 0x10000, 16, 'i', 0x81cbf52e242de0c1},
    {0x10c0420e, 0x0, 1, 'i', 0xd90bcd6405d42c03},
    {0x10c74240, 0x0, 1, 'i', 0x14ff18c758467504},
    {0x10c74241, 0x0, 1, 'i', 0xa2be08d3a6c8039b},
    {0x10c74242, 0x0, 1, 'i', 0xafb3feadeb0ba2c6},
    {0x10c74244, 0x0, 1, 'i', 0xd714cbd3f00591a5},
    {0x10c74246, 0x0, 1, 'i', 0x963d8791d96d3c4c},
    {0x10c74248, 0x0, 1, 'i', 0xe039647e8b13c1a4},
    {0x10c0424a, 0x0, 1, 'f', 0xbaa27679561803e1},
    {0x10c0424c, 0x10000, 8, 'i', 0x63d6c35cfd21cb98},
    {0x10c0424d, 0x10000, 15, 'i', 0x153ea9c04e329d64},
    {0x10c0424e, 0x0, 1, 'i', 0x824885da6c739110},
    {0x10c74280, 0x0, 1, 'i', 0x8b232ae34b11d6a7},
    {0x10c74282, 0x0, 1, 'i', 0x3cad60e488bcd89f},
    {0x10c74284, 0x0, 1, 'i', 0x9e84da3de4b0aa5a},
    {0x10c74286, 0x0, 1, 'i', 0x78a79f987bf0ea35},
    {0x10c74288, 0x0, 1, 'i', 0x8a0b481fbb5c6296},
    {0x10c0428a, 0x0, 1, 'f', 0xc79e1f68abaf163e},
    {0x10c0428c, 0x10000, 4, 'i', 0x85cbb2a6469fb00d},
    {0x10c0428d, 0x10000, 13, 'i', 0xe2296e1865e57535},
    {0x10c0428e, 0x0, 1, 'i', 0xfba1ca98b91a25e8},
    {0x10c742c2, 0x0, 1, 'i', 0xbc308104e2371383},
    {0x10c742c4, 0x0, 1, 'i', 0xea095edec3f5df9c},
    {0x10c742c6, 0x0, 1, 'f', 0xd081c2f38d86fd0d},
    {0x10c742c7, 0x0, 1, 'i', 0xf0fe11a3647eb31e},
    {0x10c042ca, 0x0, 1, 'f', 0x1700d6bb3de080b2},
    {0x10c042cd, 0x10000, 9, 'i', 0x5c82cd029a6f5838},
    {0x10c042ce, 0x0, 1, 'i', 0x11144d1114e5d125},
    {0x10c74300, 0x0, 1, 'i', 0xb342545b557536c6},
    {0x10c74302, 0x0, 1, 'i', 0x1c2c2421d565a864},
    {0x10c74304, 0x0, 1, 'i', 0xeb2f8665c5a8b644},
    {0x10c74306, 0x0, 1, 'i', 0x92271d4461e73a97},
    {0x10c74308, 0x0, 1, 'i', 0x20f86ed1891d0f97},
    {0x10c0430a, 0x10000, 32, 'i', 0x50dd619bc9c7e7b2},
    {0x10c0030c, 0x10000, 32, 'i', 0x17ada1b6c885a339},
    {0x10c0430d, 0x10000, 16, 'i', 0x207e7ee734cce5bd},
    {0x10c7430e, 0x0, 1, 'i', 0xe5f37e8079884f4b},
    {0x10c74340, 0x0, 1, 'i', 0x77e595d95a708b0c},
    {0x10c74341, 0x0, 1, 'p', 0x0506f28d1acb08b3},
    {0x10c74342, 0x0, 1, 'i', 0xd4ed9bcd7815dd4f},
    {0x10c74344, 0x0, 1, 'i', 0x49daf0af93ef4106},
    {0x10c74346, 0x0, 1, 'i', 0x5c8f1c21a03dd3b6},
    {0x10c74348, 0x0, 1, 'i', 0xe37631934ee784d2},
    {0x10c0434a, 0x10000, 32, 'i', 0x17a4cd2b4cad72d1},
    {0x10c0034c, 0x10000, 32, 'i', 0x9c49602f1317745f},
    {0x10c0434d, 0x10000, 15, 'i', 0xa9091266a942e442},
    {0x10c0434e, 0x0, 1, 'i', 0xbaa1242c651e1f28},
    {0x10c74380, 0x0, 1, 'i', 0xffddfece03bdb692},
    {0x10c74382, 0x0, 1, 'i', 0x1eed186bbf6d9bc8},
    {0x10c74384, 0x0, 1, 'i', 0xb52378813b40947c},
    {0x10c74386, 0x0, 1, 'i', 0x7fa70a3f027e40c9},
    {0x10c74388, 0x0, 1, 'i', 0x979c884273446cfb},
    {0x10c0438a, 0x10000, 32, 'f', 0x80911746448df049},
    {0x10c0038c, 0x10000, 32, 'i', 0xebb30af0149690f3},
    {0x10c0438d, 0x10000, 13, 'i', 0xa569e174fb7f3ea3},
    {0x10c743c2, 0x0, 1, 'i', 0xc3df1eaa9f3ba4d3},
    {0x10c743c4, 0x0, 1, 'i', 0xc201e635dc714c14},
    {0x10c743c6, 0x0, 1, 'f', 0x83a416f398917d83},
    {0x10c743c7, 0x0, 1, 'i', 0x104e1878bfcc03ff},
    {0x10c043ca, 0x10000, 32, 'F', 0xea8c9f75b04bbf52},
    {0x10c043cd, 0x10000, 9, 'i', 0x1144cface6f00f14},
    {0x10c043ce, 0x0, 1, 'i', 0x60c6106374c85921},
    {0x10c74400, 0x0, 1, 'i', 0x5f70f76955682a80},
    {0x10c74401, 0x200, 2, 'p', 0x8ba370f432f5f38a},
    {0x10c74402, 0x0, 1, 'i', 0xd377ba07ec05381e},
    {0x10c74403, 0x0, 1, 'i', 0x956a1d4940eb98bc},
    {0x10c74404, 0x0, 1, 'i', 0x1fa8a9d4f09f90d8},
    {0x10c74406, 0x0, 1, 'i', 0xe0d9a3bab93a7475},
    {0x10c74407, 0x0, 1, 'i', 0xd68df8e81b1c2113},
    {0x10c74408, 0x0, 1, 'i', 0xc97817f88436fb85},
    {0x10c7440a, 0x0, 1, 'f', 0x43f760a86e1367c3},
    {0x10c7440c, 0x0, 1, 'i', 0xcdd7c1099ccab69a},
    {0x10c74440, 0x0, 1, 'i', 0x0b2ab2a9af9c79d4},
    {0x10c74441, 0x200, 2, 'p', 0xaf962acff9857b78},
    {0x10c74442, 0x0, 1, 'i', 0xfc0d6928c2389dc9},
    {0x10c74443, 0x0, 1, 'i', 0x51139d3aedccb777},
    {0x10c74444, 0x0, 1, 'i', 0x528323591339dc00},
    {0x10c74446, 0x0, 1, 'i', 0x5f864605115b3eae},
    {0x10c74447, 0x0, 1, 'i', 0xf52b59f3cfa329af},
    {0x10c74448, 0x0, 1, 'i', 0x0bdae5ea8834eae3},
    {0x10c7444a, 0x0, 1, 'f', 0x666bca05fc9892dd},
    {0x10c7444c, 0x0, 1, 'i', 0x9b63e3db2fd6c119},
    {0x10c7444e, 0x0, 1, 'i', 0x7a9793366401dc4b},
    {0x10c74480, 0x0, 1, 'i', 0xc43c6389461204bf},
    {0x10c74481, 0x0, 1, 'u', 0x3f55ec7017e01cdc},
    {0x10c74482, 0x0, 1, 'i', 0x41af34eadeb92fa5},
    {0x10c74483, 0x0, 1, 'i', 0x29ee180412042773},
    {0x10c74484, 0x0, 1, 'i', 0x6bc79b8348c49def},
    {0x10c74486, 0x0, 1, 'i', 0x8aa33eae5a13dbf9},
    {0x10c74487, 0x0, 1, 'i', 0xa8a2fe8d981c8468},
    {0x10c74488, 0x0, 1, 'i', 0x7af4ba9ccb473b55},
    {0x10c744c0, 0x0, 1, 'i', 0xb9af40ff1cf45592},
    {0x10c744c1, 0x200, 2, 's', 0x4d7debc81103aeee},
    {0x10c744c4, 0x0, 1, 'i', 0xf9a906738c9b19ad},
    {0x10c744c6, 0x0, 1, 'f', 0x2cd9018e98e07ebc},
    {0x10c744c7, 0x0, 1, 'i', 0xa22693fb3ec85cca},
    {0x10c744c8, 0x0, 1, 'i', 0x0fae5000d306e54a},
    {0x10c744ce, 0x0, 1, 'i', 0xbf08506ffd6bc56e},
    {0x10c74500, 0x0, 1, 'i', 0x6bdc14a7319c8a8d},
    {0x10c74501, 0x200, 2, 's', 0xa6a8e4748014dc20},
    {0x10c74502, 0x0, 1, 'i', 0xcbcbe05d32eca02a},
    {0x10c74504, 0x0, 1, 'i', 0x012b5c89197da4a9},
    {0x10c74507, 0x0, 1, 'i', 0xde7c976ff72e61fd},
    {0x10c74508, 0x0, 1, 'i', 0x77ef59d8433e57da},
    {0x10c74509, 0x0, 1, 'i', 0xaf8e5ccffd24d079},
    {0x10c0450c, 0x0, 1, 'i', 0x7a3090127b702466},
    {0x10c74540, 0x0, 1, 'i', 0x0c610b46241cc990},
    {0x10c74541, 0x0, 1, 'u', 0x45f71308cb116bc8},
    {0x10c74542, 0x0, 1, 'i', 0xd5a58e9fa28d8051},
    {0x10c74544, 0x0, 1, 'i', 0x384c0e3bf7e1329f},
    {0x10c74547, 0x0, 1, 'i', 0xb890ae61625d85e8},
    {0x10c74548, 0x0, 1, 'i', 0xca575ca684095dd5},
    {0x10c74549, 0x0, 1, 'i', 0xa0f2b5a388fc4647},
    {0x10c7454c, 0x0, 1, 'i', 0x149e0bab45dd8321},
    {0x10c7454e, 0x0, 1, 'i', 0xecfdfd3148589ab8},
    {0x10c74580, 0x0, 1, 'i', 0xdc4e74be282d690c},
    {0x10c04581, 0x0, 1, 'p', 0xf3bf79d3b6bace82},
    {0x10c24581, 0x200, 2, 'q', 0x562f2c17be2c004b},
    {0x10c44581, 0x200, 2, 'p', 0x75ce5e7981a07986},
    {0x10c54581, 0x0, 1, 'p', 0x685b0ee187fb038f},
    {0x10c64581, 0x0, 1, 'z', 0x4dd1d42ec9e985b7},
    {0x10c64781, 0x0, 1, 'Z', 0x4a3f865eb5a8b8f7},
    {0x10c74581, 0x200, 2, 'n', 0x505b7a4067050f15},
    {0x10df4581, 0x200, 2, 'p', 0x139778c22c444ce4},
    {0x10c74582, 0x0, 1, 'i', 0xf80a3508932716e8},
    {0x10c74584, 0x0, 1, 'i', 0xac25bb3de2322543},
    {0x10c74587, 0x0, 1, 'i', 0xc4ce48b82d486d21},
    {0x10c745c1, 0x200, 2, 's', 0xf67c100660ecde80},
    {0x10c745c4, 0x0, 1, 'i', 0x69b29e69e9c6d005},
    {0x10c745c6, 0x0, 1, 'f', 0x4c150c80e4829ba0},
    {0x10c705c8, 0x0, 1, 'i', 0xc6e42669f3394bf1},
    {0x10c745cc, 0x0, 1, 'i', 0xf498a5e5481cae5b},
    {0x10c745ce, 0x0, 1, 'i', 0x858a9390eabdf41e},
    {0x10c74600, 0x0, 1, 'i', 0xa0d70b49e9f793c5},
    {0x10c04602, 0x0, 1, 'i', 0x6a69da17ed338964},
    {0x10c14602, 0x0, 1, 'i', 0x3e34ea26b657a045},
    {0x10c64602, 0x0, 1, 'i', 0x4416dc4b7977fd2a},
    {0x10c74602, 0x0, 1, 'i', 0x28d3cb6d64c0b4b8},
    {0x10c84602, 0x0, 1, 'i', 0x54a7711dfb90bb59},
    {0x10c94602, 0x0, 1, 'i', 0x78eb691f6dfb58b4},
    {0x10ca4602, 0x0, 1, 'i', 0xca48d40b3750c6f8},
    {0x10d04602, 0x0, 1, 'i', 0x3dbd15a3ec5f5249},
    {0x10d14602, 0x0, 1, 'i', 0x3087b0bbca0dca77},
    {0x10d84602, 0x0, 1, 'i', 0x274d2a6a59a6bb58},
    {0x10d94602, 0x0, 1, 'i', 0x0030bbce3e388a52},
    {0x10da4602, 0x0, 1, 'i', 0x699f059ba946503c},
    {0x10dc4602, 0x0, 1, 'i', 0xfbbc751bba39aebc},
    {0x10dd4602, 0x0, 1, 'i', 0x9ec9adad1d04494e},
    {0x10de4602, 0x0, 1, 'i', 0xb25489c75a664323},
    {0x10df4602, 0x0, 1, 'i', 0xf57d84c2fe2b3b96},
    {0x10c00604, 0x0, 1, 'i', 0xf2dd58957c71c0fb},
    {0x10c74606, 0x0, 1, 'i', 0x599f90ad067e30f6},
    {0x10c74608, 0x0, 1, 'i', 0xd53203b0a1b98bb0},
    {0x10c7460d, 0x0, 1, 'i', 0x61f8a206da62c31f},
    {0x10c74640, 0x0, 1, 'i', 0x333e1bd12a73aedc},
    {0x10c74646, 0x0, 1, 'i', 0x5c9f251b3352d570},
    {0x10c74648, 0x0, 1, 'i', 0xa7f4b3072d4c68bf},
    {0x10c7464d, 0x0, 1, 'i', 0xc9fe5a4d7c1969ff},
    {0x10c0464e, 0x0, 1, 'i', 0x00c856d2de4bf351},
    {0x10c74680, 0x0, 1, 'i', 0x011fb3fdf9855700},
    {0x10c70682, 0x800, 32, 'i', 0x19626ba95ff666b3},
    {0x10c74684, 0x0, 1, 'i', 0x60567a82f61fa14c},
    {0x10c74686, 0x0, 1, 'i', 0x53f0af35a1fe47d7},
    {0x10c74688, 0x0, 1, 'i', 0xa7594e272142fdba},
    {0x10c7468c, 0x0, 1, 'i', 0x61af2c5f231c2081},
    {0x10c7468d, 0x0, 1, 'i', 0xa7819acb12ef697a},
    {0x10c706c2, 0x800, 32, 'i', 0x239e759b218267bb},
    {0x10c746c4, 0x0, 1, 'i', 0xf0d60cb9b1406bf1},
    {0x10c746c6, 0x0, 1, 'f', 0xebc591c1992c1cfd},
    {0x10c746c7, 0x0, 1, 'i', 0x5c7c61c71a53c23c},
    {0x10c046ce, 0x0, 1, 'i', 0x2f6c639ec0ae8842},
    {0x10c74700, 0x0, 1, 'i', 0x1347ee877a066979},
    {0x10c04702, 0x0, 1, 'i', 0xc3a27c047c737278},
    {0x10c04703, 0x0, 1, 'i', 0xd7b5788dd222102e},
    {0x10c74704, 0x0, 1, 'i', 0x3ce403c310894a81},
    {0x10c74706, 0x0, 1, 'i', 0x1897527bf27f4375},
    {0x10c74708, 0x0, 1, 'i', 0x02cd30a9897ff618},
    {0x10c7470d, 0x0, 1, 'i', 0x452c42c8cee30438},
    {0x10c74740, 0x0, 1, 'i', 0xa22bc16ec5f56e1e},
    {0x10c04742, 0x0, 1, 'i', 0xfdac84c404171275},
    {0x10c04743, 0x0, 1, 'i', 0x8a2b5cfadf0ea620},
    {0x10c74744, 0x0, 1, 'i', 0x4897bbae7c8f4715},
    {0x10c74746, 0x0, 1, 'i', 0x95545d85e79bf421},
    {0x10c7474d, 0x0, 1, 'i', 0xd042e05fa112a71f},
    {0x10c74780, 0x0, 1, 'i', 0x933f53b8e1830e0f},
    {0x10c04782, 0x0, 1, 'i', 0x9cb3081811e199f5},
    {0x10c04783, 0x0, 1, 'i', 0x158ac90c0e9b883d},
    {0x10c74786, 0x0, 1, 'i', 0xa7acf83481192968},
    {0x10c74788, 0x0, 1, 'i', 0xedcb4a945e6ff456},
    {0x10c7478c, 0x0, 1, 'i', 0x446ce6e4b07b6477},
    {0x10c7478d, 0x0, 1, 'i', 0x3dc71010a5002631},
    {0x10c047c2, 0x0, 1, 'i', 0x26c195471eeb8c99},
    {0x10c047c3, 0x0, 1, 'i', 0xea8af617524de8a2},
    {0x10c747c6, 0x0, 1, 'f', 0x83a416f398917d83},
    {0x10c747c7, 0x0, 1, 'i', 0xcb2daaa8db36a490},
};

/* ---- running one word ---- */

static trap_t run(struct cpu *cpu, uint32_t word)
{
    struct insn in;
    insn_decode(&in, word);
    return insn_table[in.id].handler(cpu, &in);
}

static struct outcome outcome_of(const struct inputs *x, uint32_t word, bool fp_fast)
{
    static struct cpu cpu;
    memset(cpu.cr, 0, sizeof(cpu.cr));
    cpu.fp_fast = fp_fast;
    cpu.vscr = x->nj ? 0x10000 : 0;
    cpu.gpr[6] = 0;
    cpu.gpr[7] = x->index;
    for (unsigned i = 0; i < 4; i++)
        cpu.vsr[32 + 6 + i].q = x->v[i];
    assert_int_equal(run(&cpu, word), TRAP_NONE);
    return (struct outcome){cpu.vsr[38].q, cpu.gpr[6], cpu.cr[6], cpu.vscr & 1};
}

static bool row_agrees(const struct row *row, bool fp_fast)
{
    uint64_t seed = 0x9e3779b97f4a7c15, h = 0;
    char text[64];
    for (unsigned r = 0; r < ROUNDS; r++) {
        const struct inputs x = make_inputs(&seed, row->kind);
        const uint32_t word = row->word + r % row->count * row->step;
        h = mix_outcome(h, row->kind, outcome_of(&x, word, fp_fast));
    }
    if (h == row->digest)
        return true;
    insn_disas(text, sizeof(text), row->word, 0);
    print_error("differs: %s\n", text);
    return false;
}

static void test_instructions_match_the_digests(void **state)
{
    unsigned wrong = 0;
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
        wrong += !row_agrees(&rows[i], false);
        wrong += !row_agrees(&rows[i], true);
    }
    assert_int_equal(wrong, 0);
}

static void test_no_row_is_unimplemented(void **state)
{
    (void)state;
    for (unsigned id = 1; id < INSN_COUNT; id++) {
        if (insn_table[id].fac == FAC_VMX)
            assert_ptr_not_equal(insn_table[id].handler, op_unimplemented);
    }
}

/* ---- spelled out ---- */

#define QUAD(high, low) ((u128)(high) << 64 | (low))

static void expect(uint32_t word, u128 t, u128 a, u128 b, u128 vrt, unsigned cr6, unsigned sat)
{
    const struct inputs x = {.v = {t, a, b, 0}};
    const struct outcome o = outcome_of(&x, word, false);
    assert_int_equal(o.vrt >> 64, (uint64_t)(vrt >> 64));
    assert_int_equal((uint64_t)o.vrt, (uint64_t)vrt);
    assert_int_equal(o.cr6, cr6);
    assert_int_equal(o.sat, sat);
}

/* Doubleword 0: rotate by 8, bits 8 to 15 of the mask; doubleword 1: no rotation, bits 60 to 3. */
static void test_vrldmi_inserts_under_the_mask(void **state)
{
    const u128 ones = ~(u128)0;
    (void)state;
    expect(0x10c740c5, 0, ones, QUAD(0x080f08, 0x3c0300),
           QUAD(0xff000000000000, 0xf00000000000000f), 0, 0);
    expect(0x10c740c5, ones, 0, QUAD(0x080f08, 0x3c0300),
           QUAD(0xff00ffffffffffff, 0x0ffffffffffffff0), 0, 0);
}

static void test_vctsxs_saturates_from_an_exponent_of_31(void **state)
{
    const u128 minus_two_31 = QUAD(0, 0xcf000000), below = QUAD(0, 0xceffffff);
    (void)state;
    expect(0x10c043ca, 0, 0, minus_two_31, 0x80000000, 0, 1);
    expect(0x10c043ca, 0, 0, below, 0x80000080, 0, 0);
}

static void test_mtvscr_keeps_the_defined_bits(void **state)
{
    struct cpu cpu = {.vscr = 0};
    (void)state;
    cpu.vsr[40].q = ~(u128)0;
    run(&cpu, 0x10004644);
    assert_int_equal(cpu.vscr, 0x10001);
    run(&cpu, 0x10c00604);
    assert_true(cpu.vsr[38].q == 0x10001);
}

static void test_decimal_shifts_compare_the_operand(void **state)
{
    const u128 right_35 = (u128)0xdd << 64, left_31 = (u128)31 << 64;
    const u128 five = QUAD(0x5000000000000000, 0x0d);
    (void)state;
    expect(0x10c744c1, 0, right_35, five, 0xd, CR_LT, 0);
    expect(0x10c745c1, 0, right_35, five, 0x1d, CR_LT, 0);
    expect(0x10c746c1, 0, left_31, 0x5f, 0xf, CR_GT | CR_SO, 0);
    expect(0x10c74501, 0, 0, 0x5c, 0xc, CR_GT | CR_SO, 0);
    expect(0x10c74481, 0, right_35, 0x53, 0, CR_GT, 0);
    expect(0x10c74541, 0, 0, 0x53, 0, CR_GT | CR_SO, 0);
}

static void test_invalid_decimals_set_so_alone(void **state)
{
    const u128 good = 0x1c, sign = 0x11, digit = 0xa1c;
    (void)state;
    expect(0x10c74401, 0, good, sign, 0, CR_SO, 0);
    expect(0x10c74401, 0, digit, good, 0, CR_SO, 0);
    expect(0x10c54581, 0, 0, QUAD(0xa00000000, 0x1c), 0, CR_SO, 0);
}

static float estimate(uint32_t word, float b)
{
    struct inputs x = {.nj = false};
    uint32_t bits;
    memcpy(&bits, &b, sizeof(bits));
    x.v[2] = (u128)bits << 96;
    bits = outcome_of(&x, word, false).vrt >> 96;
    memcpy(&b, &bits, sizeof(b));
    return b;
}

static void test_estimates_are_within_the_bounds(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        const double x = (double)(next(&seed) % 1000000 + 1) / 3937;
        const float f = (float)x, e = fmodf(f, 240) - 120;
        assert_true(fabs(estimate(0x10c0410a, f) * (double)f - 1) <= 1.0 / 4096);
        assert_true(fabs(estimate(0x10c0414a, f) * sqrt(f) - 1) <= 1.0 / 4096);
        assert_true(fabs(estimate(0x10c0418a, e) / exp2(e) - 1) <= 1.0 / 16);
        assert_true(fabs(estimate(0x10c041ca, f) - log2(f)) <= 1.0 / 32);
    }
    for (int n = -149; n < 128; n++) {
        assert_true(estimate(0x10c0418a, n) == ldexpf(1, n));
        assert_true(estimate(0x10c041ca, ldexpf(1, n)) == n);
    }
    assert_true(estimate(0x10c0418a, -INFINITY) == 0);
    assert_true(estimate(0x10c041ca, 0) == -INFINITY);
    assert_true(isnan(estimate(0x10c041ca, -1)));
}

/* ---- loads and stores: 64 bytes at BASE, nothing else ---- */

#define BASE 0x10000ULL

static uint8_t memory[64];
static struct tlb_ctx tlb;

static bool outside(ea_t ea, unsigned size)
{
    return ea < BASE || ea - BASE + size > sizeof(memory);
}

trap_t mmu_load(struct cpu *cpu, ea_t ea, unsigned size, void *buf)
{
    (void)cpu;
    if (outside(ea, size))
        return TRAP_DSI;
    memcpy(buf, memory + (ea - BASE), size);
    return TRAP_NONE;
}

trap_t mmu_store(struct cpu *cpu, ea_t ea, unsigned size, const void *buf)
{
    (void)cpu;
    if (outside(ea, size))
        return TRAP_DSI;
    memcpy(memory + (ea - BASE), buf, size);
    return TRAP_NONE;
}

/* A machine in which every access misses the TLB; memory holds 0 1 2 ... */
static struct cpu *reset(bool le, uint64_t offset)
{
    static struct cpu cpu;
    for (unsigned i = 0; i < TLB_ENTRIES; i++)
        tlb.e[i].tag_r = tlb.e[i].tag_w = TLB_NO_TAG;
    for (unsigned i = 0; i < sizeof(memory); i++)
        memory[i] = i;
    cpu = (struct cpu){.msr = MSR_SF, .le = le, .tlb = &tlb};
    cpu.gpr[7] = BASE;
    cpu.gpr[8] = offset;
    cpu.vsr[38].q = QUAD(0xf0f1f2f3f4f5f6f7, 0xf8f9fafbfcfdfeff);
    return &cpu;
}

/* X-form with VRT 6, RA 7, RB 8 */
#define STORAGE(xo) (0x7cc74000u | (xo) << 1)
enum { LVSL = 6, LVEBX = 7, LVSR = 38, LVEHX = 39, LVEWX = 71, LVX = 103, STVEBX = 135 };
enum { STVEHX = 167, STVEWX = 199, STVX = 231, LVXL = 359, STVXL = 487 };

static void expect_load(unsigned xo, bool le, uint64_t offset, u128 v)
{
    struct cpu *cpu = reset(le, offset);
    assert_int_equal(run(cpu, STORAGE(xo)), TRAP_NONE);
    assert_true(cpu->vsr[38].q == v);
}

static void test_loads_align_and_place_by_address(void **state)
{
    (void)state;
    expect_load(LVX, false, 0x1f, QUAD(0x1011121314151617, 0x18191a1b1c1d1e1f));
    expect_load(LVX, true, 0x1f, QUAD(0x1f1e1d1c1b1a1918, 0x1716151413121110));
    expect_load(LVXL, true, 0x10, QUAD(0x1f1e1d1c1b1a1918, 0x1716151413121110));
    expect_load(LVEBX, false, 0x11, QUAD(0x0011000000000000, 0));
    expect_load(LVEBX, true, 0x11, QUAD(0, 0x1100));
    expect_load(LVEHX, false, 0x13, QUAD(0x0000121300000000, 0));
    expect_load(LVEHX, true, 0x13, QUAD(0, 0x13120000));
    expect_load(LVEWX, false, 0x17, QUAD(0x0000000014151617, 0));
    expect_load(LVEWX, true, 0x17, QUAD(0, 0x1716151400000000));
}

static void test_lvsl_lvsr_do_not_depend_on_byte_order(void **state)
{
    (void)state;
    for (unsigned le = 0; le < 2; le++) {
        expect_load(LVSL, le, 0x13, QUAD(0x030405060708090a, 0x0b0c0d0e0f101112));
        expect_load(LVSR, le, 0x13, QUAD(0x0d0e0f1011121314, 0x15161718191a1b1c));
        expect_load(LVSR, le, 0x10, QUAD(0x1011121314151617, 0x18191a1b1c1d1e1f));
    }
}

/* After the store, @size bytes at @at are @bytes and the others what they were. */
static void expect_store(unsigned xo, bool le, uint64_t offset, unsigned at, unsigned size,
                         const char *bytes)
{
    struct cpu *cpu = reset(le, offset);
    assert_int_equal(run(cpu, STORAGE(xo)), TRAP_NONE);
    for (unsigned i = 0; i < sizeof(memory); i++)
        assert_int_equal(memory[i], i - at < size ? (uint8_t)bytes[i - at] : i);
}

static void test_stores_align_and_pick_by_address(void **state)
{
    static const char up[] = "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff";
    static const char down[] = "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4\xf3\xf2\xf1\xf0";
    (void)state;
    expect_store(STVX, false, 0x1f, 16, 16, up);
    expect_store(STVX, true, 0x1f, 16, 16, down);
    expect_store(STVXL, true, 0x10, 16, 16, down);
    expect_store(STVEBX, false, 0x13, 0x13, 1, up + 3);
    expect_store(STVEBX, true, 0x13, 0x13, 1, down + 3);
    expect_store(STVEHX, false, 0x13, 0x12, 2, up + 2);
    expect_store(STVEHX, true, 0x13, 0x12, 2, down + 2);
    expect_store(STVEWX, false, 0x17, 0x14, 4, up + 4);
    expect_store(STVEWX, true, 0x17, 0x14, 4, down + 4);
}

static void test_faulting_loads_change_nothing(void **state)
{
    static const unsigned loads[] = {LVX, LVXL, LVEBX, LVEHX, LVEWX};
    (void)state;
    for (unsigned i = 0; i < ARRAY_SIZE(loads); i++) {
        struct cpu *cpu = reset(true, 0x1000);
        const u128 before = cpu->vsr[38].q;
        assert_int_equal(run(cpu, STORAGE(loads[i])), TRAP_DSI);
        assert_true(cpu->vsr[38].q == before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instructions_match_the_digests),
        cmocka_unit_test(test_no_row_is_unimplemented),
        cmocka_unit_test(test_vrldmi_inserts_under_the_mask),
        cmocka_unit_test(test_vctsxs_saturates_from_an_exponent_of_31),
        cmocka_unit_test(test_mtvscr_keeps_the_defined_bits),
        cmocka_unit_test(test_decimal_shifts_compare_the_operand),
        cmocka_unit_test(test_invalid_decimals_set_so_alone),
        cmocka_unit_test(test_estimates_are_within_the_bounds),
        cmocka_unit_test(test_loads_align_and_place_by_address),
        cmocka_unit_test(test_lvsl_lvsr_do_not_depend_on_byte_order),
        cmocka_unit_test(test_stores_align_and_pick_by_address),
        cmocka_unit_test(test_faulting_loads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
