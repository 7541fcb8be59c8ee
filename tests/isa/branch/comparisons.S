/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CR holds wherever a comparison can be looked at: in the code behind it, where a branch leads, and
 * in the handler of an interrupt that comes before the next comparison. An engine may keep it from CR until
 * then. Book I 2.3.1, "Condition Register".
 */
#include "bare.inc"
    .set NOWHERE, 0x7000000000  /* not mapped */

    /* r3 = 3, r4 = 4, r5 faults, CR is 0. */
    .macro ENTER
    BACK 2f
    LI r5, NOWHERE
    LA r8, 3f
    mtlr r8
    li r3, 3
    li r4, 4
    li r9, 0
    mtcr r9
    li r7, 7
    GO HYP | IR | DR, 1f
1:
    .endm
    /* CR behind \code, or where it branches to. */
    .macro LEAVES name, cr, code
    TEST \name
    ENTER
    \code
3:  mfcr r6
    HOME
2:  CHECK r6, \cr
    CHECK r31, 0
    PASS
    .endm
    /* CR but for CR0, which the way home needs, when \code faults. */
    .macro FAULTS name, cr, code
    TEST \name
    ENTER
    \code
3:  HOME
2:  mfcr r6
    CHECKM r6, 0x0fffffff, \cr
    CHECK r31, 0x300
    PASS
    .endm

    LEAVES next, 0x80000000, "cmpdi r3, 4"
    LEAVES operand_lost, 0x80000000, "cmpdi r3, 4 ; li r3, 9"
    FAULTS load, 0x08000000, "cmpd cr1, r3, r4 ; ld r7, 0(r5) ; cmpdi cr1, r3, 3"
    FAULTS load_unsigned, 0x04000000, "li r3, -1 ; cmplwi cr1, r3, 4 ; ld r7, 0(r5) ; cmpdi cr1, r3, 3"
    FAULTS store_equal, 0x02000000, "cmpwi cr1, r3, 3 ; std r7, 0(r5) ; cmpdi cr1, r3, 9"
    FAULTS fields, 0x08000024, "cmpd cr1, r3, r4 ; cmpld cr7, r4, r3 ; cmpdi cr6, r3, 3 ; lbz r7, 0(r5) ; cmpdi cr1, r3, 0 ; cmpdi cr6, r3, 0 ; cmpdi cr7, r3, 0"
    FAULTS indexed, 0x08000000, "cmpd cr1, r3, r4 ; ldx r7, r5, r3 ; cmpdi cr1, r3, 3"
    FAULTS behind_branch, 0x08000000, "cmpd cr1, r3, r4 ; bgt cr1, 3f ; ld r7, 0(r5) ; cmpdi cr1, r3, 3"
    FAULTS behind_change, 0x08000000, "cmpd cr1, r3, r4 ; addi r3, r3, 5 ; ld r7, 0(r5) ; cmpdi cr1, r3, 3"
    FAULTS behind_call, 0x08000000, "cmpd cr1, r3, r4 ; mfspr r7, 268 ; bpermd r7, r7, r3 ; ld r7, 0(r5) ; cmpdi cr1, r3, 3"
    FAULTS changed_by_load, 0x08000000, "cmpd cr1, r3, r4 ; ld r3, 0(r5) ; cmpdi cr1, r3, 3"
    FAULTS changed_by_update, 0x04000000, "cmpd cr1, r5, r4 ; ldu r7, 8(r5) ; cmpdi cr1, r5, 3"
    FAULTS changed_then_replaced, 0x04000000, "cmpd cr1, r3, r4 ; addi r3, r3, 5 ; add r7, r3, r3 ; cmpdi cr1, r3, 3 ; ld r7, 0(r5) ; cmpdi cr1, r3, 9"
    LEAVES changed_twice, 0x80000000, "cmpd r4, r3 ; addi r3, r3, 1 ; addi r4, r4, 7 ; cmpd r3, r4"
    LEAVES changed_then_branch, 0x80000000, "cmpd r3, r4 ; li r3, 9 ; blt 3f ; cmpdi r3, 3"
    LEAVES changed_then_select, 0x40000000, "cmpd r3, r4 ; li r3, 9 ; isel r7, r3, r4, 0 ; cmpd r7, r4"
    LEAVES changed_then_division, 0x40000000, "cmpd r3, r4 ; li r3, 9 ; li r9, 0 ; divd r7, r3, r9 ; cmpd r3, r4"
    LEAVES branch_taken, 0x80000000, "cmpd r3, r4 ; blt 3f ; cmpdi r3, 3"
    LEAVES branch_not_taken, 0x20000000, "cmpd r3, r4 ; bgt 3f ; cmpdi r3, 3"
    LEAVES branch_other_field, 0x82000000, "cmpd r3, r4 ; cmpdi cr1, r3, 3 ; beq cr1, 3f ; cmpdi r3, 3 ; cmpdi cr1, r3, 4"
    LEAVES return_taken, 0x80000000, "cmpd r3, r4 ; bltlr ; cmpdi r3, 3"
    LEAVES return_not_taken, 0x20000000, "cmpd r3, r4 ; bgtlr ; cmpdi r3, 3"
    LEAVES count_taken, 0x80000000, "mtctr r4 ; cmpd r3, r4 ; bdnz 3f ; cmpdi r3, 3"
    LEAVES count_and_taken, 0x80000000, "mtctr r4 ; cmpd r3, r4 ; bdnzt lt, 3f ; cmpdi r3, 3"
    LEAVES record_replaces, 0x20000000, "cmpdi r3, 9 ; bgt 3f ; addic. r3, r3, -3"
    LEAVES record_division, 0x40000000, "cmpdi r3, 9 ; divd. r7, r4, r3 ; blt 3f ; nop"
    LEAVES record_no_quotient, 0x20000000, "li r9, 0 ; cmpdi r3, 3 ; divd r7, r4, r9 ; beq 3f ; cmpdi r3, 4"
    LEAVES logical, 0x28000000, "cmpdi r3, 3 ; cmpdi cr1, r3, 9 ; crand 4, 4, 2 ; cmpdi r3, 3"
    LEAVES moved, 0x42000000, "cmpdi r3, 3 ; mcrf cr1, cr0 ; cmpdi r3, 1"
    LEAVES written, 0x70000000, "lis r9, 0x7000 ; cmpdi r3, 3 ; mtocrf 0x80, r9"
    LEAVES written_all, 0x12345678, "LI r9, 0x12345678 ; cmpdi r3, 3 ; mtcr r9"
    LEAVES select, 0x20000000, "cmpd r3, r4 ; addi r9, r3, 1 ; isel r7, r9, r3, 0 ; cmpd r7, r4"
    LEAVES select_twice, 0x20000000, "cmpd r3, r4 ; li r9, 6 ; isel r7, r9, r3, 1 ; isel r3, r9, r3, 0 ; cmpdi r3, 7 ; add r7, r7, r3 ; cmpdi r7, 9"
    LEAVES loop, 0x20000004, "li r9, 5 ; 4: cmpdi r9, 3 ; bgt 5f ; cmpdi cr7, r9, 0 ; 5: addic. r9, r9, -1 ; bne 4b"
    LEAVES loop_end, 0x40000002, "li r9, 1 ; 4: addi r9, r9, 1 ; cmpdi cr7, r9, 5 ; cmpdi r9, 4 ; ble 4b"

    /* Loops whose comparison is made again in the next turn: asked for behind, ahead, and at a fault in the
     * third turn or later, before and after its operand has changed. */
    .macro LOOPS kind, name, cr, start, code
    \kind \name, \cr, "li r3, \start ; mr r10, r3 ; 9: \code"
    .endm
    LOOPS LEAVES, turns, 0x02000000, 0, "addi r3, r3, 1 ; cmpd cr1, r3, r4 ; blt cr1, 9b"
    LOOPS LEAVES, turns_unsigned, 0x04000000, -9, "addi r3, r3, 2 ; cmpldi cr1, r3, 3 ; bgt cr1, 9b ; cmplwi cr1, r3, 0"
    LOOPS LEAVES, turns_counts, 0x04000000, 0, "mtctr r4 ; 8: addi r3, r3, 2 ; cmpd cr1, r3, r4 ; bdnz 8b"
    LOOPS LEAVES, turns_out, 0x08000000, 0, "addi r3, r3, 1 ; cmpd cr1, r3, r4 ; bgt cr1, 3f ; cmpdi cr0, r3, 3 ; blt 9b ; mtcrf 0x80, r9"
    LOOPS LEAVES, turns_two, 0x02000000, 0, "addi r3, r3, 1 ; cmpd cr1, r3, r4 ; addi r10, r10, 3 ; cmpd cr5, r10, r4 ; bne cr1, 9b ; mtcrf 0x04, r9"
    LOOPS LEAVES, turns_record, 0x40000000, 0, "add. r10, r3, r4 ; addi r3, r3, 1 ; cmpd cr1, r3, r4 ; blt cr1, 9b ; mtcrf 0x40, r9"
    LOOPS FAULTS, turns_fault, 0x02000000, 0, "rlwinm r6, r3, 0, 29, 29 ; sldi r6, r6, 36 ; lbz r7, 0(r6) ; addi r3, r3, 1 ; cmpd cr1, r3, r4 ; ble cr1, 9b"
    LOOPS FAULTS, turns_fault_store, 0x04000000, 0, "rlwinm r6, r10, 0, 29, 29 ; sldi r6, r6, 36 ; addi r6, r6, 0x7f0 ; addi r10, r10, 1 ; stb r7, 0(r6) ; addi r3, r3, 3 ; cmpd cr1, r3, r4 ; b 9b"
    LOOPS FAULTS, turns_fault_changed, 0x02000000, 0, "addi r3, r3, 1 ; rlwinm r6, r3, 0, 29, 29 ; sldi r6, r6, 36 ; cmpd cr1, r3, r4 ; lbz r7, 0(r6) ; ble cr1, 9b"
    LOOPS FAULTS, turns_fault_loaded, 0x04000000, 0, "rlwinm r6, r3, 0, 29, 29 ; sldi r6, r6, 36 ; addi r3, r3, 1 ; addi r6, r6, 0x100 ; lbzu r7, 0x100(r6) ; cmplw cr1, r6, r3 ; bgt cr1, 9b"
    LOOPS FAULTS, turns_fault_between, 0x04000000, 0, "rlwinm r6, r3, 0, 29, 29 ; sldi r6, r6, 36 ; addi r11, r3, -2 ; lbz r7, 0(r6) ; addi r3, r3, 1 ; cmpdi cr1, r11, 0 ; b 9b"
    LOOPS FAULTS, turns_fault_before, 0x04000000, 0, "rlwinm r6, r3, 0, 29, 29 ; sldi r6, r6, 36 ; lbz r7, 0(r6) ; addi r11, r3, -2 ; addi r3, r3, 1 ; cmpdi cr1, r11, 0 ; b 9b"
