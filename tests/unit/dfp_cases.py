#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes dfp_cases.inc: decimal instructions with results from Python's decimal module.

usage: dfp_cases.py [SEED [COUNT]] >dfp_cases.inc

One line a case: DFP("mnemonic", word, FPSCR before, A, B, result, FPSCR after), with A in f2 and f3, B
in f4 and f5, the result in f6 and f7, each two doublewords (the second one is 0 in the long format).
Overflow and underflow wrap, FI and FR are worked out here with fractions.
"""
import decimal as D
import random
import sys
from fractions import Fraction

LONG, EXT, SHORT = (16, -398, 369, 8, 5), (34, -6176, 6111, 12, 11), (7, -101, 90, 6, 2)
WRAP = {LONG: (576, 192), EXT: (9216, 3072)}
ROUNDING = [D.ROUND_HALF_EVEN, D.ROUND_DOWN, D.ROUND_CEILING, D.ROUND_FLOOR, D.ROUND_HALF_UP,
            D.ROUND_HALF_DOWN, D.ROUND_UP, D.ROUND_05UP]
FX, FEX, VX, OX, UX, ZX, XX = (1 << n for n in (31, 30, 29, 28, 27, 26, 25))
VXSNAN, VXISI, VXIDI, VXZDZ, VXIMZ, VXCVI = (1 << n for n in (24, 23, 22, 21, 20, 8))
FR, FI = 1 << 18, 1 << 17
VE, OE, UE, ZE, XE = (1 << n for n in (7, 6, 5, 4, 3))
ANY_VX = VXSNAN | VXISI | VXIDI | VXZDZ | VXIMZ | VXCVI
SNAN_CLASS, QNAN_CLASS = 0x01, 0x11

D.getcontext().prec = 20000
D.getcontext().Emax, D.getcontext().Emin = 10**8, -10**8


# ---- encoding ----

def declet(n):
    """By the table of the ISA's appendix: digits abcd efgh ijkm to pqr stu v wxy."""
    bits = {k: c for d, ks in zip('%03d' % n, ('abcd', 'efgh', 'ijkm'))
            for k, c in zip(ks, format(int(d), '04b'))}
    row = {'000': 'bcdfgh0jkm', '001': 'bcdfgh100m', '010': 'bcdjkh101m', '011': 'bcd10h111m',
           '100': 'jkdfgh110m', '101': 'fgd01h111m', '110': 'jkd00h111m', '111': '00d11h111m'}
    return int(''.join(bits.get(c, c) for c in row[bits['a'] + bits['e'] + bits['i']]), 2)


