#include "protocol.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t MAGIC[] = {'q', 'u', 'b', 'e', 'f', 'o', 'r', 'g', 'e', QF_VERSION};

/* Room that data leaves in the outgoing buffer, so that control frames always get through. */
#define CONTROL_ROOM 4096

static uint32_t get32(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put32(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Whether this side sends on the channel of the stream. */
static bool sends(const struct qf_stream *stream, int channel) {
    return (channel == 0) == stream->opener;
}

static bool fail(struct qf_link *link, const char *error) {
    if (!link->error) link->error = error;
    return false;
}

void qf_link_init(struct qf_link *link, bool client) {
    memset(link, 0, sizeof *link);
    link->client = client;
    link->next_id = client ? 2 : 1;
}

static void release(struct qf_stream *stream) {
    for (int i = 0; i < QF_CHANNELS; i++) free(stream->channel[i].ring);
    free(stream->request);
    memset(stream, 0, sizeof *stream);
}

void qf_link_free(struct qf_link *link) {
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++) release(&link->streams[i]);
}

static struct qf_stream *find(struct qf_link *link, uint32_t id) {
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++)
        if (link->streams[i].in_use && link->streams[i].id == id) return &link->streams[i];
    return NULL;
}

/* Own streams and those of the other side have places of their own: neither can take the other's. */
static struct qf_stream *make(struct qf_link *link, uint32_t id, bool opener) {
    int first = opener ? 0 : QF_MAX_STREAMS;
    for (int i = first; i < first + QF_MAX_STREAMS; i++) {
        struct qf_stream *stream = &link->streams[i];
        if (stream->in_use) continue;
        memset(stream, 0, sizeof *stream);
        stream->in_use = true;
        stream->opener = opener;
        stream->id = id;
        for (int c = 0; c < QF_CHANNELS; c++) {
            if (sends(stream, c)) {
                stream->channel[c].credit = QF_WINDOW;
            } else if (!(stream->channel[c].ring = malloc(QF_WINDOW))) {
                release(stream);
                return NULL;
            }
        }
        return stream;
    }
    return NULL;
}

static bool is_request(const uint8_t *bytes, size_t length) {
    return length > 0 && length <= QF_MAX_OPEN && bytes[length - 1] == 0;
}

static bool keep_request(struct qf_stream *stream, const uint8_t *bytes, size_t length) {
    stream->request = malloc(length);
    if (!stream->request) return false;
    memcpy(stream->request, bytes, length);
    stream->request_length = length;
    return true;
}

struct qf_stream *qf_open(struct qf_link *link, const uint8_t *request, size_t length) {
    if (!is_request(request, length) || link->next_id > UINT32_MAX - 2) return NULL;
    struct qf_stream *stream = make(link, link->next_id, true);
    if (!stream) return NULL;
    if (!keep_request(stream, request, length)) {
        release(stream);
        return NULL;
    }
    link->next_id += 2;
    stream->open_wanted = true;
    return stream;
}

void qf_accept(struct qf_stream *stream) {
    stream->asked = false;
}

/* Takes a reset note of both sides: the stream is over when each has sent one. */
static void settle(struct qf_stream *stream) {
    if (stream->reset_got && stream->reset_sent) release(stream);
}

static bool got_open(struct qf_link *link, uint32_t id, const uint8_t *payload, size_t length) {
    bool theirs = (id % 2 == 0) != link->client;
    if (!theirs || id <= link->highest_peer_id) return fail(link, "a stream number that is not new");
    if (!is_request(payload, length)) return fail(link, "a request that is not of strings");
    struct qf_stream *stream = make(link, id, false);
    if (!stream) return fail(link, "too many streams");
    link->highest_peer_id = id;
    if (!keep_request(stream, payload, length)) return fail(link, "no memory");
    stream->asked = true;
    return true;
}

static bool got_data(struct qf_link *link, struct qf_stream *stream, int c, const uint8_t *bytes, uint32_t length) {
    struct qf_channel *channel = &stream->channel[c];
    if (sends(stream, c)) return fail(link, "data on a channel of ours");
    if (channel->ended) return fail(link, "data after the end of a channel");
    if (length > QF_MAX_DATA || length > QF_WINDOW - channel->used - channel->owed)
        return fail(link, "more data than was granted");
    if (stream->reset_sent || stream->reset_wanted) {
        /* Nobody reads it; the other side will see the reset. */
        channel->owed += length;
        return true;
    }
    uint32_t tail = (channel->head + channel->used) % QF_WINDOW;
    uint32_t first = smaller(length, QF_WINDOW - tail);
    memcpy(channel->ring + tail, bytes, first);
    memcpy(channel->ring, bytes + first, length - first);
    channel->used += length;
    return true;
}

