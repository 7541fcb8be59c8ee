/*
 * Runs conformance cases on the machine it is started on: a static ppc64le program for the test
 * oracle (qemu-ppc64le) or for real POWER9 hardware.
 *
 *   conformance-guest CASES RESULTS     struct conf_case[] in, struct conf_state[] out
 *
 * enter_code loads every register from IN_STATE and branches to the case; the word after the case
 * branches to leave_code, which stores every register to OUT_STATE. TAR is the scratch register
 * that makes this possible without losing a GPR. Both are copied to fixed addresses below 32 MiB so
 * that absolute branches reach them.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "case.h"

#define STR2(x) #x
#define STR(x)  STR2(x)
#define HIGH(x) "(" STR(x) ")@h"
#define LOW(x)  "(" STR(x) ")@l"
#define ALL_VSRS                                                                                   \
    "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,"       \
    "32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,"   \
    "62,63"

/* The assembler must see plain numbers. */
#define A_SLOT_BEFORE 0x01004ff8
#define A_OUT_HIGH    0x0102
#define A_IN_LOW      0x2000
#define A_SAVE_LOW    0x4000
_Static_assert(A_SLOT_BEFORE == SLOT - 4 && OUT_STATE == A_OUT_HIGH << 16 &&
                   IN_STATE == (A_OUT_HIGH << 16 | A_IN_LOW) &&
                   SAVE_AREA == (A_OUT_HIGH << 16 | A_SAVE_LOW),
               "addresses");