def encode(f, x):
    p, emin, _, cont, declets = f
    sign, digits, exp = x.as_tuple()
    c = int(''.join(map(str, digits))) if digits and exp != 'F' else 0
    t = 0
    for i in range(declets):
        t |= declet(c // 1000**i % 1000) << (10 * i)
    if exp in ('F', 'n', 'N'):
        g = {'F': 30 << cont, 'n': 31 << cont, 'N': 63 << (cont - 1)}[exp]
    else:
        e, lead = exp - emin, c // 10**(p - 1)
        assert 0 <= lead <= 9 and 0 <= e < 3 << cont
        high, low = e >> cont, e & ((1 << cont) - 1)
        g = (high << 3 | lead if lead < 8 else 24 | high << 1 | lead & 1) << cont | low
    return (sign << (cont + 5) | g) << (10 * declets) | t


def fprf(f, x):
    if x.is_snan():
        return SNAN_CLASS
    if x.is_qnan():
        return QNAN_CLASS
    minus = x.is_signed()
    if x.is_infinite():
        return 9 if minus else 5
    if not x:
        return 0x12 if minus else 2
    if x.adjusted() < f[1] + f[0] - 1:
        return 0x18 if minus else 0x14
    return 8 if minus else 4


# ---- arithmetic ----

def context(f, rounding):
    return D.Context(prec=f[0], rounding=rounding, Emin=f[1] + f[0] - 1, Emax=f[2] + f[0] - 1,
                     clamp=1, traps=[])


def exact_value(name, a, b):
    a, b = Fraction(a), Fraction(b)
    return {'add': a + b, 'sub': a - b, 'mul': a * b}[name] if name != 'div' else a / b


CALLS = {'add': 'add', 'sub': 'subtract', 'mul': 'multiply', 'div': 'divide'}
QNAN = D.Decimal('NaN')


def quiet(x):
    return D.Decimal((x.as_tuple()[0], x.as_tuple()[1], 'n'))


def nan_of(a, b):
    for x in (a, b):
        if x.is_snan():
            return quiet(x), VXSNAN
    return (a if a.is_nan() else b), 0


def invalid(name, a, b):
    if name in ('add', 'sub') and a.is_infinite() and b.is_infinite():
        return VXISI if (a.is_signed() != b.is_signed()) == (name == 'add') else 0
    if name == 'mul' and (a.is_infinite() and not b or b.is_infinite() and not a):
        return VXIMZ
    if name == 'div' and a.is_infinite() and b.is_infinite():
        return VXIDI
    if name == 'div' and not a and not b:
        return VXZDZ
    return 0


def settle(f, wrapped_f, wrap, fn, exact, rounding, enables):
    """Result, flags and its format, of a finite operation: @fn computes in a context."""
    ctx, wide = context(f, rounding), context(f, rounding)
    wide.Emax, wide.Emin, wide.clamp = 10**7, -10**7, 0
    unbounded = fn(wide)
    tiny = exact != 0 and abs(exact) < Fraction(10)**(f[1] + f[0] - 1)
    large = unbounded and unbounded.adjusted() > f[2] + f[0] - 1
    if tiny and enables & UE or large and enables & OE:
        r = unbounded.scaleb(wrap if tiny else -wrap)
        value, flags, fmt = unbounded, UX if tiny else OX, wrapped_f
        full = context(wrapped_f, rounding)
        full.prec = f[0]
        r = r if D.Inexact in [k for k, v in wide.flags.items() if v] else full.plus(r)
    else:
        r = value = fn(ctx)
        fmt, flags = f, (OX if large else 0) | (UX if ctx.flags[D.Underflow] else 0)
    if value.is_infinite():
        return r, flags | XX | FI | FR, fmt
    if Fraction(value) != exact:
        flags |= XX | FI | (FR if abs(Fraction(value)) > abs(exact) else 0)
        if large and not enables & OE:
            flags &= ~FR
    return r, flags, fmt


def arithmetic(f, name, a, b, rounding, enables):
    if a.is_nan() or b.is_nan():
        return *nan_of(a, b), f
    if invalid(name, a, b):
        return QNAN, invalid(name, a, b), f
    def fn(ctx):
        return getattr(ctx, CALLS[name])(a, b)
    if name == 'div' and not b and a.is_finite():
        return fn(context(f, rounding)), ZX, f
    if a.is_infinite() or b.is_infinite():
        return fn(context(f, rounding)), 0, f
    return settle(f, f, WRAP[f][0], fn, exact_value(name, a, b), rounding, enables)


def narrow(f, to, b, rounding, enables):
    if b.is_nan():
        sign, digits, kind = b.as_tuple()
        b = D.Decimal((sign, digits[-(to[0] - 1):], kind if to == SHORT else 'n'))
        return b, VXSNAN if kind == 'N' and to != SHORT else 0, to
    if b.is_infinite():
        return b, 0, to
    return settle(to, f, WRAP[f][1], lambda ctx: ctx.plus(b).copy_sign(b), Fraction(b), rounding, enables)


def quantize(f, a, b, rounding):
    if a.is_nan() or b.is_nan():
        return nan_of(a, b)
    r = context(f, rounding).quantize(b, a)
    if r.is_nan():
        return QNAN, VXCVI
    return r, inexact(r, b)


def inexact(r, b):
    if not b.is_finite() or Fraction(r) == Fraction(b):
        return 0
    return XX | FI | (FR if abs(Fraction(r)) > abs(Fraction(b)) else 0)


def to_int(b, rounding):
    if b.is_nan():
        return -2**63, VXCVI | (VXSNAN if b.is_snan() else 0)
    big = -2**63 if b.is_signed() else 2**63 - 1
    if b.is_infinite() or b and b.adjusted() > 30:
        return big, VXCVI
    r = int(integral(b, rounding))
    if not -2**63 <= r < 2**63:
        return big, VXCVI
    return r, inexact(D.Decimal(r), b)


def integral(b, rounding):
    """@b with exponent 0; a tiny number rounds like any other that is far below one half."""
    if not b:
        return D.Decimal((b.is_signed(), (0,), 0))
    if b.adjusted() < -60:
        b = D.Decimal((b.is_signed(), (1,), -50))
    ctx = D.Context(prec=100, rounding=rounding, Emin=-10**6, Emax=10**6, traps=[])
    return ctx.quantize(b, D.Decimal(1))


# ---- operands ----

def coefficient(rnd, p):
    n = rnd.choice((p, p, p, p - 1, rnd.randint(1, p), rnd.randint(1, 3)))
    kind = rnd.random()
    if kind < .5:
        return rnd.randrange(10**n)
    if kind < .6:
        return 10**n - 1
    if kind < .7:
        return 10**(n - 1)
    if kind < .8:
        return 5 * 10**(n - 1)
    if kind < .9:
        return rnd.randrange(1000) * 10**rnd.randint(0, p - 3)
    return rnd.choice((0, 10**(n - 1) + 1))


def number(rnd, f, base):
    p, emin, emax = f[:3]
    sign = rnd.randint(0, 1)
    if rnd.random() < .06:
        kind = rnd.choice('FFnN')
        c = tuple(map(int, str(rnd.randrange(10**rnd.randint(1, p - 1)))))
        return D.Decimal((sign, (0,) if kind == 'F' else c, kind))
    e = rnd.choice((base + rnd.randint(-p - 2, p + 2), base + rnd.randint(-3, 3),
                    base + rnd.randint(-3, 3), rnd.randint(emin, emax)))
    c = coefficient(rnd, p)
    return D.Decimal((sign, tuple(map(int, str(c))), min(max(e, emin), emax)))


def word(name, ext, ra=2, xo_hi=None, rc=0):
    xo = {'dadd': 2, 'dsub': 514, 'dmul': 34, 'ddiv': 546, 'drsp': 770, 'drdpq': 770, 'dctfix': 290,
          'dcffix': 802, 'dqua': 3, 'drintx': 99}[name if name == 'drdpq' else name.rstrip('q')]
    return (63 if ext else 59) << 26 | 6 << 21 | ra << 16 | 4 << 11 | (xo_hi or 0) << 9 | xo << 1


def case(rnd):
    f = rnd.choice((LONG, EXT))
    ext = f == EXT
    name = rnd.choice(('dadd', 'dadd', 'dsub', 'dmul', 'dmul', 'ddiv', 'ddiv', 'drsp', 'dctfix',
                       'dcffix', 'dqua', 'drintx'))
    drn = rnd.randrange(8)
    enables = rnd.choice((0, 0, 0, OE | UE, OE | UE, rnd.randrange(32) << 3))
    half = (f[1] // 2, f[2] // 2)
    base = rnd.choice((0, 0, f[1], f[2], rnd.choice(half)))
    if name == 'drsp':
        to = LONG if ext else SHORT
        name = 'drdpq' if ext else 'drsp'
        base = rnd.choice((0, to[1] - f[0] + to[0], to[2] - f[0] + to[0], f[1], f[2]))
    a, b = number(rnd, f, base), number(rnd, f, base)
    if name == 'ddiv' and base in (f[1], f[2]):
        b = number(rnd, f, -base)
    rounding, image, rm = ROUNDING[drn], None, 3
    if name in ('drsp', 'drdpq'):
        r, flags, fmt = narrow(f, to, b, rounding, enables)
        image = encode(fmt, r) << (64 if ext and fmt == LONG else 0)
        w = word(name, ext, 0)
    elif name == 'dctfix':
        b = number(rnd, f, rnd.choice((0, -16, -f[0], -18, -f[0] + 19, 3)))
        r, flags = to_int(b, rounding)
        image, fmt = (r % 2**64) << (64 if ext else 0), None
        w = word(name, ext, 0)
    elif name == 'dcffix':
        v = rnd.choice((rnd.getrandbits(64), rnd.getrandbits(rnd.randint(1, 63)), 2**63, 2**64 - 1))
        b = v << (64 if ext else 0)
        s = v - 2**64 if v >> 63 else v
        x = D.Decimal(s)
        r, flags, fmt = settle(f, f, 0, lambda ctx: ctx.plus(x), Fraction(s), rounding, enables)
        w = word(name, ext, 0)
    elif name == 'dqua':
        r, flags = quantize(f, a, b, rounding)
        fmt, w = f, word(name, ext, 2, 3)
    elif name == 'drintx':
        fmt, w = f, word(name, ext, 0, 3)
        if b.is_nan():
            r, flags = nan_of(b, b)
        elif b.is_infinite() or b.as_tuple().exponent >= 0:
            r, flags = b, 0
        else:
            r = integral(b, rounding)
            flags = inexact(r, b)
    else:
        r, flags, fmt = arithmetic(f, name[1:], a, b, rounding, enables)
        w = word(name, ext)
    before = drn << 32 | enables
    after = before | flags
    if flags & ~(FI | FR):
        after |= FX
    if flags & ANY_VX:
        after |= VX
    on = (flags & ANY_VX and enables & VE) or flags & enables << 22 & (OX | UX | ZX | XX)
    after |= FEX if on else 0
    suppressed = flags & ANY_VX and enables & VE or flags & ZX and enables & ZE
    if fmt and not suppressed:
        after |= fprf(fmt, r) << 12
    if suppressed:
        image = 0
    elif image is None:
        image = encode(fmt, r)
    show = name + ('q' if ext and name != 'drdpq' else '')
    ia, ib = encode(f, a), b if isinstance(b, int) else encode(f, b)
    return show, w, before, ia, ib, image, after, ext


def pair(v, ext):
    high, low = (v >> 64, v & (2**64 - 1)) if ext else (v, 0)
    return '%#x, %#x' % (high, low)


def main():
    rnd = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    print('/* Made by dfp_cases.py. */')
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1000):
        show, w, before, ia, ib, image, after, ext = case(rnd)
        print('DFP("%s", %#x, %#x, %s, %s, %s, %#x)' % (show, w, before, pair(ia, ext), pair(ib, ext),
                                                  pair(image, ext), after))


if __name__ == '__main__':
    main()
