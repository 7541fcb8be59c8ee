// SPDX-License-Identifier: Apache-2.0
/*
 * The interpreter of a small dynamic language: registers of tagged values, tables with an array and
 * a hash of interned strings, calls of functions. It runs recursion, a sieve, and objects with
 * fields.
 */
#include <stdbool.h>
#include <string.h>

#include "bench.h"

enum tag { NIL, INT, REAL, TABLE, NAME };

struct value {
    enum tag tag;
    union {
        int64_t i;
        double d;
        struct table *t;
        const struct name *n;
    } as;
};

struct name {
    uint32_t hash;
};

enum { SLOTS = 16, STACK = 4096 };

struct table {
    struct slot {
        const struct name *key;
        struct value value;
    } slots[SLOTS]; /* open addressing */
    struct value *array;
    uint64_t length;
};

/* ---- code: op, and three bytes ---- */
enum op {
    OP_INT,  /* a = b, a small number */
    OP_REAL, /* a = b / 4 */
    OP_MOVE, /* a = b */
    OP_ADD,  /* a = b + c, likewise */
    OP_SUB,
    OP_MUL,
    OP_LESS,     /* skip the next instruction unless a < b */
    OP_TRUE,     /* skip the next instruction unless a is neither nil nor 0 */
    OP_JUMP,     /* by a, signed */
    OP_GET,      /* a = b.name[c] */
    OP_SET,      /* a.name[b] = c */
    OP_INDEX,    /* a = b[c] */
    OP_SETINDEX, /* a[b] = c */
    OP_CALL,     /* a = function b with its registers from a on */
    OP_RETURN    /* a */
};

struct insn {
    uint8_t op, a, b, c;
};

struct machine {
    struct value stack[STACK];
    struct name names[8];
    const struct insn *functions[4];
    uint64_t executed;
};

static struct slot *slot_of(struct table *t, const struct name *key)
{
    size_t at = key->hash % SLOTS;
    while (t->slots[at].key && t->slots[at].key != key) {
        at = (at + 1) % SLOTS;
    }
    return &t->slots[at];
}

static struct value arithmetic(enum op op, struct value x, struct value y)
{
    if (x.tag == INT && y.tag == INT) {
        uint64_t a = (uint64_t)x.as.i, b = (uint64_t)y.as.i;
        uint64_t z = op == OP_ADD ? a + b : op == OP_SUB ? a - b : a * b;
        return (struct value){INT, {.i = (int64_t)z}};
    }
    double a = x.tag == INT ? (double)x.as.i : x.as.d, b = y.tag == INT ? (double)y.as.i : y.as.d;
    return (struct value){REAL, {.d = op == OP_ADD ? a + b : op == OP_SUB ? a - b : a * b}};
}

static bool is_less(struct value x, struct value y)
{
    if (x.tag == INT && y.tag == INT) {
        return x.as.i < y.as.i;
    }
    return (x.tag == INT ? (double)x.as.i : x.as.d) < (y.tag == INT ? (double)y.as.i : y.as.d);
}

static bool is_true(struct value v)
{
    return v.tag != NIL && !(v.tag == INT && v.as.i == 0);
}

static void set_index(struct value t, struct value index, struct value v)
{
    if (t.tag != TABLE || index.tag != INT || (uint64_t)index.as.i >= t.as.t->length) {
        bench_fail("script: no such element");
    }
    t.as.t->array[index.as.i] = v;
}

static struct value get_index(struct value t, struct value index)
{
    if (t.tag != TABLE || index.tag != INT || (uint64_t)index.as.i >= t.as.t->length) {
        return (struct value){NIL, {.i = 0}};
    }
    return t.as.t->array[index.as.i];
}

BENCH_ALONE static struct value run(struct machine *m, const struct insn *at, struct value *r)
{
    for (;; at++) {
        m->executed++;
        switch ((enum op)at->op) {
        case OP_INT:
            r[at->a] = (struct value){INT, {.i = at->b}};
            break;
        case OP_REAL:
            r[at->a] = (struct value){REAL, {.d = at->b * 0.25}};
            break;
        case OP_MOVE:
            r[at->a] = r[at->b];
            break;
        case OP_ADD:
        case OP_SUB:
        case OP_MUL:
            r[at->a] = arithmetic((enum op)at->op, r[at->b], r[at->c]);
            break;
        case OP_LESS:
            at += !is_less(r[at->a], r[at->b]);
            break;
        case OP_TRUE:
            at += !is_true(r[at->a]);
            break;
        case OP_JUMP:
            at += (int8_t)at->a;
            break;
        case OP_GET:
            r[at->a] = slot_of(r[at->b].as.t, &m->names[at->c])->value;
            break;
        case OP_SET: {
            struct slot *slot = slot_of(r[at->a].as.t, &m->names[at->b]);
            slot->key = &m->names[at->b];
            slot->value = r[at->c];
            break;
        }
        case OP_INDEX:
            r[at->a] = get_index(r[at->b], r[at->c]);
            break;
        case OP_SETINDEX:
            set_index(r[at->a], r[at->b], r[at->c]);
            break;
        case OP_CALL:
            if (r + at->a + 16 > m->stack + STACK) {
                bench_fail("script: the stack is full");
            }
            r[at->a] = run(m, m->functions[at->b], r + at->a);
            break;
        case OP_RETURN:
            return r[at->a];
        }
    }
}

