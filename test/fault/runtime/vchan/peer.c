/*
 * Watches a domain through a UNIX socket: `peer SOCKET DOMAIN [NODE]` prints a line for each time that it looked. With
 * a node, news of that is heeded until the first look.
 */
#include "peer.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) return 2;
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) return 3;
    struct qf_peer *peer = qf_peer_watch_on(fd, (unsigned)strtoul(argv[2], NULL, 10));
    if (!peer) return 4;
    const char *node = argv[3];
    if (node && !qf_peer_heed(peer, node)) {
        free(peer);
        return 5;
    }
    for (;;) {
        struct pollfd entry = {.fd = qf_peer_fd(peer), .events = POLLIN};
        poll(&entry, 1, -1);
        bool alive = qf_peer_alive(peer);
        puts(alive ? "alive" : "gone");
        fflush(stdout);
        if (!alive) break;
        if (node) qf_peer_forget(peer, node);
        node = NULL;
    }
    free(peer);
    return 0;
}
