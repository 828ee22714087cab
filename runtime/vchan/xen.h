/* A vchan as a transport. */
#ifndef QF_XEN_H
#define QF_XEN_H

#include <stdbool.h>

#include "transport.h"

/* Offers a vchan to a domain, in our own part of the xenstore. */
bool qf_vchan_serve(struct qf_transport *transport, unsigned domain);
/* Connects to the vchan that a domain offers. */
bool qf_vchan_connect(struct qf_transport *transport, unsigned domain);
void qf_vchan_close(struct qf_transport *transport);

#endif