/* ---- programs; a jump counts from the instruction behind it ---- */
#define BACK(n) ((uint8_t)(256 - (n)))

/* f(n) = n < 2 ? n : f(n - 1) + f(n - 2); n in 0 */
static const struct insn fib[] = {
    {OP_INT, 1, 2, 0},  {OP_LESS, 0, 1, 0}, {OP_RETURN, 0, 0, 0}, {OP_INT, 1, 1, 0},
    {OP_SUB, 2, 0, 1},  {OP_CALL, 2, 0, 0}, {OP_INT, 1, 2, 0},    {OP_SUB, 3, 0, 1},
    {OP_CALL, 3, 0, 0}, {OP_ADD, 2, 2, 3},  {OP_RETURN, 2, 0, 0},
};

/* Counts the primes below 1; 0 is an array of as many, 7 marks what is none.
 * 2: i, 3: j, 4: 1, 5: the count, 6: an element. */
static const struct insn sieve[] = {
    {OP_INT, 2, 2, 0},   {OP_INT, 4, 1, 0},         {OP_INT, 5, 0, 0},
    {OP_INDEX, 6, 0, 2}, /* is i marked? */
    {OP_LESS, 6, 7, 0},  {OP_JUMP, 1, 0, 0},        {OP_JUMP, 8, 0, 0},
    {OP_ADD, 5, 5, 4},   {OP_ADD, 3, 2, 2},         {OP_LESS, 3, 1, 0}, /* while j is inside */
    {OP_JUMP, 1, 0, 0},  {OP_JUMP, 3, 0, 0},        {OP_SETINDEX, 0, 3, 7},
    {OP_ADD, 3, 3, 2},   {OP_JUMP, BACK(6), 0, 0},  {OP_ADD, 2, 2, 4}, /* the next i */
    {OP_LESS, 2, 1, 0},  {OP_JUMP, BACK(15), 0, 0}, {OP_RETURN, 5, 0, 0},
};

/* 1 times: the objects of array 0 (2 of them) move: x += v; v -= x / 4; one counts its steps. */
static const struct insn objects[] = {
    {OP_INT, 4, 1, 0},         {OP_REAL, 5, 1, 0}, {OP_INT, 3, 0, 0}, /* 2: i = 0 */
    {OP_INDEX, 6, 0, 3},                                              /* 3 */
    {OP_GET, 7, 6, 0},         {OP_GET, 8, 6, 1},  {OP_ADD, 7, 7, 8},  {OP_SET, 6, 0, 7},
    {OP_MUL, 9, 7, 5},         {OP_SUB, 8, 8, 9},  {OP_SET, 6, 1, 8},  {OP_GET, 9, 6, 2},
    {OP_ADD, 9, 9, 4},         {OP_SET, 6, 2, 9},  {OP_ADD, 3, 3, 4},  {OP_LESS, 3, 2, 0},
    {OP_JUMP, BACK(14), 0, 0}, {OP_SUB, 1, 1, 4},  {OP_TRUE, 1, 0, 0}, {OP_JUMP, BACK(18), 0, 0},
    {OP_RETURN, 7, 0, 0},
};

static struct value integer(int64_t i)
{
    return (struct value){INT, {.i = i}};
}

static uint64_t bits_of(struct value v)
{
    return v.tag == REAL ? bench_bits(v.as.d) : (uint64_t)v.as.i;
}

enum { NUMBERS = 2000, OBJECTS = 50 };

static struct value run_sieve(struct machine *m, struct table *numbers, int64_t round)
{
    m->stack[0] = (struct value){TABLE, {.t = numbers}};
    m->stack[1] = integer(NUMBERS);
    m->stack[7] = integer(round);
    return run(m, sieve, m->stack);
}

static struct value run_objects(struct machine *m, struct table *list)
{
    m->stack[0] = (struct value){TABLE, {.t = list}};
    m->stack[1] = integer(40);
    m->stack[2] = integer(OBJECTS);
    return run(m, objects, m->stack);
}

uint64_t bench_script(unsigned work)
{
    static struct machine m;
    static struct value numbers_array[NUMBERS], objects_array[OBJECTS];
    static struct table numbers = {.array = numbers_array, .length = NUMBERS};
    static struct table list = {.array = objects_array, .length = OBJECTS}, things[OBJECTS];
    uint64_t sum = 0;
    m.functions[0] = fib;
    for (uint32_t i = 0; i < 8; i++) {
        m.names[i].hash = i * 0x9e3779b1U >> 7;
    }
    for (size_t i = 0; i < NUMBERS; i++) {
        numbers_array[i] = integer(0);
    }
    for (size_t i = 0; i < OBJECTS; i++) {
        objects_array[i] = (struct value){TABLE, {.t = &things[i]}};
        for (size_t field = 0; field < 3; field++) {
            struct slot *slot = slot_of(&things[i], &m.names[field]);
            slot->key = &m.names[field];
            slot->value = field == 2 ? integer(0) : (struct value){REAL, {.d = (double)i + 0.5}};
        }
    }
    for (unsigned round = 0; round < work; round++) {
        m.stack[0] = integer(14);
        if (run(&m, fib, m.stack).as.i != 377) {
            bench_fail("script: fib(14) is 377");
        }
        if (run_sieve(&m, &numbers, round + 1).as.i != 303) {
            bench_fail("script: there are 303 primes below 2000");
        }
        sum = bench_mix(sum, bits_of(run_objects(&m, &list)));
    }
    return bench_mix(sum, m.executed);
}
