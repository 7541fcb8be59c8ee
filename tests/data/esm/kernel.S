/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel in miniature for the digests: two loaded sections with a gap between them, and bss.
 * powerpc64le-linux-gnu-gcc -nostdlib -static -Wl,--build-id=none,-Ttext=0,-Tdata=0x1000,-Tbss=0x2000 */
	.text
	.globl _start
_start:	b	_start
	.long	0x70656665, 0x6d750000
	.data
	.quad	0x0123456789abcdef
	.bss
	.space	4096
