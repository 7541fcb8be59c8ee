/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs inside the guest (static, ppc64el, gcc -O3 -mcpu=power9): floating point, strings, integers,
 * threads of control. Every expected value follows from mathematics or from IEEE 754, not from
 * another emulator.
 */
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned checks, failures;

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(cond)) {                                                                             \
            failures++;                                                                            \
            printf("guest_check: line %d: %s\n", __LINE__, #cond);                                 \
        }                                                                                          \
    } while (0)

/* Keeps the compiler from computing on the host. */
static volatile double one = 1, two = 2, three = 3, zero = 0, ten = 10;
static volatile float onef = 1, threef = 3;
static volatile uint64_t big = 0x123456789abcdef0ULL;

static uint64_t bits(double d)
{
    uint64_t v;
    memcpy(&v, &d, sizeof(v));
    return v;
}

static void check_arithmetic(void)
{
    CHECK(bits(one / three) == 0x3fd5555555555555);
    CHECK(bits(sqrt(two)) == 0x3ff6a09e667f3bcd);
    CHECK(bits(one / ten) == 0x3fb999999999999a);
    CHECK((double)(onef / threef) == 0x1.555556p-2);
    CHECK(isinf(one / zero) && isnan(zero / zero));
    CHECK(fma(one / ten, ten, -one) == 0x1p-54);
    CHECK(bits(-zero) == 0x8000000000000000 && one / -zero < 0);
    CHECK(DBL_MIN / two == 0x1p-1023 && nextafter(zero, one) == 0x1p-1074);
    CHECK(floor(-2.5 * one) == -3 && ceil(-2.5 * one) == -2 && trunc(-2.5 * one) == -2);
    CHECK(rint(2.5 * one) == 2 && rint(3.5 * one) == 4 && round(2.5 * one) == 3);
    CHECK((int64_t)(two * 1e18) == 2000000000000000000LL && (int32_t)(-two * 1e9) == -2000000000);
    CHECK((double)(uint64_t)(big | 1ULL << 63) == 0x1.25678aacde6f8p63 ||
          (double)(uint64_t)(big | 1ULL << 63) == (double)0x923456789abcdef0ULL);
    CHECK((double)(int64_t)big == (double)0x123456789abcdef0LL);
}

static void check_flags(void)
{
    feclearexcept(FE_ALL_EXCEPT);
    volatile double r = one / three;
    CHECK(fetestexcept(FE_ALL_EXCEPT) == FE_INEXACT);
    feclearexcept(FE_ALL_EXCEPT);
    r = one / zero;
    CHECK(fetestexcept(FE_ALL_EXCEPT) == FE_DIVBYZERO);
    feclearexcept(FE_ALL_EXCEPT);
    r = zero / zero;
    CHECK(fetestexcept(FE_INVALID));
    feclearexcept(FE_ALL_EXCEPT);
    r = DBL_MAX * two;
    CHECK(fetestexcept(FE_OVERFLOW | FE_INEXACT) == (FE_OVERFLOW | FE_INEXACT));
    feclearexcept(FE_ALL_EXCEPT);
    r = two * three;
    CHECK(!fetestexcept(FE_ALL_EXCEPT));
    fesetround(FE_UPWARD);
    r = one / three;
    CHECK(bits(r) == 0x3fd5555555555556);
    fesetround(FE_TOWARDZERO);
    r = -one / three;
    CHECK(bits(r) == 0xbfd5555555555555);
    fesetround(FE_TONEAREST);
    (void)r;
}

static void check_functions(void)
{
    double sum = 0, pi = acos(-one);
    CHECK(fabs(pi - 3.14159265358979323846) < 1e-15);
    for (int i = 0; i < 1000; i++) {
        double x = i / 100.0 * one;
        sum +=
            fabs(sin(x) * sin(x) + cos(x) * cos(x) - 1) + fabs(exp(log(x + 1)) - (x + 1)) / (x + 1);
    }
    CHECK(sum < 1e-12);
    CHECK(pow(two, ten) == 1024 && fabs(cbrt(27 * one) - 3) < 1e-15 && hypot(three, 4 * one) == 5);
    CHECK(fmod(ten, three) == 1 && ldexp(one, 100) == 0x1p100 && ilogb(1e10 * one) == 33);
}

