/* SPDX-License-Identifier: Apache-2.0 */
/* Decoder and disassembler on any word: the decoder keeps to its table and field widths, the
 * disassembler to its buffer. */
#include "fuzz.h"

#include <stdlib.h>

#include "pefemu/splitmix.h"

static void check_word(uint32_t word, ea_t ea)
{
    struct insn in;
    memset(&in, 0xff, sizeof(in));
    insn_decode(&in, word);
    FUZZ_CHECK(in.word == word && in.id < INSN_COUNT);
    FUZZ_CHECK(in.rt < 64 && in.ra < 64 && in.rb < 64 && in.rc < 64 && in.sh < 64);
    if (in.id != INSN_ILLEGAL)
        FUZZ_CHECK((word & insn_table[in.id].mask) == insn_table[in.id].match);
    FUZZ_CHECK(!(insn_facility_need(&in) & ~(MSR_FP | MSR_VEC | MSR_VSX)));

    char whole[128];
    insn_disas(whole, sizeof(whole), word, ea);
    FUZZ_CHECK(strlen(whole) > 0 && strlen(whole) < 96);
    size_t size = 1 + (word ^ ea) % 40; /* in a heap block of just that size */
    char *cut = malloc(size);
    insn_disas(cut, size, word, ea);
    FUZZ_CHECK(strlen(cut) < size && !strncmp(cut, whole, strlen(cut)));
    free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    while (in.left >= 4) {
        uint32_t word = input_u32(&in);
        uint64_t state = word;
        check_word(word, splitmix64(&state));
        /* and a relative that is an instruction for sure */
        const struct insn_row *row = &insn_table[1 + splitmix64(&state) % (INSN_COUNT - 1)];
        check_word(row->match | (word & ~row->mask), word);
    }
    return 0;
}
