/*
 * Random programs with the registers that a POWER9 ended with, as the Microwatt project has them in
 * its folder tests: N.bin is an image for address 0, which ends in a program interrupt, N.out the
 * registers.
 *
 *   recorded ENGINE N.bin...
 *
 * GPR 31 is not compared: the recording used it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "conformance.h"

#define END_VECTOR 0x700

static size_t read_image(const char *path, uint8_t *image, size_t size)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(image, 1, size, f) : 0;
    if (f)
        fclose(f);
    return n;
}

/* The value that the state has for a name of N.out; false: the name is unknown. */
static bool lookup(const struct conf_state *s, const char *name, uint64_t *v)
{
    unsigned n;
    if (sscanf(name, "GPR%u", &n) == 1 && n < 32)
        *v = s->gpr[n];
    else if (!strcmp(name, "CR"))
        *v = s->cr;
    else if (!strcmp(name, "LR"))
        *v = s->lr;
    else if (!strcmp(name, "CTR"))
        *v = s->ctr;
    else if (!strcmp(name, "XER"))
        *v = s->xer;
    else
        return false;
    return true;
}

/* Compares with N.out; the number of registers compared, or -1 after a difference. */
static int compare(const char *path, const struct conf_state *s)
{
    char out[1024], line[128], name[16];
    int compared = 0;
    snprintf(out, sizeof(out), "%.*s.out", (int)(strlen(path) - 4), path);
    FILE *f = fopen(out, "r");
    while (f && fgets(line, sizeof(line), f)) {
        unsigned long long want;
        uint64_t got;
        if (sscanf(line, "%15s %llx", name, &want) != 2 || !strcmp(name, "GPR31") ||
            !lookup(s, name, &got))
            continue;
        compared++;
        if (got != want) {
            printf("%s: %s is %016llx, recorded %016llx\n", path, name, (unsigned long long)got,
                   want);
            compared = -1;
            break;
        }
    }
    if (f)
        fclose(f);
    return compared;
}

static bool check(struct conf_machine *cm, const char *path)
{
    static uint8_t image[1 << 20];
    struct conf_state s;
    size_t size = strlen(path) > 4 ? read_image(path, image, sizeof(image)) : 0;
    if (!size || !run_image(cm, image, size, END_VECTOR, &s)) {
        printf("%s: %s\n", path, size ? "did not end" : "cannot be read");
        return false;
    }
    int compared = compare(path, &s);
    if (compared >= 0 && compared < 35)
        printf("%s: only %d registers are recorded\n", path, compared);
    return compared >= 35;
}

int main(int argc, char **argv)
{
    const struct engine *engine = argc > 2 ? engine_find(argv[1]) : NULL;
    unsigned passed = 0, failed = 0;
    if (!engine) {
        fprintf(stderr, "usage: recorded ENGINE N.bin...\n");
        return 2;
    }
    struct conf_machine *cm = run_create(engine);
    for (int i = 2; i < argc; i++) {
        bool good = check(cm, argv[i]);
        passed += good;
        failed += !good;
    }
    run_destroy(cm);
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
