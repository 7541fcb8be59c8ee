/* SPDX-License-Identifier: Apache-2.0 */
/*
 * esm-file NAME: prints a file that the owner of this secure VM put into its ESM blob, for example
 * the passphrase of a disk. A guest program for Linux. Each file can be read once, by one process
 * (UV_ESMB_GET_FILE); problem state may make this ultracall.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UV_ESMB_GET_FILE 0xf14cL
#define CHUNK            64

/* R5..R12: the name, its first byte leftmost. Returns R3; the data comes in R4..R11. */
static long get_file(uint64_t offset, const uint64_t name[8], uint64_t data[8])
{
    register long r3 __asm__("r3") = UV_ESMB_GET_FILE;
    register uint64_t r4 __asm__("r4") = offset;
    register uint64_t r5 __asm__("r5") = name[0], r6 __asm__("r6") = name[1];
    register uint64_t r7 __asm__("r7") = name[2], r8 __asm__("r8") = name[3];
    register uint64_t r9 __asm__("r9") = name[4], r10 __asm__("r10") = name[5];
    register uint64_t r11 __asm__("r11") = name[6], r12 __asm__("r12") = name[7];

    __asm__ volatile("sc 2"
                     : "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8), "+r"(r9),
                       "+r"(r10), "+r"(r11), "+r"(r12)
                     :
                     : "memory", "cr0", "ctr", "xer", "lr");
    const uint64_t out[8] = {r4, r5, r6, r7, r8, r9, r10, r11};
    memcpy(data, out, sizeof(out));
    return r3;
}

int main(int argc, char **argv)
{
    uint8_t name[CHUNK] = {0};
    uint64_t regs[8], data[8];
    long n;

    if (argc != 2 || strlen(argv[1]) >= sizeof(name)) {
        fprintf(stderr, "usage: esm-file NAME\n");
        return 2;
    }
    memcpy(name, argv[1], strlen(argv[1]));
    for (int i = 0; i < 8; i++) {
        memcpy(&regs[i], name + 8 * i, 8);
        regs[i] = __builtin_bswap64(regs[i]); /* this program is little-endian */
    }
    for (uint64_t offset = 0; (n = get_file(offset, regs, data)) > 0; offset += (uint64_t)n) {
        for (int i = 0; i < 8; i++)
            data[i] = __builtin_bswap64(data[i]);
        if (write(1, data, (size_t)n) != n)
            return 1;
    }
    if (n < 0) {
        fprintf(stderr, "esm-file: %s: the ultravisor answers %ld\n", argv[1], n);
        return 1;
    }
    return 0;
}
