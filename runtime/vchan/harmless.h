/* Text of a guest, made fit for the terminal of dom0. */
#ifndef QF_HARMLESS_H
#define QF_HARMLESS_H

#include <stddef.h>
#include <stdint.h>

struct qf_harmless {
    /* A lead byte of U+0080 to U+00BF whose second byte has not come yet. */
    int lead;
};

/*
 * Copies bytes to `out`, which holds 2 * length + 1: what could move the cursor, set colours or make the
 * terminal answer becomes an underscore, whether written as one byte or as UTF-8 (ECMA-48 C0 and C1). The
 * number of bytes written.
 */
size_t qf_make_harmless(struct qf_harmless *state, const uint8_t *bytes, size_t length, uint8_t *out);

#endif
