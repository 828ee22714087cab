/*
 * Two links over an unsteady channel: pieces of any size, owners that read and write when they like. Every
 * byte must arrive once and in order, every end and status too, and no stream may be left over. `exact SEED STREAMS`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

static uint64_t state;

static uint32_t roll(uint32_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static void check(int holds, const char *what) {
    if (holds) return;
    printf("%s\n", what);
    exit(1);
}

/* The n-th byte of a channel of a stream. */
static uint8_t pattern(uint32_t id, int channel, size_t n) {
    return (uint8_t)(id * 31 + (uint32_t)channel * 7 + n * 13 + (n >> 8));
}

struct track {
    uint32_t id;
    size_t sent[QF_CHANNELS], got[QF_CHANNELS], total[QF_CHANNELS];
    int over;
};

#define MOST 64
static struct track tracks[MOST];
static struct qf_link a, b;

static void carry(struct qf_link *from, struct qf_link *to) {
    qf_pump(from);
    size_t part = roll((uint32_t)from->out_used + 1);
    if (roll(3) == 0 && part > 7) part = roll(8);
    check(qf_feed(to, from->out, part), to->error ? to->error : "refused");
    qf_sent(from, part);
}

static void send_some(struct qf_link *link, struct qf_stream *stream, struct track *track, int channel) {
    uint8_t bytes[QF_MAX_DATA];
    size_t left = track->total[channel] - track->sent[channel];
    size_t want = left < sizeof bytes ? left : sizeof bytes;
    want = want ? 1 + roll((uint32_t)want) : 0;
    for (size_t i = 0; i < want; i++) bytes[i] = pattern(track->id, channel, track->sent[channel] + i);
    track->sent[channel] += qf_write(link, stream, channel, bytes, want);
    if (track->sent[channel] == track->total[channel]) qf_end(stream, channel);
}

static void get_some(struct qf_stream *stream, struct track *track, int channel) {
    uint8_t bytes[QF_MAX_DATA];
    size_t got = qf_read(stream, channel, bytes, 1 + roll(sizeof bytes));
    for (size_t i = 0; i < got; i++)
        check(bytes[i] == pattern(track->id, channel, track->got[channel] + i), "a wrong byte");
    track->got[channel] += got;
}

static void turn(struct qf_link *link, int opener) {
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++) {
        struct qf_stream *stream = &link->streams[i];
        if (!stream->in_use || stream->reset_wanted || stream->reset_sent) continue;
        struct track *track = &tracks[stream->id / 2 - 1];
        if (stream->asked) {
            const char *strings[4];
            check(qf_request_strings(stream, strings, 4) == 2 && strcmp(strings[1], "argument") == 0, "a wrong request");
            qf_accept(stream);
        }
        if (roll(4) == 0) continue;
        for (int c = 0; c < QF_CHANNELS; c++) {
            if ((c == 0) == opener) send_some(link, stream, track, c);
            else get_some(stream, track, c);
        }
        if (!opener && qf_at_end(stream, 0) && track->sent[1] == track->total[1] && track->sent[2] == track->total[2])
            qf_exit(stream, track->id);
        if (!opener && stream->reset_got) qf_reset(stream, QF_CLOSED);
        if (opener && stream->exited && qf_at_end(stream, 1) && qf_at_end(stream, 2)) {
            check(stream->exit_status == track->id, "a wrong status");
            for (int c = 0; c < QF_CHANNELS; c++) check(track->got[c] == track->total[c], "bytes are missing");
            track->over = 1;
            qf_reset(stream, QF_CLOSED);
        }
    }
}

int main(int argc, char **argv) {
    state = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    int count = argc > 2 ? atoi(argv[2]) : 8, opened = 0, over = 0;
    qf_link_init(&a, true);
    qf_link_init(&b, false);
    for (unsigned long step = 0; over < count; step++) {
        check(step < 4000000, "no progress");
        if (opened < count && roll(20) == 0) {
            struct qf_stream *stream = qf_open(&a, (const uint8_t *)"a.Service\0argument", 19);
            if (stream) {
                struct track *track = &tracks[opened++];
                track->id = stream->id;
                for (int c = 0; c < QF_CHANNELS; c++) track->total[c] = roll(4) ? roll(300000) : 0;
            }
        }
        turn(&a, 1);
        turn(&b, 0);
        carry(&a, &b);
        carry(&b, &a);
        over = 0;
        for (int i = 0; i < opened; i++) over += tracks[i].over;
    }
    for (int i = 0; i < 1000000 && (a.out_used || b.out_used || i < 100); i++) {
        turn(&b, 0);
        carry(&a, &b);
        carry(&b, &a);
    }
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++) check(!a.streams[i].in_use && !b.streams[i].in_use, "a stream is left over");
    qf_link_free(&a);
    qf_link_free(&b);
    printf("%d streams\n", count);
    return 0;
}
