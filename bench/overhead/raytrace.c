// SPDX-License-Identifier: Apache-2.0
/* Ray tracing: spheres over a chequered floor, one lamp, shadows, mirrors. */
#include <math.h>

#include "overhead.h"

enum { SIDE = 48, MIDDLE = SIDE / 2, SPHERES = 7, BOUNCES = 3 };

struct v3 {
    double x, y, z;
};

struct sphere {
    struct v3 centre;
    double radius, colour, mirror;
};

static struct sphere spheres[SPHERES];
static const struct v3 lamp = {-4, 6, -3};

static struct v3 add(struct v3 a, struct v3 b, double scale)
{
    return (struct v3){a.x + b.x * scale, a.y + b.y * scale, a.z + b.z * scale};
}

static double dot(struct v3 a, struct v3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static struct v3 unit(struct v3 a)
{
    return add((struct v3){0, 0, 0}, a, 1 / sqrt(dot(a, a)));
}

/* Distance to the nearest sphere in @direction; @hit: which, -1 none. */
static double nearest(struct v3 from, struct v3 direction, int *hit)
{
    double best = 1e9;
    *hit = -1;
    for (int i = 0; i < SPHERES; i++) {
        struct v3 to = add(spheres[i].centre, from, -1);
        double along = dot(to, direction);
        double d = along * along - dot(to, to) + spheres[i].radius * spheres[i].radius;
        if (d <= 0) {
            continue;
        }
        double t = along - sqrt(d);
        if (t > 1e-6 && t < best) {
            best = t;
            *hit = i;
        }
    }
    return best;
}

static double light_at(struct v3 at, struct v3 normal)
{
    struct v3 to = add(lamp, at, -1);
    double distance2 = dot(to, to);
    int hit;
    to = unit(to);
    double t = nearest(at, to, &hit), facing = dot(normal, to);
    if (facing <= 0 || (hit >= 0 && t * t < distance2)) {
        return 0.1;
    }
    return 0.1 + 0.9 * facing;
}

static double trace(struct v3 from, struct v3 direction, int bounces)
{
    int hit;
    double t = nearest(from, direction, &hit), floor_t = -from.y / direction.y;
    if (hit < 0 && direction.y < 0) {
        struct v3 at = add(from, direction, floor_t);
        double chequer = (int)(floor(at.x) + floor(at.z)) & 1 ? 0.9 : 0.3;
        return chequer * light_at(add(at, (struct v3){0, 1, 0}, 1e-6), (struct v3){0, 1, 0});
    }
    if (hit < 0) {
        return 0.5 + 0.5 * direction.y;
    }
    struct v3 at = add(from, direction, t);
    struct v3 normal = unit(add(at, spheres[hit].centre, -1));
    double colour = spheres[hit].colour * light_at(at, normal);
    if (!bounces) {
        return colour;
    }
    struct v3 mirrored = add(direction, normal, -2 * dot(direction, normal));
    return colour + spheres[hit].mirror * trace(at, mirrored, bounces - 1);
}

uint64_t lab_raytrace(unsigned work)
{
    uint64_t seed = 39, sum = 0;
    while (work--) {
        for (size_t i = 0; i < SPHERES; i++) {
            spheres[i] = (struct sphere){
                {bench_unit(&seed) * 6 - 3, bench_unit(&seed) * 2 + 0.5, bench_unit(&seed) * 4 + 2},
                bench_unit(&seed) * 0.8 + 0.2,
                bench_unit(&seed),
                bench_unit(&seed) * 0.6};
        }
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                struct v3 direction = {(x - MIDDLE) * (2.0 / SIDE), (MIDDLE - y) * (2.0 / SIDE),
                                       1.5};
                double v = trace((struct v3){0, 1.5, -4}, unit(direction), BOUNCES);
                sum = bench_mix(sum, bench_bits(v));
            }
        }
    }
    return sum;
}
