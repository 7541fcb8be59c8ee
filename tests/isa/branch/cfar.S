/* SPDX-License-Identifier: Apache-2.0 */
/* CFAR after each kind of branch, and what leaves it alone. Book III 8.2, "Come-From Address Register". */
#include "bare.inc"
    .set CFAR, 28

    /* \setup, then \op at 4, which goes to 3 (when it goes); CFAR is then 4 (\moves) or as it was. */
    .macro COMES name, moves, setup, op
    TEST \name
    BACK 2f
    SPR CFAR, MAGIC
    LA r7, 3f
    LA r8, 4f
    GO OS, 1f
1:  \setup
4:  \op
    nop
    nop
3:  mfspr r6, CFAR
    HOME
2:  .if \moves
    CHECKA r6, 4b
    .else
    CHECK r6, MAGIC
    .endif
    PASS
    .endm

    COMES b, 1, "nop", "b 3f"
    COMES bl, 1, "nop", "bl 3f"
    COMES b_next, 1, "nop", "b . + 4"
    COMES bl_next, 1, "nop", "bl . + 4"
    COMES bcl_next, 1, "nop", "bcl 20, 31, . + 4"
    COMES bcl_next_taken, 1, "cmpd r6, r6", "bcl 12, 2, . + 4"
    COMES bcl_next_not_taken, 0, "cmpd r6, r6", "bcl 4, 2, . + 4"
    COMES bc_taken, 1, "cmpd r6, r6", "beq 3f"
    COMES bc_taken_fused_word, 1, "cmpwi r6, -1 ; cmplwi r30, 0", "beq 3f"
    COMES bc_not_taken, 0, "cmpd r6, r6", "bne 3f"
    COMES bcl_taken, 1, "cmpd r6, r6", "beql 3f"
    COMES bc_next_taken, 1, "cmpd cr1, r6, r6", "beq cr1, . + 4"
    COMES bc_next_not_taken, 0, "cmpd cr1, r6, r6", "bne cr1, . + 4"
    COMES bdnz_next_taken, 1, "li r9, 2 ; mtctr r9", "bdnz . + 4"
    COMES bdnz_next_not_taken, 0, "li r9, 1 ; mtctr r9", "bdnz . + 4"
    COMES bdnzt_next_taken, 1, "li r9, 2 ; mtctr r9 ; cmpd r6, r6", "bdnzt eq, . + 4"
    COMES bdnz_taken, 1, "li r9, 2 ; mtctr r9", "bdnz 3f"
    COMES bdnz_not_taken, 0, "li r9, 1 ; mtctr r9", "bdnz 3f"
    COMES bdz_taken, 1, "li r9, 1 ; mtctr r9", "bdz 3f"
    COMES bdnzt_taken, 1, "li r9, 2 ; mtctr r9 ; cmpd r6, r6", "bdnzt eq, 3f"
    COMES blr, 1, "mtlr r7", "blr"
    COMES blr_next, 1, "addi r7, r8, 4 ; mtlr r7", "blr"
    COMES beqlr_taken, 1, "mtlr r7 ; cmpd r6, r6", "beqlr"
    COMES bnelr_not_taken, 0, "mtlr r7 ; cmpd r6, r6", "bnelr"
    COMES blrl, 1, "mtlr r7", "blrl"
    COMES bctr, 1, "mtctr r7", "bctr"
    COMES bctrl, 1, "mtctr r7", "bctrl"
    COMES beqctr_taken, 1, "mtctr r7 ; cmpd r6, r6", "beqctr"
    COMES bctar, 1, "mtspr 815, r7", "bctar 20, 0"
    COMES bctarl, 1, "mtspr 815, r7", "bctarl 20, 0"
    COMES rfid, 1, "mtsrr0 r7 ; mfmsr r9 ; mtsrr1 r9", "rfid"
    COMES rfscv, 1, "mtlr r7 ; mfmsr r9 ; mtctr r9", "rfscv"
    COMES isync, 0, "nop", "isync"
    COMES mtmsrd, 0, "mfmsr r9 ; ori r9, r9, 0x10", "mtmsrd r9"
    COMES turns, 1, "li r9, 5 ; mtctr r9 ; li r10, 0 ; 9: addi r10, r10, 1 ; cmpd cr1, r10, r9", "bdnz 9b"
    COMES turns_next, 1, "li r9, 5 ; mtctr r9 ; li r10, 0 ; 9: addi r10, r10, 1 ; cmpdi cr1, r10, 2 ; beq cr1, . + 4", "bdnz 9b"
    COMES turns_next_last, 1, "li r9, 5 ; mtctr r9 ; li r10, 0 ; 9: addi r10, r10, 1 ; cmpdi cr1, r10, 2", "bgt cr1, . + 4 ; bdnz 9b"
    COMES turns_mtspr, 0, "li r9, 5 ; mtctr r9 ; li r10, 0 ; LI r9, MAGIC ; 9: addi r10, r10, 1 ; cmpd cr1, r10, r9 ; mtspr CFAR, r9", "bdnz 9b"
    COMES turns_out, 1, "li r9, 5 ; mtctr r9 ; li r10, 0 ; 9: addi r10, r10, 1 ; cmpdi cr1, r10, 4", "beq cr1, 3f ; bdnz 9b"
    COMES mtspr, 0, "LI r9, MAGIC + 4 ; mtspr CFAR, r9 ; LI r9, MAGIC", "mtspr CFAR, r9"

    /* The states above return without a trace. */
    TEST urfid
    SPR CFAR, MAGIC
    BACK 2f
    GO OS, 1f
