/* SPDX-License-Identifier: Apache-2.0 */
/* Serial ports of -M bare, polled: a 16550 and a plain one. src/devices/uart.c */
#ifndef PEFEMU_DEVICES_UART_H
#define PEFEMU_DEVICES_UART_H

#include "pefemu/outside.h"
#include "pefemu/cpu.h"
#include "pefemu/memory.h"

/* The registers of a 16550 that software can see; its FIFOs are the character device's. */
struct uart {
    struct outside *outside;    /* borrowed */
    uint8_t ier, lcr, mcr, scr; /* interrupts go nowhere: no controller is there */
    uint8_t dll, dlm;
};

#define UART_16550_SIZE 8
#define UART_PLAIN_SIZE 0x18

void uart_init(struct uart *u, struct outside *o);
void uart_snap(struct snap *s, struct uart *u);
/* Registers of one byte, as in the data sheets of the part; opaque is a struct uart. */
extern const struct mmio_ops uart_16550_ops;
/* 8-byte registers: +0x0 transmit, +0x8 receive (all ones: nothing came), +0x10 status, 0: ready.
 */
extern const struct mmio_ops uart_plain_ops;

#endif
