#include "transport.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

static bool socket_wake(struct qf_transport *transport) {
    (void)transport;
    return true;
}

static ssize_t socket_receive(struct qf_transport *transport, uint8_t *bytes, size_t size) {
    ssize_t got = recv(transport->fd, bytes, size, 0);
    if (got > 0) return got;
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static ssize_t socket_send(struct qf_transport *transport, const uint8_t *bytes, size_t length) {
    ssize_t sent = send(transport->fd, bytes, length, MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

void qf_socket_transport(struct qf_transport *transport, int fd) {
    *transport = (struct qf_transport){
        .fd = fd,
        .ask_writable = true,
        .wake = socket_wake,
        .receive = socket_receive,
        .send = socket_send,
    };
}

bool qf_receive(struct qf_link *link, struct qf_transport *transport) {
    static uint8_t bytes[QF_WINDOW];
    for (;;) {
        ssize_t got = transport->receive(transport, bytes, sizeof bytes);
        if (got < 0) return false;
        if (got == 0) return true;
        if (!qf_feed(link, bytes, (size_t)got)) return false;
    }
}

ssize_t qf_flush(struct qf_link *link, struct qf_transport *transport) {
    ssize_t total = 0;
    for (;;) {
        qf_pump(link);
        if (link->out_used == 0) return total;
        ssize_t sent = transport->send(transport, link->out, link->out_used);
        if (sent < 0) return -1;
        if (sent == 0) return total;
        qf_sent(link, (size_t)sent);
        total += sent;
    }
}

short qf_events(const struct qf_link *link, const struct qf_transport *transport) {
    return (short)(transport->ask_writable && link->out_used > 0 ? POLLIN | POLLOUT : POLLIN);
}
