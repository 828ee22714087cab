/* A byte channel that a link runs over: a UNIX socket or a vchan. */
#ifndef QF_TRANSPORT_H
#define QF_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"

struct qf_transport {
    /* To poll; with `ask_writable` also for writing while there is something to send. */
    int fd;
    bool ask_writable;
    /* Called when poll saw something on fd. False when the other side is gone. */
    bool (*wake)(struct qf_transport *transport);
    /* Bytes received or sent, 0 when nothing goes now, -1 when the other side is gone. */
    ssize_t (*receive)(struct qf_transport *transport, uint8_t *bytes, size_t size);
    ssize_t (*send)(struct qf_transport *transport, const uint8_t *bytes, size_t length);
    void *state;
};

/* Runs over a connected, non-blocking socket. */
void qf_socket_transport(struct qf_transport *transport, int fd);

/* Takes in everything that has arrived. False when the link is over. */
bool qf_receive(struct qf_link *link, struct qf_transport *transport);

/*
 * Sends what is pending and goes now: how many bytes, or -1 when the other side is gone. Sending makes room, so
 * whoever has more to say asks again until it is 0; only then may it wait in poll.
 */
ssize_t qf_flush(struct qf_link *link, struct qf_transport *transport);

/* The poll events that the transport waits for now. */
short qf_events(const struct qf_link *link, const struct qf_transport *transport);

#endif
