/*
 * A link that is fed what nobody should send, and used by its owner at random meanwhile. With sanitizers, any
 * access out of bounds, leak or undefined shift ends the program. `hostile SEED ROUNDS`, or a libFuzzer target.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harmless.h"
#include "protocol.h"

static uint64_t state;

static uint32_t roll(uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

/* What a careless but correct owner does with its streams. */
static void act(struct qf_link *link) {
    uint8_t bytes[QF_MAX_DATA];
    const char *strings[8];
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++) {
        struct qf_stream *stream = &link->streams[i];
        if (!stream->in_use || stream->reset_wanted || stream->reset_sent) continue;
        if (stream->asked) {
            int count = qf_request_strings(stream, strings, 8);
            if (count > 0) qf_is_service(strings[0]);
            if (roll(4) == 0) qf_reset(stream, QF_REFUSED);
            else qf_accept(stream);
            continue;
        }
        int channel = (int)roll(QF_CHANNELS);
        switch (roll(6)) {
        case 0: qf_write(link, stream, channel, bytes, roll(sizeof bytes)); break;
        case 1:
        case 2: qf_read(stream, channel, bytes, roll(sizeof bytes)); break;
        case 3: qf_end(stream, channel); break;
        case 4: qf_exit(stream, roll(256)); break;
        default:
            if (stream->reset_got || roll(8) == 0) qf_reset(stream, QF_CLOSED);
        }
    }
    if (roll(8) == 0) qf_open(link, (const uint8_t *)"some.Service\0x", 15);
    qf_pump(link);
    assert(link->out_used <= sizeof link->out);
    qf_sent(link, roll((uint32_t)link->out_used + 1));
}

static void run(const uint8_t *bytes, size_t length) {
    struct qf_link *link = malloc(sizeof *link);
    qf_link_init(link, roll(2));
    for (size_t at = 0; at < length && !link->error;) {
        size_t part = 1 + roll(300);
        if (part > length - at) part = length - at;
        if (!qf_feed(link, bytes + at, part)) assert(link->error);
        at += part;
        act(link);
    }
    qf_link_free(link);
    free(link);
    struct qf_harmless harmless = {0};
    uint8_t shown[2 * 256 + 1];
    size_t size = length < 256 ? length : 256;
    size_t written = qf_make_harmless(&harmless, bytes, size, shown);
    assert(written <= 2 * size + 1);
    for (size_t i = 0; i < written; i++) {
        assert(shown[i] >= 0x20 || strchr("\t\n\r", shown[i]));
        assert(i == 0 || shown[i - 1] != 0xC2 || shown[i] < 0x80 || shown[i] > 0x9F);
    }
}

#ifdef LIBFUZZER
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    state = length > 8 ? bytes[length - 1] : 1;
    run(bytes, length);
    return 0;
}
#else
/* Mostly well-formed frames, so that the deeper checks are reached too. */
static size_t invent(uint8_t *out, size_t size) {
    static const uint8_t hello[] = {1, 0, 10, 0, 0, 0, 0, 0, 'q', 'u', 'b', 'e', 'f', 'o', 'r', 'g', 'e', 1};
    size_t used = 0;
    uint32_t id = 1;
    if (roll(20) > 0) {
        memcpy(out, hello, sizeof hello);
        used = sizeof hello;
    }
    while (used + QF_HEADER + 600 < size) {
        uint32_t type = roll(12) == 0 ? roll(256) : 2 + roll(6);
        uint32_t length = type == QF_CREDIT || type == QF_EXIT || type == QF_RESET ? 4 : type == QF_END ? 0 : roll(500);
        if (roll(30) == 0) length = roll(65536);
        if (type == QF_OPEN) id += roll(3);
        out[used] = (uint8_t)type;
        out[used + 1] = (uint8_t)roll(roll(10) == 0 ? 256 : 3);
        out[used + 2] = (uint8_t)length;
        out[used + 3] = (uint8_t)(length >> 8);
        uint32_t target = roll(10) == 0 ? roll(9) : id;
        for (int i = 0; i < 4; i++) out[used + 4 + (size_t)i] = (uint8_t)(target >> (8 * i));
        used += QF_HEADER;
        uint32_t present = length < 500 ? length : 500;
        for (uint32_t i = 0; i < present; i++) out[used + i] = (uint8_t)(roll(5) ? 'a' + roll(26) : 0);
        if (type == QF_OPEN && present > 0 && roll(8)) out[used + present - 1] = 0;
        used += present;
    }
    return used;
}

int main(int argc, char **argv) {
    static uint8_t bytes[40000];
    unsigned long errors = 0, rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
    state = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    for (unsigned long i = 0; i < rounds; i++) {
        size_t length = invent(bytes, 1000 + roll(sizeof bytes - 1000));
        run(bytes, length);
        errors++;
    }
    printf("%lu rounds\n", errors);
    return 0;
}
#endif
