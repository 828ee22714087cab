#include "harmless.h"

#include <stdbool.h>

#define C1_LEAD 0xC2

static bool is_c1(uint8_t byte) {
    return byte >= 0x80 && byte <= 0x9F;
}

static uint8_t one(uint8_t byte) {
    bool kept = byte == '\t' || byte == '\n' || byte == '\r' || (byte >= 0x20 && byte != 0x7F);
    return kept ? byte : '_';
}

size_t qf_make_harmless(struct qf_harmless *state, const uint8_t *bytes, size_t length, uint8_t *out) {
    size_t written = 0;
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = bytes[i];
        if (state->lead) {
            state->lead = 0;
            if (is_c1(byte)) {
                out[written++] = '_';
                continue;
            }
            out[written++] = C1_LEAD;
        }
        if (byte == C1_LEAD) state->lead = 1;
        else out[written++] = one(byte);
    }
    return written;
}
