// SPDX-License-Identifier: Apache-2.0
/* RSA public keys in the form that tools exchange. */
#include "crypto/crypto_internal.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

static EVP_PKEY *public_key(const BIGNUM *n, const BIGNUM *e)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;
    if (bld && ctx && n && e && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e))
        params = OSSL_PARAM_BLD_to_param(bld);
    if (params && EVP_PKEY_fromdata_init(ctx) > 0)
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_BLD_free(bld);
    return key;
}

size_t crypto_rsa_pem(const uint8_t *modulus, size_t len, uint32_t exponent, char *out)
{
    if (!len || len > 512)
        return 0;
    BIGNUM *n = BN_bin2bn(modulus, (int)len, NULL), *e = BN_new();
    EVP_PKEY *key = e && BN_set_word(e, exponent) ? public_key(n, e) : NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    size_t size = 0;
    if (key && bio && PEM_write_bio_PUBKEY(bio, key)) {
        long have = BIO_get_mem_data(bio, &text);
        if (have > 0 && (size_t)have < RSA_PEM_MAX) {
            size = (size_t)have;
            memcpy(out, text, size);
            out[size] = '\0';
        }
    }
    BIO_free(bio);
    EVP_PKEY_free(key);
    BN_free(n);
    BN_free(e);
    return size;
}
