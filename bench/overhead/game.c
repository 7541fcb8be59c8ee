// SPDX-License-Identifier: Apache-2.0
/*
 * Game-tree search as a chess program does it, on bit boards: alpha-beta with ordered moves and a
 * transposition table. The game is Othello from a position some random moves into it.
 */
#include <string.h>

#include "overhead.h"

enum { TABLE = 1 << 14, DIRECTIONS = 8, WIN = 10000 };

static const int shift_of[DIRECTIONS] = {1, -1, 8, -8, 9, -9, 7, -7};
/* Without wrapping round the edge: which squares a step may land on. */
#define NOT_A 0xfefefefefefefefeULL
#define NOT_H 0x7f7f7f7f7f7f7f7fULL
static const uint64_t landing[DIRECTIONS] = {NOT_A, NOT_H, ~0ULL, ~0ULL,
                                             NOT_A, NOT_H, NOT_H, NOT_A};

struct position {
    uint64_t mine, theirs;
};

static struct slot {
    struct position position;
    int depth, value;
} table[TABLE];
static uint64_t nodes;

static uint64_t step(uint64_t b, int direction)
{
    int s = shift_of[direction];
    return (s > 0 ? b << s : b >> -s) & landing[direction];
}

static uint64_t moves_of(struct position p)
{
    uint64_t empty = ~(p.mine | p.theirs), moves = 0;
    for (int d = 0; d < DIRECTIONS; d++) {
        uint64_t run = step(p.mine, d) & p.theirs;
        for (int i = 0; i < 5; i++) {
            run |= step(run, d) & p.theirs;
        }
        moves |= step(run, d) & empty;
    }
    return moves;
}

static struct position play(struct position p, uint64_t move)
{
    uint64_t turned = 0;
    for (int d = 0; d < DIRECTIONS; d++) {
        uint64_t run = 0, at = step(move, d);
        while (at & p.theirs) {
            run |= at;
            at = step(at, d);
        }
        if (at & p.mine) {
            turned |= run;
        }
    }
    return (struct position){p.theirs & ~turned, p.mine | turned | move};
}

static int count(uint64_t b)
{
    return __builtin_popcountll(b);
}

static int evaluate(struct position p)
{
    const uint64_t corners = 0x8100000000000081ULL;
    struct position other = {p.theirs, p.mine};
    return 8 * (count(moves_of(p)) - count(moves_of(other))) +
           40 * (count(p.mine & corners) - count(p.theirs & corners)) + count(p.mine) -
           count(p.theirs);
}

/* Corners first, then the edge, then the rest. */
static uint64_t next_move(uint64_t moves)
{
    static const uint64_t order[] = {0x8100000000000081ULL, 0x3c0081818181003cULL, ~0ULL};
    for (size_t i = 0; i < 3; i++) {
        if (moves & order[i]) {
            return moves & order[i] & -(moves & order[i]);
        }
    }
    return 0;
}

static struct slot *slot_of(struct position p)
{
    uint64_t h = (p.mine ^ (p.theirs << 1 | p.theirs >> 63)) * 0x9e3779b97f4a7c15ULL;
    return &table[h >> 50];
}

static int search(struct position p, int depth, int alpha, int beta, int passed)
{
    struct slot *s = slot_of(p);
    nodes++;
    if (depth == 0) {
        return evaluate(p);
    }
    if (s->depth == depth && s->position.mine == p.mine && s->position.theirs == p.theirs) {
        return s->value;
    }
    uint64_t moves = moves_of(p);
    int best = -2 * WIN, first_alpha = alpha;
    if (!moves) {
        if (passed) {
            return WIN * (count(p.mine) > count(p.theirs) ? 1 : -1);
        }
        return -search((struct position){p.theirs, p.mine}, depth - 1, -beta, -alpha, 1);
    }
    while (moves && alpha < beta) {
        uint64_t move = next_move(moves);
        int value = -search(play(p, move), depth - 1, -beta, -alpha, 0);
        moves &= ~move;
        best = value > best ? value : best;
        alpha = best > alpha ? best : alpha;
    }
    if (best > first_alpha && best < beta) { /* only exact values are worth keeping */
        *s = (struct slot){p, depth, best};
    }
    return best;
}

uint64_t lab_game(unsigned depth)
{
    struct position p = {0x0000000810000000ULL, 0x0000001008000000ULL};
    uint64_t seed = 34, sum = 0;
    memset(table, 0, sizeof(table));
    for (int i = 0; i < 16; i++) {
        uint64_t moves = moves_of(p);
        if (!moves) {
            break;
        }
        for (unsigned skip = bench_random(&seed) % (unsigned)count(moves); skip; skip--) {
            moves &= moves - 1;
        }
        p = play(p, moves & -moves);
        sum = bench_mix(sum, (uint64_t)search(p, (int)depth - 2, -2 * WIN, 2 * WIN, 0));
    }
    nodes = 0;
    sum = bench_mix(sum, (uint64_t)search(p, (int)depth, -2 * WIN, 2 * WIN, 0));
    return bench_mix(sum, nodes);
}

uint64_t lab_games(unsigned work)
{
    uint64_t sum = 0;
    while (work--) {
        sum = bench_mix(sum, lab_game(5));
    }
    return sum;
}
