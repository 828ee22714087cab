/* dom0's end: joins the streams of local programs to streams of the vchan, byte for byte. */
#include "dom0.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "peer.h"
#include "transport.h"
#include "xen.h"

#define MAX_CLIENTS 16
#define FIXED 3
/* What a guest can make dom0 do by writing its offer without an end is bounded by a pause after each look. */
#define CONNECT_PAUSE_US 100000
/* An offer that could not be taken up is tried again, with or without news. */
#define CONNECT_AGAIN_MS 5000

struct client {
    struct qf_link link;
    struct qf_transport transport;
};

struct bridge {
    struct qf_link link;
    struct qf_transport transport;
    struct client *clients[MAX_CLIENTS];
};

/* Moves what came in on a channel of `from` on to `to`, as far as there is room. */
static void carry(struct qf_stream *from, struct qf_link *link, struct qf_stream *to, int channel) {
    uint8_t bytes[QF_MAX_DATA];
    size_t room, got;
    while ((room = qf_room(link, to, channel)) > 0 && (got = qf_read(from, channel, bytes, room)) > 0)
        qf_write(link, to, channel, bytes, got);
    if (qf_at_end(from, channel)) qf_end(to, channel);
}

static void part(struct qf_stream *local, struct qf_stream *remote, uint32_t reason) {
    qf_reset(local, reason);
    qf_reset(remote, reason);
}

static void join(struct bridge *bridge, struct qf_stream *local) {
    struct qf_stream *remote = qf_open(&bridge->link, local->request, local->request_length);
    if (!remote) {
        qf_reset(local, QF_FAILED);
        return;
    }
    local->owner = remote;
    remote->owner = local;
    qf_accept(local);
}

static void turn_pair(struct bridge *bridge, struct client *client, struct qf_stream *local) {
    struct qf_stream *remote = local->owner;
    if (local->reset_got || remote->reset_got) {
        part(local, remote, remote->reset_got ? remote->reason : QF_CLOSED);
        return;
    }
    carry(local, &bridge->link, remote, 0);
    carry(remote, &client->link, local, 1);
    carry(remote, &client->link, local, 2);
    if (remote->exited && qf_at_end(remote, 1) && qf_at_end(remote, 2)) qf_exit(local, remote->exit_status);
}

static void turn_client(struct bridge *bridge, struct client *client) {
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++) {
        struct qf_stream *local = &client->link.streams[i];
        if (!local->in_use || local->reset_wanted || local->reset_sent) continue;
        if (local->asked) join(bridge, local);
        if (local->owner) turn_pair(bridge, client, local);
    }
}

static void drop_client(struct bridge *bridge, int index) {
    struct client *client = bridge->clients[index];
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++) {
        struct qf_stream *local = &client->link.streams[i];
        /* After its own reset the other stream is no longer ours to touch. */
        if (local->in_use && local->owner && !local->reset_wanted && !local->reset_sent) qf_reset(local->owner, QF_CLOSED);
    }
    close(client->transport.fd);
    qf_link_free(&client->link);
    free(client);
    bridge->clients[index] = NULL;
}

static void accept_client(struct bridge *bridge, int listener) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int slot = 0;
    while (slot < MAX_CLIENTS && bridge->clients[slot]) slot++;
    struct client *client = slot < MAX_CLIENTS ? calloc(1, sizeof *client) : NULL;
    if (!client) {
        close(fd);
        return;
    }
    qf_link_init(&client->link, false);
    qf_socket_transport(&client->transport, fd);
    bridge->clients[slot] = client;
}

/* A guest asks dom0 for nothing yet: every service it names is refused. Rules of the policy go here. */
static void refuse_guest(struct bridge *bridge) {
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++) {
        struct qf_stream *stream = &bridge->link.streams[i];
        if (stream->in_use && stream->asked && !stream->reset_wanted && !stream->reset_sent) qf_reset(stream, QF_REFUSED);
    }
}