__asm__(".machine power9\n"
        ".pushsection .text\n"
        ".globl enter_code, enter_code_end, leave_code, leave_code_end\n"
        "enter_code:\n"
        "    lis 4, " STR(A_OUT_HIGH) "\n"
                                      "    ori 4, 4, " STR(
                                          A_SAVE_LOW) "\n"
                                                      "    .irp r, "
                                                      "1,2,13,14,15,16,17,18,19,20,21,22,23,24,25,"
                                                      "26,"
                                                      "27,28,29,30,31\n"
                                                      "    std \\r, 8*\\r(4)\n"
                                                      "    .endr\n"
                                                      "    mflr 0\n"
                                                      "    std 0, 256(4)\n"
                                                      "    mfcr 0\n"
                                                      "    std 0, 264(4)\n"
                                                      "    addi 5, 4, 512\n"
                                                      "    stdcx. 0, 0, 5\n" /* no case starts with
                                                                                a reservation */
                                                      "    lis 3, " STR(A_OUT_HIGH) "\n"
                                                                                    "    ori 3, "
                                                                                    "3, " STR(
                                                                                        A_IN_LOW) "\n"
                                                                                                  "    "
                                                                                                  "lfd "
                                                                                                  "0,"
                                                                                                  " " STR(
                                                                                                      OFF_FPSCR) "(3)\n"
                                                                                                                 "    mtfsf 255, 0, 1, 0\n"
                                                                                                                 "    ld 0, " STR(
                                                                                                                     OFF_VSCR) "(3)\n"
                                                                                                                               "    mtvsrdd 32, 0, 0\n"
                                                                                                                               "    mtvscr 0\n"
                                                                                                                               "    .irp v, " ALL_VSRS
                                                                                                                               "\n"
                                                                                                                               "    lxv \\v, " STR(
                                                                                                                                   OFF_VSR) "+16*\\v(3)\n"
                                                                                                                                            "    .endr\n"
                                                                                                                                            "    ld 0, " STR(
                                                                                                                                                OFF_CR) "(3)\n"
                                                                                                                                                        "    mtcrf 255, 0\n"
                                                                                                                                                        "    ld 0, " STR(
                                                                                                                                                            OFF_XER) "(3)\n"
                                                                                                                                                                     "    mtxer 0\n"
                                                                                                                                                                     "    ld 0, " STR(OFF_LR) "(3)\n"
                                                                                                                                                                                              "    mtlr 0\n"
                                                                                                                                                                                              "    ld 0, " STR(OFF_CTR) "(3)\n"
                                                                                                                                                                                                                        "    mtctr 0\n"
                                                                                                                                                                                                                        "    ld 0, " STR(OFF_TAR) "(3)\n"
                                                                                                                                                                                                                                                  "    mtspr 815, 0\n"
                                                                                                                                                                                                                                                  "    .irp r, 0,1,2,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,"
                                                                                                                                                                                                                                                  "28,29,30,31\n"
                                                                                                                                                                                                                                                  "    ld \\r, 8*\\r(3)\n"
                                                                                                                                                                                                                                                  "    .endr\n"
                                                                                                                                                                                                                                                  "    ld 3, 24(3)\n"
                                                                                                                                                                                                                                                  "    ba " STR(A_SLOT_BEFORE) "\n"
                                                                                                                                                                                                                                                                               "enter_code_end:\n"
                                                                                                                                                                                                                                                                               "leave_code:\n"
                                                                                                                                                                                                                                                                               "    mtspr 815, 31\n"
                                                                                                                                                                                                                                                                               "    lis 31, " STR(A_OUT_HIGH) "\n"
                                                                                                                                                                                                                                                                                                              "    .irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,"
                                                                                                                                                                                                                                                                                                              "28,29,30\n"
                                                                                                                                                                                                                                                                                                              "    std \\r, 8*\\r(31)\n"
                                                                                                                                                                                                                                                                                                              "    .endr\n"
                                                                                                                                                                                                                                                                                                              "    mfspr 0, 815\n"
                                                                                                                                                                                                                                                                                                              "    std 0, 248(31)\n"
                                                                                                                                                                                                                                                                                                              "    mfcr 0\n"
                                                                                                                                                                                                                                                                                                              "    std 0, " STR(OFF_CR) "(31)\n"
                                                                                                                                                                                                                                                                                                                                        "    mfxer 0\n"
                                                                                                                                                                                                                                                                                                                                        "    std 0, " STR(OFF_XER) "(31)\n"
                                                                                                                                                                                                                                                                                                                                                                   "    mflr 0\n"
                                                                                                                                                                                                                                                                                                                                                                   "    std 0, " STR(
                                                                                                                                                                                                                                                                                                                                                                       OFF_LR) "(31)\n"
                                                                                                                                                                                                                                                                                                                                                                               "    mfctr 0\n"
                                                                                                                                                                                                                                                                                                                                                                               "    std 0, " STR(OFF_CTR) "(31)\n"
                                                                                                                                                                                                                                                                                                                                                                                                          "    .irp v, " ALL_VSRS
                                                                                                                                                                                                                                                                                                                                                                                                          "\n"
                                                                                                                                                                                                                                                                                                                                                                                                          "    stxv \\v, " STR(OFF_VSR) "+16*\\v(31)\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                        "    .endr\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                        "    mffs 0\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                        "    stfd 0, " STR(
                                                                                                                                                                                                                                                                                                                                                                                                                                            OFF_FPSCR) "(31)\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    mfvscr 0\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    mfvsrld 0, 32\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    std 0, " STR(
                                                                                                                                                                                                                                                                                                                                                                                                                                                           OFF_VSCR) "(31)\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "    xxlxor 0, 0, 0\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "    mtfsf 255, 0, 1, 0\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "    ori 4, 31, " STR(A_SAVE_LOW) "\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    ld 0, 256(4)\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    mtlr 0\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    ld 0, 264(4)\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    mtcrf 255, 0\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    .irp r, 1,2,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    ld \\r, 8*\\r(4)\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    .endr\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "    blr\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "leave_code_end:\n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       ".popsection\n");
extern const uint32_t enter_code[], enter_code_end[], leave_code[], leave_code_end[];

#define OUT ((volatile struct conf_state *)OUT_STATE)

#define INSN_TRAP   0x7fe00008u /* tw 31,0,0 */
#define INSN_BA(to) (0x48000002u | (to))
#define GP_REG_NIP  32

/* The case faulted, or branched to somewhere that is no code: note it and store the registers,
 * which the signal return brings back. No thread-local storage here: r13 belongs to the case. */
