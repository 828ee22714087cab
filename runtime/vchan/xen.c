#include "xen.h"

#include <errno.h>
#include <fcntl.h>
#include <libxenvchan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#define PATH_SIZE 80
#define RING_BYTES 65536
#define NODE "data/qubeforge-vchan"

struct qf_peer {
    struct xs_handle *store;
    char path[PATH_SIZE];
};

struct qf_peer *qf_peer_watch(unsigned domain) {
    struct qf_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return NULL;
    /* A node that the toolstack writes and no guest can touch; it goes with its domain. */
    snprintf(peer->path, sizeof peer->path, "/local/domain/%u/domid", domain);
    peer->store = xs_open(0);
    if (peer->store && xs_watch(peer->store, peer->path, "peer")) return peer;
    fprintf(stderr, "the xenstore cannot be watched: %s\n", strerror(errno));
    if (peer->store) xs_close(peer->store);
    free(peer);
    return NULL;
}

int qf_peer_fd(const struct qf_peer *peer) {
    return xs_fileno(peer->store);
}

bool qf_peer_alive(struct qf_peer *peer) {
    char **event;
    while ((event = xs_check_watch(peer->store)) != NULL) free(event);
    unsigned length;
    char *value = xs_read(peer->store, XBT_NULL, peer->path, &length);
    bool alive = value != NULL || errno != ENOENT;
    free(value);
    return alive;
}

static bool vchan_wake(struct qf_transport *transport) {
    libxenvchan_wait(transport->state);
    return libxenvchan_is_open(transport->state) != 0;
}

static ssize_t vchan_receive(struct qf_transport *transport, uint8_t *bytes, size_t size) {
    int got = libxenvchan_read(transport->state, bytes, size);
    if (got > 0) return got;
    return got < 0 || libxenvchan_is_open(transport->state) == 0 ? -1 : 0;
}

static ssize_t vchan_send(struct qf_transport *transport, const uint8_t *bytes, size_t length) {
    int sent = libxenvchan_write(transport->state, bytes, length);
    if (sent > 0) return sent;
    return sent < 0 || libxenvchan_is_open(transport->state) == 0 ? -1 : 0;
}

static bool vchan_ready(struct qf_transport *transport, struct libxenvchan *vchan) {
    if (!vchan) return false;
    vchan->blocking = 0;
    int fd = libxenvchan_fd_for_select(vchan);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    *transport = (struct qf_transport){
        .fd = fd,
        .wake = vchan_wake,
        .receive = vchan_receive,
        .send = vchan_send,
        .state = vchan,
    };
    return true;
}

bool qf_vchan_serve(struct qf_transport *transport, unsigned domain) {
    struct xs_handle *store = xs_open(0);
    unsigned length;
    char *own = store ? xs_read(store, XBT_NULL, "domid", &length) : NULL;
    if (store) xs_close(store);
    if (!own) return false;
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/local/domain/%u/" NODE, (unsigned)strtoul(own, NULL, 10));
    free(own);
    return vchan_ready(transport, libxenvchan_server_init(NULL, (int)domain, path, RING_BYTES, RING_BYTES));
}

bool qf_vchan_connect(struct qf_transport *transport, unsigned domain) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/local/domain/%u/" NODE, domain);
    return vchan_ready(transport, libxenvchan_client_init(NULL, (int)domain, path));
}

void qf_vchan_close(struct qf_transport *transport) {
    if (transport->state) libxenvchan_close(transport->state);
    transport->state = NULL;
}
