/* A guest's end: offers a vchan to dom0 and answers what dom0 asks for with programs of its own. */
#include "guest.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "peer.h"
#include "process.h"
#include "transport.h"
#include "xen.h"

#define DOM0 0
#define FIXED 3

struct guest {
    struct qf_link link;
    struct qf_transport transport;
    struct qf_process processes[QF_MAX_STREAMS];
    int children;
};

static void start_asked(struct guest *guest) {
    for (int i = 0; i < 2 * QF_MAX_STREAMS; i++) {
        struct qf_stream *stream = &guest->link.streams[i];
        if (!stream->in_use || !stream->asked || stream->reset_wanted) continue;
        int slot = 0;
        while (slot < QF_MAX_STREAMS && guest->processes[slot].pid != 0) slot++;
        if (slot == QF_MAX_STREAMS) qf_reset(stream, QF_FAILED);
        else if (!qf_process_start(&guest->processes[slot], stream)) guest->processes[slot].pid = 0;
    }
}

static void turn_processes(struct guest *guest) {
    for (int i = 0; i < QF_MAX_STREAMS; i++) {
        struct qf_process *process = &guest->processes[i];
        if (process->pid != 0 && !qf_process_turn(process, &guest->link)) process->pid = 0;
    }
}

static void drain(int fd) {
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == sizeof info) continue;
}

/* Lets the processes speak until nothing more goes out. False when dom0 is gone. */
static bool turn(struct guest *guest) {
    ssize_t sent;
    do {
        start_asked(guest);
        turn_processes(guest);
        sent = qf_flush(&guest->link, &guest->transport);
    } while (sent > 0);
    return sent == 0;
}

/* Serves one connection of dom0 to its end. */
static void serve(struct guest *guest, struct qf_peer *peer) {
    struct pollfd entries[FIXED + 3 * QF_MAX_STREAMS];
    qf_link_init(&guest->link, false);
    while (qf_receive(&guest->link, &guest->transport) && turn(guest)) {
        nfds_t count = FIXED;
        entries[0] = (struct pollfd){.fd = guest->transport.fd, .events = qf_events(&guest->link, &guest->transport)};
        entries[1] = (struct pollfd){.fd = qf_peer_fd(peer), .events = POLLIN};
        entries[2] = (struct pollfd){.fd = guest->children, .events = POLLIN};
        for (int i = 0; i < QF_MAX_STREAMS; i++)
            if (guest->processes[i].pid != 0)
                count += (nfds_t)qf_process_poll(&guest->processes[i], &guest->link, entries + count);
        if (poll(entries, count, -1) < 0) continue;
        if (entries[0].revents && !guest->transport.wake(&guest->transport)) break;
        if (entries[1].revents && !qf_peer_alive(peer)) break;
        if (entries[2].revents) drain(guest->children);
    }
    if (guest->link.error) fprintf(stderr, "dom0 broke the protocol: %s\n", guest->link.error);
    for (int i = 0; i < QF_MAX_STREAMS; i++)
        if (guest->processes[i].pid != 0) qf_process_abandon(&guest->processes[i]);
    qf_link_free(&guest->link);
}

int qf_guest(void) {
    struct guest *guest = calloc(1, sizeof *guest);
    struct qf_peer *peer = qf_peer_watch(DOM0);
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (!guest || !peer) return 1;
    guest->children = signalfd(-1, &chld, SFD_NONBLOCK | SFD_CLOEXEC);
    while (qf_vchan_serve(&guest->transport, DOM0)) {
        serve(guest, peer);
        qf_vchan_close(&guest->transport);
    }
    perror("no vchan can be offered");
    return 1;
}
