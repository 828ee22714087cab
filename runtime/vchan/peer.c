/*
 * Watches a domain by the xenstore's own protocol (Xen, docs/misc/xenstore.txt; xen/io/xs_wire.h). Of libxenstore
 * only the shared library can wait for a watch and ask at the same time; ours is linked statically, and takes the
 * event that comes before an answer for the answer.
 */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICE "/dev/xen/xenbus"
#define MAX_PAYLOAD 4096
#define PATH_SIZE 80

enum { XS_READ = 2, XS_WATCH = 4, XS_UNWATCH = 5, XS_WATCH_EVENT = 15, XS_ERROR = 16 };

struct header {
    uint32_t type, request, transaction, length;
};

struct qf_peer {
    int fd;
    unsigned domain;
    /* A node that the toolstack writes and no guest can touch; it goes with its domain. */
    char path[PATH_SIZE];
};

/* Asks for `type` with `length` bytes; the kernel wants a message in one piece or in order. */
static bool ask(const struct qf_peer *peer, uint32_t type, const char *body, size_t length) {
    char message[sizeof(struct header) + 2 * PATH_SIZE];
    struct header header = {.type = type, .length = (uint32_t)length};
    memcpy(message, &header, sizeof header);
    memcpy(message + sizeof header, body, length);
    size_t total = sizeof header + length;
    for (size_t done = 0; done < total;) {
        ssize_t sent = write(peer->fd, message + done, total - done);
        if (sent < 0 && errno != EINTR) return false;
        if (sent > 0) done += (size_t)sent;
    }
    return true;
}

static bool take(const struct qf_peer *peer, void *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t got = read(peer->fd, (char *)bytes + done, length - done);
        if (got == 0 || (got < 0 && errno != EINTR)) return false;
        if (got > 0) done += (size_t)got;
    }
    return true;
}

/* The next answer, past all events: its type, or -1. `body` ends with a zero. */
static int answer(const struct qf_peer *peer, char body[MAX_PAYLOAD + 1]) {
    for (;;) {
        struct header header;
        if (!take(peer, &header, sizeof header) || header.length > MAX_PAYLOAD) return -1;
        if (!take(peer, body, header.length)) return -1;
        body[header.length] = 0;
        if (header.type != XS_WATCH_EVENT) return (int)header.type;
    }
}

/* The path of a node below the domain's directory; how long it is with its end, or 0 when it does not fit. */
static size_t place(char path[PATH_SIZE], unsigned domain, const char *node) {
    int length = snprintf(path, PATH_SIZE, "/local/domain/%u/%s", domain, node);
    return length > 0 && length < PATH_SIZE ? (size_t)length + 1 : 0;
}

/* XS_WATCH or XS_UNWATCH for a node: the path and a token, which is empty. */
static bool look_out(const struct qf_peer *peer, uint32_t type, const char *node) {
    char body[PATH_SIZE + 1] = {0}, reply[MAX_PAYLOAD + 1];
    size_t length = place(body, peer->domain, node);
    return length > 0 && ask(peer, type, body, length + 1) && answer(peer, reply) == (int)type;
}

struct qf_peer *qf_peer_watch_on(int fd, unsigned domain) {
    struct qf_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return NULL;
    peer->fd = fd;
    peer->domain = domain;
    place(peer->path, domain, "domid");
    if (look_out(peer, XS_WATCH, "domid")) return peer;
    fprintf(stderr, "the xenstore does not watch %s\n", peer->path);
    close(fd);
    free(peer);
    return NULL;
}

struct qf_peer *qf_peer_watch(unsigned domain) {
    int fd = open(DEVICE, O_RDWR | O_CLOEXEC);
    if (fd >= 0) return qf_peer_watch_on(fd, domain);
    fprintf(stderr, "%s cannot be opened: %s\n", DEVICE, strerror(errno));
    return NULL;
}

bool qf_peer_heed(struct qf_peer *peer, const char *node) {
    return look_out(peer, XS_WATCH, node);
}

void qf_peer_forget(struct qf_peer *peer, const char *node) {
    look_out(peer, XS_UNWATCH, node);
}

int qf_peer_fd(const struct qf_peer *peer) {
    return peer->fd;
}

bool qf_peer_alive(struct qf_peer *peer) {
    char body[MAX_PAYLOAD + 1];
    if (!ask(peer, XS_READ, peer->path, strlen(peer->path) + 1)) return false;
    int type = answer(peer, body);
    return type == XS_READ || (type == XS_ERROR && strcmp(body, "ENOENT") != 0);
}
