/* A vchan as a transport. */
#ifndef QF_XEN_H
#define QF_XEN_H

#include <stdbool.h>

#include "transport.h"

/* Where a guest offers its vchan, below its directory of the xenstore; the last node that it writes for that. */
#define QF_NODE "data/qubeforge-vchan"
#define QF_OFFER QF_NODE "/event-channel"

/* Offers a vchan to a domain, in our own part of the xenstore. */
bool qf_vchan_serve(struct qf_transport *transport, unsigned domain);
/* Connects to the vchan that a domain offers. */
bool qf_vchan_connect(struct qf_transport *transport, unsigned domain);
void qf_vchan_close(struct qf_transport *transport);

#endif
