/*
 * Streams over one ordered byte channel: framing, credits, half-close, several streams at once. Pure: no
 * system call, no Xen. The other end is not trusted; every length is checked before it is used, and the
 * first breach of the rules ends the link.
 *
 * A frame is 8 bytes of header (type, channel, length, stream; little endian) and its payload.
 * The opener of a stream sends channel 0 (its input); the acceptor sends channels 1 and 2 (output and
 * errors) and at last an exit status. Each side may send as many bytes on a channel as the other has granted.
 * A stream ends when each side has sent a reset; its number is never used again.
 *
 * A program may use a stream until it calls qf_reset on it, not after.
 */
#ifndef QF_PROTOCOL_H
#define QF_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QF_VERSION 1
#define QF_HEADER 8
#define QF_MAX_DATA 8192
#define QF_MAX_OPEN 32768
#define QF_WINDOW 65536
/* Streams that each side may have open. */
#define QF_MAX_STREAMS 32
#define QF_CHANNELS 3
#define QF_OUT_SIZE 65536

enum qf_type {
    QF_HELLO = 1,
    QF_OPEN,
    QF_DATA,
    QF_CREDIT,
    QF_END,
    QF_EXIT,
    QF_RESET,
};

/* Why a stream was reset. */
enum qf_reason {
    QF_CLOSED = 0,
    QF_REFUSED = 1,
    QF_FAILED = 2,
};

struct qf_channel {
    /* Sending: bytes that the other side still takes. */
    uint32_t credit;
    bool end_wanted, end_sent;
    /* Receiving: a ring of QF_WINDOW bytes, or none. */
    uint8_t *ring;
    uint32_t head, used;
    /* Received bytes that were taken out but not granted again. */
    uint32_t owed;
    bool ended;
};

struct qf_stream {
    bool in_use, opener;
    uint32_t id;
    /* The opener's request: a service and its arguments, each ended by a zero byte. */
    uint8_t *request;
    size_t request_length;
    bool open_wanted, asked;
    struct qf_channel channel[QF_CHANNELS];
    bool exit_wanted, exit_sent, exited;
    uint32_t exit_status;
    bool reset_wanted, reset_sent, reset_got;
    uint32_t reason;
    /* For the program that uses the stream. */
    void *owner;
};

struct qf_link {
    bool client, hello_sent, hello_got;
    /* What the other side did wrong; the link is of no more use then. */
    const char *error;
    uint32_t next_id, highest_peer_id;
    struct qf_stream streams[2 * QF_MAX_STREAMS];
    uint8_t in[QF_HEADER + QF_MAX_OPEN];
    size_t in_used;
    uint8_t out[QF_OUT_SIZE];
    size_t out_used;
};

/* One end is the client, the other is not: they number their streams apart. */
void qf_link_init(struct qf_link *link, bool client);
void qf_link_free(struct qf_link *link);

/* Takes bytes from the other side. False after a breach of the rules; link->error says which. */
bool qf_feed(struct qf_link *link, const uint8_t *bytes, size_t length);

/* Puts pending frames into link->out, as many as fit. */
void qf_pump(struct qf_link *link);

/* Takes the first bytes off link->out, after they were sent. */
void qf_sent(struct qf_link *link, size_t length);

/* Opens a stream; NULL when there are too many or the request is too long or not of strings. */
struct qf_stream *qf_open(struct qf_link *link, const uint8_t *request, size_t length);

/* Answers a stream with `asked` set: data may flow. */
void qf_accept(struct qf_stream *stream);

/* Bytes of `bytes` that went out; fewer when credit or room is short, 0 when the channel is not ours to send. */
size_t qf_write(struct qf_link *link, struct qf_stream *stream, int channel, const uint8_t *bytes, size_t length);

/* How much qf_write would take. */
size_t qf_room(const struct qf_link *link, const struct qf_stream *stream, int channel);

/* Bytes that came in, taken out of the ring and granted again. */
size_t qf_read(struct qf_stream *stream, int channel, uint8_t *bytes, size_t size);

/* No more bytes will be sent on the channel. */
void qf_end(struct qf_stream *stream, int channel);

/* Whether a channel that we receive is at its end and was read to the last byte. */
bool qf_at_end(const struct qf_stream *stream, int channel);

/* The acceptor's last word, after the end of channels 1 and 2. */
void qf_exit(struct qf_stream *stream, uint32_t status);

/* Gives up a stream; bytes on the way are lost. */
void qf_reset(struct qf_stream *stream, uint32_t reason);

/* Splits a request into at most `size` strings. The number of strings, or -1 when there are more. */
int qf_request_strings(const struct qf_stream *stream, const char **strings, int size);

/* Whether a name is one of a service: letters, digits, dots and hyphens, a letter first, at most 63. */
bool qf_is_service(const char *name);

#endif