static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uint64_t nip = uc->uc_mcontext.gp_regs[GP_REG_NIP];
    (void)info;
    OUT->nia = nip;
    OUT->signal = nip == SLOT || nip == SLOT - 4 ? sig : 0;
    uc->uc_mcontext.gp_regs[GP_REG_NIP] = LEAVE;
}

static void catch_signals(void)
{
    static char stack[65536];
    static const int signals[] = {SIGILL, SIGFPE, SIGTRAP, SIGSEGV, SIGBUS};
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction sa = {.sa_sigaction = on_signal,
                           .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigaltstack(&ss, NULL);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &sa, NULL);
}

static void install_code(uint32_t at, const uint32_t *from, const uint32_t *to)
{
    memcpy((void *)(uintptr_t)at, from, (const char *)to - (const char *)from);
    __builtin___clear_cache((char *)(uintptr_t)at, (char *)(uintptr_t)at + 4096);
}

static int prepare(void)
{
    void *at = (void *)(uintptr_t)MAP_BASE;
    if (mmap(at, MAP_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != at) {
        perror("mmap of the test area");
        return 0;
    }
    uint32_t *words = at;
    for (size_t i = 0; i < (CODE_BASE + CODE_SIZE - MAP_BASE) / 4; i++)
        words[i] = INSN_TRAP;
    *(uint32_t *)(uintptr_t)(SLOT + 4) = INSN_BA(LEAVE);
    install_code(ENTER, enter_code, enter_code_end);
    install_code(LEAVE, leave_code, leave_code_end);
    catch_signals();
    return 1;
}

static void enter(void)
{
    register uint64_t target __asm__("r12") = ENTER;
    __asm__ volatile("mtctr %0\n bctrl\n"
                     : "+r"(target)
                     :
                     : "r0", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "lr", "ctr",
                       "xer", "cr0", "cr1", "cr5", "cr6", "cr7", "memory", "fr0", "fr1", "fr2",
                       "fr3", "fr4", "fr5", "fr6", "fr7", "fr8", "fr9", "fr10", "fr11", "fr12",
                       "fr13", "fr14", "fr15", "fr16", "fr17", "fr18", "fr19", "fr20", "fr21",
                       "fr22", "fr23", "fr24", "fr25", "fr26", "fr27", "fr28", "fr29", "fr30",
                       "fr31", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10",
                       "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
                       "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

static void run_case(const struct conf_case *c, struct conf_state *result)
{
    uint32_t *slot = (uint32_t *)(uintptr_t)(SLOT - 4);
    memcpy((void *)(uintptr_t)IN_STATE, &c->in, sizeof(c->in));
    memcpy((void *)(uintptr_t)BUF_BASE, c->in.buf, BUF_SIZE);
    slot[0] = c->words[0];
    slot[1] = c->words[1];
    __builtin___clear_cache((char *)slot, (char *)(slot + 2));
    OUT->nia = SLOT + 4;
    OUT->signal = 0;
    enter();
    memcpy(result, (void *)(uintptr_t)OUT_STATE, sizeof(*result));
    result->tar = 0;
    memcpy(result->buf, (void *)(uintptr_t)BUF_BASE, BUF_SIZE);
}

static int run_cases(FILE *in, FILE *out)
{
    static struct conf_case c;
    static struct conf_state result;
    setvbuf(out, NULL, _IONBF, 0); /* a crash of the oracle shows after which case it came */
    while (fread(&c, sizeof(c), 1, in) == 1) {
        run_case(&c, &result);
        if (fwrite(&result, sizeof(result), 1, out) != 1)
            return 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
    FILE *out = in ? fopen(argv[2], "wb") : NULL;
    int ok = out && prepare() && run_cases(in, out);
    if (!out)
        fprintf(stderr, "usage: conformance-guest CASES RESULTS\n");
    if (in)
        fclose(in);
    if (out)
        ok = !fclose(out) && ok;
    return ok ? 0 : 2;
}