static bool got_credit(struct qf_link *link, struct qf_stream *stream, int c, const uint8_t *payload, size_t length) {
    struct qf_channel *channel = &stream->channel[c];
    if (!sends(stream, c) || length != 4) return fail(link, "credit that makes no sense");
    uint32_t amount = get32(payload);
    if (amount == 0 || amount > QF_WINDOW - channel->credit) return fail(link, "credit that no window holds");
    channel->credit += amount;
    return true;
}

static bool got_exit(struct qf_link *link, struct qf_stream *stream, const uint8_t *payload, size_t length) {
    if (!stream->opener || stream->exited || length != 4) return fail(link, "an exit that makes no sense");
    if (!stream->channel[1].ended || !stream->channel[2].ended) return fail(link, "an exit before the end");
    stream->exited = true;
    stream->exit_status = get32(payload);
    return true;
}

static bool got_reset(struct qf_link *link, struct qf_stream *stream, const uint8_t *payload, size_t length) {
    if (length != 4) return fail(link, "a reset that makes no sense");
    stream->reset_got = true;
    if (!stream->reset_wanted && !stream->reset_sent) stream->reason = get32(payload);
    settle(stream);
    return true;
}

static bool got_end(struct qf_link *link, struct qf_stream *stream, int c, size_t length) {
    if (sends(stream, c) || stream->channel[c].ended || length != 0) return fail(link, "an end that makes no sense");
    stream->channel[c].ended = true;
    return true;
}

static bool got_hello(struct qf_link *link, const uint8_t *payload, size_t length) {
    if (link->hello_got || length != sizeof MAGIC || memcmp(payload, MAGIC, sizeof MAGIC) != 0)
        return fail(link, "another protocol");
    link->hello_got = true;
    return true;
}

static bool dispatch(struct qf_link *link, const uint8_t *header, const uint8_t *payload, uint32_t length) {
    int type = header[0], channel = header[1];
    uint32_t id = get32(header + 4);
    if (type == QF_HELLO) return got_hello(link, payload, length);
    if (!link->hello_got) return fail(link, "no greeting");
    if (channel >= QF_CHANNELS) return fail(link, "no such channel");
    if (type == QF_OPEN) return got_open(link, id, payload, length);
    struct qf_stream *stream = find(link, id);
    if (!stream || stream->open_wanted || stream->reset_got) return fail(link, "no such stream");
    switch (type) {
    case QF_DATA: return got_data(link, stream, channel, payload, length);
    case QF_CREDIT: return got_credit(link, stream, channel, payload, length);
    case QF_END: return got_end(link, stream, channel, length);
    case QF_EXIT: return got_exit(link, stream, payload, length);
    case QF_RESET: return got_reset(link, stream, payload, length);
    default: return fail(link, "no such frame");
    }
}

bool qf_feed(struct qf_link *link, const uint8_t *bytes, size_t length) {
    while (!link->error) {
        size_t need = QF_HEADER;
        if (link->in_used >= QF_HEADER) {
            uint32_t payload = (uint32_t)link->in[2] | (uint32_t)link->in[3] << 8;
            if (payload > (link->in[0] == QF_OPEN ? QF_MAX_OPEN : QF_MAX_DATA)) return fail(link, "a frame too long");
            need += payload;
            if (link->in_used == need) {
                link->in_used = 0;
                if (!dispatch(link, link->in, link->in + QF_HEADER, payload)) return false;
                continue;
            }
        }
        if (length == 0) return true;
        size_t part = need - link->in_used < length ? need - link->in_used : length;
        memcpy(link->in + link->in_used, bytes, part);
        link->in_used += part;
        bytes += part;
        length -= part;
    }
    return false;
}

static bool emit(struct qf_link *link, int type, int channel, uint32_t id, const uint8_t *payload, size_t length) {
    if (QF_OUT_SIZE - link->out_used < QF_HEADER + length) return false;
    uint8_t *at = link->out + link->out_used;
    at[0] = (uint8_t)type;
    at[1] = (uint8_t)channel;
    at[2] = (uint8_t)length;
    at[3] = (uint8_t)(length >> 8);
    put32(at + 4, id);
    if (length > 0) memcpy(at + QF_HEADER, payload, length);
    link->out_used += QF_HEADER + length;
    return true;
}

static bool emit32(struct qf_link *link, int type, int channel, uint32_t id, uint32_t value) {
    uint8_t payload[4];
    put32(payload, value);
    return emit(link, type, channel, id, payload, sizeof payload);
}

