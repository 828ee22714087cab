#include "xen.h"

#include <fcntl.h>
#include <libxenvchan.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenstore.h>

#define PATH_SIZE 80
#define RING_BYTES 65536

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
    snprintf(path, sizeof path, "/local/domain/%u/" QF_NODE, (unsigned)strtoul(own, NULL, 10));
    free(own);
    return vchan_ready(transport, libxenvchan_server_init(NULL, (int)domain, path, RING_BYTES, RING_BYTES));
}

bool qf_vchan_connect(struct qf_transport *transport, unsigned domain) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "/local/domain/%u/" QF_NODE, domain);
    return vchan_ready(transport, libxenvchan_client_init(NULL, (int)domain, path));
}

void qf_vchan_close(struct qf_transport *transport) {
    if (transport->state) libxenvchan_close(transport->state);
    transport->state = NULL;
}
