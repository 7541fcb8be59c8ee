/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PEFEMU_CRYPTO_INTERNAL_H
#define PEFEMU_CRYPTO_INTERNAL_H

#include "pefemu/crypto.h"

/* Ends the process unless @ok: what libcrypto can not do here, nobody can make up for. */
void crypto_must(bool ok, const char *what);

#endif
