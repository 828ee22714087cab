#include "transport.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* Bytes received in one turn, so that a busy peer does not keep everybody else waiting. */
#define TURN_BYTES (4 * QF_WINDOW)

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

static bool receive_all(struct qf_link *link, struct qf_transport *transport) {
    static uint8_t bytes[QF_WINDOW];
    for (size_t total = 0; total < TURN_BYTES;) {
        ssize_t got = transport->receive(transport, bytes, sizeof bytes);
        if (got < 0) return false;
        if (got == 0) return true;
        if (!qf_feed(link, bytes, (size_t)got)) return false;
        total += (size_t)got;
    }
    return true;
}

bool qf_turn(struct qf_link *link, struct qf_transport *transport) {
    bool alive = receive_all(link, transport);
    qf_pump(link);
    while (alive && link->out_used > 0) {
        ssize_t sent = transport->send(transport, link->out, link->out_used);
        if (sent < 0) return false;
        if (sent == 0) break;
        qf_sent(link, (size_t)sent);
        qf_pump(link);
    }
    return alive;
}

short qf_events(const struct qf_link *link, const struct qf_transport *transport) {
    return (short)(transport->ask_writable && link->out_used > 0 ? POLLIN | POLLOUT : POLLIN);
}
