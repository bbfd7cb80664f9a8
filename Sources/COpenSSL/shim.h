#pragma once

// SHA1_Init, SHA256_Init and their like are deprecated since OpenSSL 3.0; HashState.swift says why
// they are used.
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