static void check_loops(void)
{
    enum { N = 4096 };
    static double a[N], b[N];
    static float f[N];
    static uint32_t w[N];
    static uint8_t c[N];
    double dot = 0;
    float fsum = 0;
    uint64_t wsum = 0;
    unsigned csum = 0;
    for (int i = 0; i < N; i++) {
        a[i] = i;
        b[i] = 2 * i + one;
        f[i] = (float)(i & 15);
        w[i] = (uint32_t)i * 2654435761u;
        c[i] = (uint8_t)(i * 7);
    }
    for (int i = 0; i < N; i++) {
        dot += a[i] * b[i];
        fsum += f[i];
        wsum += w[i] >> 3;
        csum += c[i];
    }
    CHECK(dot == 2.0 * (4095.0 * 4096 * 8191 / 6) + 4095.0 * 4096 / 2);
    CHECK(fsum == 7.5f * N);
    CHECK(csum == N / 256 * (255 * 256 / 2));
    uint64_t slow = 0;
    for (volatile int i = 0; i < N; i++)
        slow += ((uint32_t)i * 2654435761u) >> 3;
    CHECK(wsum == slow);
}

static void check_integers(void)
{
    uint64_t b = big;
    CHECK(__builtin_popcountll(b) == 32 && __builtin_clzll(b) == 3 && __builtin_ctzll(b) == 4);
    CHECK(__builtin_bswap64(b) == 0xf0debc9a78563412ULL);
    CHECK((uint64_t)(((unsigned __int128)b * b) >> 64) == 0x014b66dc33f6acdcULL);
    CHECK(b / 1000003 == 1311768467463790320ULL / 1000003 && b % 97 == 1311768467463790320ULL % 97);
    CHECK((unsigned __int128)b * 1000 / 1000 == b);
}

static void check_strings(void)
{
    char buf[300], text[64], *end;
    memset(buf, 'x', sizeof(buf));
    for (size_t n = 0; n < 130; n++) {
        memset(buf, 'a', n);
        buf[n] = 0;
        CHECK(strlen(buf) == n && strchr(buf, 0) == buf + n && memchr(buf, 0, 300) == buf + n);
        buf[n] = 'x';
    }
    memmove(buf + 3, buf, 200);
    CHECK(!memcmp(buf + 3, buf + 3, 200) && buf[203 + 2] == 'x');
    strcpy(text, "power9"); /* not a constant: the library is to compare it */
    CHECK(strcmp(text, "power8") > 0 && strncmp(text, "power8", 5) == 0);
    CHECK(!strcmp(strstr("needle in a haystack", "hay"), "haystack"));
    snprintf(text, sizeof(text), "%.17g %a %d %llx %s", 0.1 * one, 1.5 * one, -42, 255ULL, "end");
    CHECK(!strcmp(text, "0.10000000000000001 0x1.8p+0 -42 ff end"));
    CHECK(strtod("2.2250738585072011e-308", &end) == 0x0.fffffffffffffp-1022 && !*end);
    CHECK(strtod("1.7976931348623157e308", NULL) == DBL_MAX);
    CHECK(strtoull("18446744073709551615", NULL, 10) == UINT64_MAX);
}

static void check_long_double(void)
{
    volatile long double x = 1, y = 3;
    long double r = x / y * y - x;
    CHECK(r < 1e-28L && r > -1e-28L);
    CHECK((double)(x / y) == one / three);
}

static sigjmp_buf back;
static void on_signal(int sig)
{
    siglongjmp(back, sig);
}

static void check_system(void)
{
    volatile char *forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct timespec t0, t1;
    int status = 0;
    pid_t child;
    signal(SIGSEGV, on_signal);
    signal(SIGILL, on_signal);
    int sig = sigsetjmp(back, 1);
    if (!sig)
        *forbidden = 1;
    CHECK(sig == SIGSEGV);
    sig = sigsetjmp(back, 1);
    if (!sig)
        __asm__ volatile(".long 0");
    CHECK(sig == SIGILL);
    uint8_t *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED && p[12345] == 0);
    p[0] = 1;
    child = fork();
    if (!child) {
        p[0] = 2;
        _exit(p[0] + 40);
    }
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 42 && p[0] == 1);
    clock_gettime(CLOCK_MONOTONIC, &t0);
    usleep(20000);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    double dt = (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec) / 1e9;
    CHECK(dt > 0.0199 && dt < 5);
}

/* Code written at run time, then changed: the second version must run. */
static void check_new_code(void)
{
    uint32_t *code =
        mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(code != MAP_FAILED);
    if (code == MAP_FAILED)
        return;
    for (uint32_t n = 1; n <= 100; n++) {
        code[0] = 0x38600000 | n; /* li r3,n */
        code[1] = 0x4e800020;     /* blr */
        __builtin___clear_cache((char *)code, (char *)(code + 2));
        CHECK(((int (*)(void))code)() == (int)n);
    }
}

int main(void)
{
    check_arithmetic();
    check_flags();
    check_functions();
    check_loops();
    check_integers();
    check_strings();
    check_long_double();
    check_system();
    check_new_code();
    if (failures)
        printf("guest_check: %u of %u checks failed\n", failures, checks);
    else
        printf("guest_check: all %u checks passed\n", checks);
    return failures != 0;
}
