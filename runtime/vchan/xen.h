/* A vchan as a transport, and the news that the other domain is gone. */
#ifndef QF_XEN_H
#define QF_XEN_H

#include <stdbool.h>

#include "transport.h"

/* What the xenstore says about the other domain. */
struct qf_peer;

/* Starts to watch a domain. NULL, with a message, when the xenstore is not there. */
struct qf_peer *qf_peer_watch(unsigned domain);
int qf_peer_fd(const struct qf_peer *peer);
/* To be called when the descriptor is readable. False when the domain does not exist any more. */
bool qf_peer_alive(struct qf_peer *peer);

/* Offers a vchan to a domain, in our own part of the xenstore. */
bool qf_vchan_serve(struct qf_transport *transport, unsigned domain);
/* Connects to the vchan that a domain offers. */
bool qf_vchan_connect(struct qf_transport *transport, unsigned domain);
void qf_vchan_close(struct qf_transport *transport);

#endif