static void pump_channel(struct qf_link *link, struct qf_stream *stream, int c) {
    struct qf_channel *channel = &stream->channel[c];
    if (channel->end_wanted && !channel->end_sent) channel->end_sent = emit(link, QF_END, c, stream->id, NULL, 0);
    /* Small grants would cost more than they are worth. */
    if (channel->owed >= QF_WINDOW / 4 && !channel->ended && emit32(link, QF_CREDIT, c, stream->id, channel->owed))
        channel->owed = 0;
}

static void pump_stream(struct qf_link *link, struct qf_stream *stream) {
    if (stream->open_wanted) {
        if (!emit(link, QF_OPEN, 0, stream->id, stream->request, stream->request_length)) return;
        stream->open_wanted = false;
    }
    if (!stream->reset_wanted && !stream->reset_sent) {
        for (int c = 0; c < QF_CHANNELS; c++) pump_channel(link, stream, c);
        bool ended = stream->channel[1].end_sent && stream->channel[2].end_sent;
        if (stream->exit_wanted && !stream->exit_sent && ended)
            stream->exit_sent = emit32(link, QF_EXIT, 0, stream->id, stream->exit_status);
    }
    if (stream->reset_wanted && emit32(link, QF_RESET, 0, stream->id, stream->reason)) {
        stream->reset_wanted = false;
        stream->reset_sent = true;
        settle(stream);
    }
}

void qf_pump(struct qf_link *link) {
    if (!link->hello_sent) link->hello_sent = emit(link, QF_HELLO, 0, 0, MAGIC, sizeof MAGIC);
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++)
        if (link->streams[i].in_use) pump_stream(link, &link->streams[i]);
}

void qf_sent(struct qf_link *link, size_t length) {
    link->out_used -= length;
    memmove(link->out, link->out + length, link->out_used);
}

size_t qf_room(const struct qf_link *link, const struct qf_stream *stream, int channel) {
    const struct qf_channel *c = &stream->channel[channel];
    size_t kept = CONTROL_ROOM + QF_HEADER;
    if (!sends(stream, channel) || c->end_wanted || stream->open_wanted || stream->asked) return 0;
    if (stream->reset_wanted || stream->reset_sent || stream->reset_got) return 0;
    size_t room = QF_OUT_SIZE - link->out_used;
    room = room > kept ? room - kept : 0;
    if (room > QF_MAX_DATA) room = QF_MAX_DATA;
    return room < c->credit ? room : c->credit;
}

size_t qf_write(struct qf_link *link, struct qf_stream *stream, int channel, const uint8_t *bytes, size_t length) {
    size_t room = qf_room(link, stream, channel);
    size_t part = length < room ? length : room;
    if (part == 0 || !emit(link, QF_DATA, channel, stream->id, bytes, part)) return 0;
    stream->channel[channel].credit -= (uint32_t)part;
    return part;
}

size_t qf_read(struct qf_stream *stream, int channel, uint8_t *bytes, size_t size) {
    struct qf_channel *c = &stream->channel[channel];
    if (sends(stream, channel)) return 0;
    uint32_t part = smaller(c->used, size < QF_WINDOW ? (uint32_t)size : QF_WINDOW);
    uint32_t first = smaller(part, QF_WINDOW - c->head);
    memcpy(bytes, c->ring + c->head, first);
    memcpy(bytes + first, c->ring, part - first);
    c->head = (c->head + part) % QF_WINDOW;
    c->used -= part;
    c->owed += part;
    return part;
}

void qf_end(struct qf_stream *stream, int channel) {
    if (sends(stream, channel)) stream->channel[channel].end_wanted = true;
}

bool qf_at_end(const struct qf_stream *stream, int channel) {
    return !sends(stream, channel) && stream->channel[channel].ended && stream->channel[channel].used == 0;
}

void qf_exit(struct qf_stream *stream, uint32_t status) {
    if (stream->opener || stream->exit_wanted) return;
    qf_end(stream, 1);
    qf_end(stream, 2);
    stream->exit_wanted = true;
    stream->exit_status = status;
}

void qf_reset(struct qf_stream *stream, uint32_t reason) {
    if (stream->reset_wanted || stream->reset_sent) return;
    stream->reset_wanted = true;
    stream->reason = reason;
}

int qf_request_strings(const struct qf_stream *stream, const char **strings, int size) {
    int count = 0;
    for (size_t at = 0; at < stream->request_length;) {
        if (count == size) return -1;
        const char *text = (const char *)stream->request + at;
        strings[count++] = text;
        at += strlen(text) + 1;
    }
    return count;
}

bool qf_is_service(const char *name) {
    size_t length = strlen(name);
    if (length < 1 || length > 63) return false;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '.' || c == '-';
        if (!letter && (i == 0 || !other)) return false;
    }
    return true;
}
