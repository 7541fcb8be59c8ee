/*
 * Images from host files into a machine's memory. Every function prints one line to stderr naming
 * the option, the file, what is wrong and the way out, and returns false, when the file does not
 * fit. src/loader.c (libelf, zlib, libzstd)
 */
#ifndef PEFEMU_LOADER_H
#define PEFEMU_LOADER_H

#include "pefemu/machine.h"

struct loaded_kernel {
    ra_t base;  /* lowest address used */
    ra_t end;   /* first address after the image including its bss */
    ra_t entry; /* where to start */
    bool elf64; /* not a 32-bit program, which a big-endian kernel's zImage is */
    bool little_endian;
};

/**
 * load_kernel - ELF32/ELF64, LE/BE, ET_EXEC/ET_DYN, plain, gzip or zstd; or a raw image
 * @base: where the image's physical address 0 goes (pseries.md 1.1)
 * @limit: end of the memory it may use
 */
bool load_kernel(struct machine *m, const char *path, ra_t base, ra_t limit,
                 struct loaded_kernel *out);
/* The initrd followed by one cpio archive (newc) per -guest-file HOST:GUEST, at @base.
 * path NULL with guest files: only those. *size = bytes loaded. */
bool load_initrd(struct machine *m, const char *path, const char *const *guest_files, ra_t base,
                 ra_t limit, uint64_t *size);
/* For -M bare, so also into secure memory: ELF of any real address, moved up by @base, or any other
 * bytes at @base. */
bool load_image(struct machine *m, const char *option, const char *path, ra_t base,
                struct loaded_kernel *out);
/* A file as it is (-bios, -dtb). @option names the option in messages. */
bool load_blob(struct machine *m, const char *option, const char *path, ra_t base, ra_t limit,
               uint64_t *size);

#endif