/* Hands on what came in until nothing more goes out. False when the guest is gone. */
static bool turn(struct bridge *bridge) {
    ssize_t moved;
    if (!qf_receive(&bridge->link, &bridge->transport)) return false;
    for (int i = 0; i < MAX_CLIENTS; i++)
        if (bridge->clients[i] && !qf_receive(&bridge->clients[i]->link, &bridge->clients[i]->transport)) drop_client(bridge, i);
    do {
        refuse_guest(bridge);
        moved = 0;
        for (int i = 0; i < MAX_CLIENTS; i++) {
            struct client *client = bridge->clients[i];
            if (!client) continue;
            turn_client(bridge, client);
            ssize_t sent = qf_flush(&client->link, &client->transport);
            if (sent < 0) drop_client(bridge, i);
            else moved += sent;
        }
        ssize_t sent = qf_flush(&bridge->link, &bridge->transport);
        if (sent < 0) return false;
        moved += sent;
    } while (moved > 0);
    return true;
}

static void run(struct bridge *bridge, struct qf_peer *peer, int listener) {
    struct pollfd entries[FIXED + MAX_CLIENTS];
    while (turn(bridge)) {
        nfds_t count = FIXED;
        entries[0] = (struct pollfd){.fd = bridge->transport.fd, .events = qf_events(&bridge->link, &bridge->transport)};
        entries[1] = (struct pollfd){.fd = qf_peer_fd(peer), .events = POLLIN};
        entries[2] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (int i = 0; i < MAX_CLIENTS; i++) {
            if (!bridge->clients[i]) continue;
            struct client *client = bridge->clients[i];
            entries[count++] = (struct pollfd){.fd = client->transport.fd, .events = qf_events(&client->link, &client->transport)};
        }
        if (poll(entries, count, -1) < 0) continue;
        if (entries[0].revents && !bridge->transport.wake(&bridge->transport)) return;
        if (entries[1].revents && !qf_peer_alive(peer)) return;
        if (entries[2].revents) accept_client(bridge, listener);
    }
}

static int listen_at(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    unlink(path);
    umask(0177);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, MAX_CLIENTS) == 0) return fd;
    return -1;
}

/* Tells the service manager that programs can connect (sd_notify(3)). */
static void announce(void) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!path || path[0] != '/' || strlen(path) >= sizeof address.sun_path) return;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    static const char ready[] = "READY=1";
    if (fd < 0 || sendto(fd, ready, sizeof ready - 1, 0, (struct sockaddr *)&address, sizeof address) < 0)
        perror("the service manager was not told");
    if (fd >= 0) close(fd);
}

static bool become_nobody(unsigned user, unsigned group) {
    return setgroups(0, NULL) == 0 && setresgid(group, group, group) == 0 && setresuid(user, user, user) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setresuid(0, 0, 0) != 0;
}

/*
 * Waits until the guest offers its vchan, and takes it up. False when the domain ends before, or
 * the xenstore does not watch it. There is no limit of its own: the service manager has one, and tries again.
 */
static bool connect_when_offered(struct qf_transport *transport, struct qf_peer *peer, unsigned domain) {
    if (!qf_peer_heed(peer, QF_OFFER)) return false;
    while (qf_peer_alive(peer)) {
        if (qf_vchan_connect(transport, domain)) {
            qf_peer_forget(peer, QF_OFFER);
            return true;
        }
        struct pollfd news = {.fd = qf_peer_fd(peer), .events = POLLIN};
        poll(&news, 1, CONNECT_AGAIN_MS);
        usleep(CONNECT_PAUSE_US);
    }
    return false;
}

int qf_dom0(unsigned domain, const char *path, unsigned user, unsigned group) {
    struct bridge *bridge = calloc(1, sizeof *bridge);
    struct qf_peer *peer = qf_peer_watch(domain);
    signal(SIGPIPE, SIG_IGN);
    if (!bridge || !peer) return 1;
    if (!connect_when_offered(&bridge->transport, peer, domain)) {
        fprintf(stderr, "no channel to domain %u: it ended before it offered one, or its offer cannot be watched\n", domain);
        return 1;
    }
    int listener = listen_at(path);
    if (listener < 0) {
        fprintf(stderr, "no channel to domain %u: nobody can listen at %s: %s\n", domain, path, strerror(errno));
        return 1;
    }
    announce();
    if (!become_nobody(user, group)) {
        perror("root could not be given up");
        return 1;
    }
    qf_link_init(&bridge->link, true);
    run(bridge, peer, listener);
    if (bridge->link.error) fprintf(stderr, "domain %u broke the protocol: %s\n", domain, bridge->link.error);
    qf_vchan_close(&bridge->transport);
    return bridge->link.error ? 1 : 0;
}
