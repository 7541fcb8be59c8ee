/* SPDX-License-Identifier: Apache-2.0 */
/* Serial ports of -M bare. The 16550 is what programs expect of it while they poll: ready to
 * transmit at any time, data ready when a byte has come. */
#include "uart.h"

enum { RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR }; /* with LCR[DLAB]: 0 DLL, 1 DLM */
#define LCR_DLAB      0x80
#define LSR_DATA      0x01
#define LSR_TX_EMPTY  0x60 /* holding register and shifter */
#define IIR_NONE      0xc1 /* no interrupt pending, FIFOs on */
#define MSR_CONNECTED 0xb0 /* DCD, DSR, CTS */
#define MCR_USED      0x1f

enum { PLAIN_TRANSMIT = 0x0, PLAIN_RECEIVE = 0x8, PLAIN_STATUS = 0x10 };

void uart_init(struct uart *u, struct outside *o)
{
    *u = (struct uart){.outside = o, .lcr = 3, .dll = 1};
}

static bool receive(struct uart *u, uint8_t *byte)
{
    return outside_read(u->outside, byte, 1) == 1;
}

static void transmit(struct uart *u, uint64_t value)
{
    uint8_t byte = value;
    outside_write(u->outside, &byte, 1);
}

static uint8_t load_byte(struct uart *u, uint64_t reg)
{
    bool dlab = u->lcr & LCR_DLAB;
    uint8_t byte = 0;
    switch (reg) {
    case RBR_THR:
        if (dlab)
            return u->dll;
        receive(u, &byte);
        return byte;
    case IER:
        return dlab ? u->dlm : u->ier;
    case IIR_FCR:
        return IIR_NONE;
    case LCR:
        return u->lcr;
    case MCR:
        return u->mcr;
    case LSR:
        return LSR_TX_EMPTY | (outside_can_read(u->outside) ? LSR_DATA : 0);
    case MSR:
        return MSR_CONNECTED;
    default:
        return u->scr;
    }
}

static bool uart_16550_load(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                            uint64_t *value)
{
    (void)cpu;
    *value = 0;
    if (size != 1)
        return false;
    *value = load_byte(opaque, offset);
    return true;
}

static bool uart_16550_store(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                             uint64_t value)
{
    struct uart *u = opaque;
    bool dlab = u->lcr & LCR_DLAB;
    (void)cpu;
    if (size != 1)
        return false;
    switch (offset) {
    case RBR_THR:
        if (dlab)
            u->dll = value;
        else
            transmit(u, value);
        break;
    case IER:
        *(dlab ? &u->dlm : &u->ier) = value;
        break;
    case LCR:
        u->lcr = value;
        break;
    case MCR:
        u->mcr = value & MCR_USED;
        break;
    case SCR:
        u->scr = value;
        break;
    default: /* FIFO control; the status registers are read-only */
        break;
    }
    return true;
}

const struct mmio_ops uart_16550_ops = {uart_16550_load, uart_16550_store};

/* Programs of either byte order may use an access of any size: the number counts. */
static bool uart_plain_load(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                            uint64_t *value)
{
    uint8_t byte;
    *value = 0;
    if ((offset & ~7ULL) == PLAIN_RECEIVE)
        *value = receive(opaque, &byte) ? byte : ~0ULL;
    if (cpu->le)
        *value = __builtin_bswap64(*value) >> (64 - 8 * size);
    return true;
}

static bool uart_plain_store(void *opaque, struct cpu *cpu, uint64_t offset, unsigned size,
                             uint64_t value)
{
    if (cpu->le)
        value = __builtin_bswap64(value) >> (64 - 8 * size);
    if ((offset & ~7ULL) == PLAIN_TRANSMIT)
        transmit(opaque, value);
    return true;
}

const struct mmio_ops uart_plain_ops = {uart_plain_load, uart_plain_store};

void uart_snap(struct snap *s, struct uart *u)
{
    snap_begin(s, "uart", 1);
    snap(s, &u->ier);
    snap(s, &u->lcr);
    snap(s, &u->mcr);
    snap(s, &u->scr);
    snap(s, &u->dll);
    snap(s, &u->dlm);
    snap_end(s);
}
