/* Scalar types, the ISA's bit numbering and byte-order helpers. Everything else builds on this. */
#ifndef PEFEMU_TYPES_H
#define PEFEMU_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint64_t ea_t;  /* effective address */
typedef uint64_t ra_t;  /* real address (host real, after partition-scoped translation) */
typedef uint64_t gra_t; /* guest real address (GPA) */
typedef uint32_t lpid_t;
typedef unsigned __int128 u128;
typedef __int128 s128;

/* Bit n of a 64-bit register as the Power ISA prints it: bit 0 is the most significant. */
#define PPC_BIT(n) (1ULL << (63 - (n)))
/* Mask of the bits hi..lo, hi <= lo. */
#define PPC_BITS(hi, lo) ((PPC_BIT(hi) - PPC_BIT(lo)) | PPC_BIT(hi))
/* Field hi..lo (ISA numbering, 0..31) of a 32-bit instruction word. */
#define WORD_BITS(w, hi, lo) (((uint32_t)(w) >> (31 - (lo))) & ((2u << ((lo) - (hi))) - 1))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
/* Guests' accesses to their memory race as they like; that is not for ThreadSanitizer to judge. */
#if defined(__SANITIZE_THREAD__)
#define GUEST_ACCESS __attribute__((no_sanitize_thread, noinline, unused))
#else
#define GUEST_ACCESS inline
#endif

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define KiB 1024ULL
#define MiB (1024ULL * KiB)
#define GiB (1024ULL * MiB)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HOST_LE 1
#define be16(x) __builtin_bswap16(x)
#define be32(x) __builtin_bswap32(x)
#define be64(x) __builtin_bswap64(x)
#define le16(x) (x)
#define le32(x) (x)
#define le64(x) (x)
#else
#define HOST_LE 0
#define be16(x) (x)
#define be32(x) (x)
#define be64(x) (x)
#define le16(x) __builtin_bswap16(x)
#define le32(x) __builtin_bswap32(x)
#define le64(x) __builtin_bswap64(x)
#endif

/* Unaligned big- and little-endian access to bytes. */
#define DEFINE_BYTES(bits)                                                                         \
    static inline uint##bits##_t get_be##bits(const void *p)                                       \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
        memcpy(&v, p, sizeof(v));                                                                  \
        return be##bits(v);                                                                        \
    }                                                                                              \
    static inline void put_be##bits(void *p, uint##bits##_t v)                                     \
    {                                                                                              \
        v = be##bits(v);                                                                           \
        memcpy(p, &v, sizeof(v));                                                                  \
    }                                                                                              \
    static inline uint##bits##_t get_le##bits(const void *p)                                       \
    {                                                                                              \
        uint##bits##_t v;                                                                          \
        memcpy(&v, p, sizeof(v));                                                                  \
        return le##bits(v);                                                                        \
    }                                                                                              \
    static inline void put_le##bits(void *p, uint##bits##_t v)                                     \
    {                                                                                              \
        v = le##bits(v);                                                                           \
        memcpy(p, &v, sizeof(v));                                                                  \
    }
DEFINE_BYTES(16)
DEFINE_BYTES(32)
DEFINE_BYTES(64)
#undef DEFINE_BYTES

#endif
