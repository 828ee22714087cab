/*
 * Both ends of the channel on one machine: a UNIX socket stands in for the vchan, everything else is what
 * runs in dom0 and in guests. `local guest SOCKET` and `local dom0 SOCKET LISTEN`.
 */
#include "dom0.c"
#include "guest.h"

#include <sys/eventfd.h>

static const char *channel;

struct qf_peer {
    int fd;
};

struct qf_peer *qf_peer_watch(unsigned domain) {
    (void)domain;
    static struct qf_peer peer;
    peer.fd = eventfd(0, EFD_CLOEXEC);
    return &peer;
}

/* The other end is tried again without a wait. */
bool qf_peer_heed(struct qf_peer *peer, const char *node) {
    (void)node;
    return eventfd_write(peer->fd, 1) == 0;
}

void qf_peer_forget(struct qf_peer *peer, const char *node) {
    (void)node;
    eventfd_t news;
    eventfd_read(peer->fd, &news);
}

int qf_peer_fd(const struct qf_peer *peer) {
    return peer->fd;
}

bool qf_peer_alive(struct qf_peer *peer) {
    (void)peer;
    return true;
}

bool qf_vchan_serve(struct qf_transport *transport, unsigned domain) {
    (void)domain;
    static int listener = -1;
    if (listener < 0) listener = listen_at(channel);
    struct pollfd entry = {.fd = listener, .events = POLLIN};
    poll(&entry, 1, -1);
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    qf_socket_transport(transport, fd);
    return fd >= 0;
}

bool qf_vchan_connect(struct qf_transport *transport, unsigned domain) {
    (void)domain;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, channel, strlen(channel) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return false;
    }
    qf_socket_transport(transport, fd);
    return true;
}

void qf_vchan_close(struct qf_transport *transport) {
    close(transport->fd);
}

int main(int argc, char **argv) {
    channel = argv[2];
    signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "guest") == 0) return qf_guest();
    if (argc != 4) return 2;
    struct bridge *bridge = calloc(1, sizeof *bridge);
    struct qf_peer *peer = qf_peer_watch(1);
    if (!connect_when_offered(&bridge->transport, peer, 1)) return 1;
    qf_link_init(&bridge->link, true);
    run(bridge, peer, listen_at(argv[3]));
    return 0;
}