1:  mfspr r6, CFAR
    HOME
2:  CHECK r6, MAGIC
    PASS

    TEST hrfid
    BACK 2f
    GO HYP, 1f
1:  LA r7, 3f
    mtspr HSRR0, r7
    LI r7, OS
    mtspr HSRR1, r7
    SPR CFAR, MAGIC
    hrfid
3:  mfspr r6, CFAR
    HOME
2:  CHECK r6, MAGIC
    PASS

    /* Interrupts: the first instruction of the vector is replaced, what follows it branches. */
    .macro INTERRUPT name, vector, op
    TEST \name
    LI r7, 0x7cdc02a6           /* mfspr r6, CFAR */
    li r8, \vector
    stw r7, 0(r8)
    BACK 2f
    GO OS, 1f
1:  b 3f
3:  \op
    nop
    HOME
2:  CHECKA r6, 1b
    PASS
    .endm
    INTERRUPT trap, 0x700, trap
    INTERRUPT unavailable, 0x800, "fadd 1, 1, 1"

    TEST problem_state_cannot_read
    BACK 2f
    GO USER, 1f
1:  mfspr r6, CFAR
    HOME
2:  CHECK r31, 0x700
    PASS

    /* From one page to another and on past its end. */
    .macro AWAY name, setup, op
    TEST \name
    BACK 2f
    LA r7, 3f
    GO OS, 1f
1:  \setup
4:  \op
    .balign 4096
    .skip 4096 - 12
3:  nop
    nop
    nop
    mfspr r6, CFAR
    HOME
2:  CHECKA r6, 4b
    PASS
    .endm
    AWAY far_b, "nop", "b 3f"
    AWAY far_bc, "cmpd r6, r6", "beq 3f"
    AWAY far_bctr, "mtctr r7", "bctr"

    /* A near branch, then the end of the page. */
    TEST near_then_next_page
    BACK 2f
    GO OS, 1f
    .balign 4096
1:  b 3f
    .skip 4096 - 12
3:  nop
    nop
    mfspr r6, CFAR
    HOME
2:  CHECKA r6, 1b
    PASS

    /* The page is written so often that an engine gives it up while it runs. */
    TEST page_that_changes
    BACK 2f
    LA r7, 4f
    GO OS, 1f
1:  b 3f
    nop
3:  .rept 80
    stw r7, 0(r7)
    .endr
    mfspr r6, CFAR
    HOME
2:  CHECKA r6, 1b
    PASS
    .balign 4
4:  .long 0

    /* A loop, and the last branch of a slice: whatever the budget, the address is that of bdnz. */
    TEST loop
    BACK 2f
    GO OS | EE, 1f
1:  li r9, 1000
    mtctr r9
3:  addi r8, r8, 1
4:  bdnz 3b
    b 5f
5:  li r9, 1000
    mtctr r9
6:  bdnz 6b
    mfspr r6, CFAR
    HOME
2:  CHECKA r6, 6b
    PASS

    /* Code that asks where it is: LR, and what comes behind, at the end of a page too. */
    .macro WHERE name, op, fill=4
    TEST \name
    BACK 2f
    GO OS, 1f
    .balign 4096
    .skip \fill
1:  cmpdi cr1, r30, 1
    li r6, 1
    li r9, 3
    mtctr r9
4:  addi r6, r6, 1
    \op
3:  mflr r7
    addi r6, r6, 16
    bdnz 4b
    bgt cr1, 5f
    addi r6, r6, 256
5:  HOME
2:  CHECKA r7, 3b
    CHECK r6, 256 + 3 * 17 + 1
    PASS
    .endm
    WHERE where_bcl, "bcl 20, 31, . + 4"
    WHERE where_bl, "bl . + 4"
    WHERE where_bcl_page_end, "bcl 20, 31, . + 4", 4096 - 24
    WHERE where_bl_page_end, "bl . + 4", 4096 - 24

    /* Read in each turn, with such a branch in between. */
    TEST turns_where
    BACK 2f
    GO OS, 1f
1:  FPU_ON
    li r9, 5
    mtctr r9
3:  mfspr r7, CFAR
    fadd f1, f1, f2
    bcl 20, 31, . + 4
5:  mflr r8
4:  bdnz 3b
    HOME
2:  CHECKA r7, 4b
    CHECKA r8, 5b
    PASS
