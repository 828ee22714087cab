/* The news that the other domain is gone. */
#ifndef QF_PEER_H
#define QF_PEER_H

#include <stdbool.h>

/* What the xenstore says about the other domain. */
struct qf_peer;

/* Starts to watch a domain. NULL, with a message, when the xenstore is not there. */
struct qf_peer *qf_peer_watch(unsigned domain);
/* The same by a descriptor that speaks the xenstore's protocol; takes it over. */
struct qf_peer *qf_peer_watch_on(int fd, unsigned domain);
/* Makes the descriptor readable also when a node below the domain's own directory changes, until qf_peer_forget. */
bool qf_peer_heed(struct qf_peer *peer, const char *node);
void qf_peer_forget(struct qf_peer *peer, const char *node);
int qf_peer_fd(const struct qf_peer *peer);
/* To be called when the descriptor is readable. False when the domain, or the xenstore, does not exist any more. */
bool qf_peer_alive(struct qf_peer *peer);

#endif
