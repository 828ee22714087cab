/*
 * qubeforge-call SOCKET SERVICE [ARGUMENT...]: asks a qube for a service; its streams and exit code become
 * ours. 255 when the channel broke, 126 when the qube refused. On a terminal, output is made harmless.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "harmless.h"
#include "transport.h"

#define LOST 255
#define REFUSED 126
#define BROKEN_PIPE (128 + SIGPIPE)

struct call {
    struct qf_link link;
    struct qf_transport transport;
    struct qf_stream *stream;
    bool input_open, terminal[3];
    struct qf_harmless harmless[3];
};

static bool write_all(int fd, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
            continue;
        }
        if (written < 0) return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static bool print(struct call *call, int fd) {
    uint8_t bytes[QF_MAX_DATA], shown[2 * QF_MAX_DATA + 1];
    size_t got;
    while ((got = qf_read(call->stream, fd, bytes, sizeof bytes)) > 0) {
        const uint8_t *out = bytes;
        if (call->terminal[fd]) {
            got = qf_make_harmless(&call->harmless[fd], bytes, got, shown);
            out = shown;
        }
        if (!write_all(fd, out, got)) return false;
    }
    return true;
}

static void take_input(struct call *call) {
    uint8_t bytes[QF_MAX_DATA];
    size_t room = qf_room(&call->link, call->stream, 0);
    if (room == 0) return;
    ssize_t got = read(0, bytes, room);
    if (got > 0) {
        qf_write(&call->link, call->stream, 0, bytes, (size_t)got);
    } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
        call->input_open = false;
        qf_end(call->stream, 0);
    }
}

/* The exit code once the call is over, -1 before. */
static int outcome(struct call *call) {
    struct qf_stream *stream = call->stream;
    if (!print(call, 1) || !print(call, 2)) {
        qf_reset(stream, QF_CLOSED);
        return BROKEN_PIPE;
    }
    if (stream->exited && qf_at_end(stream, 1) && qf_at_end(stream, 2)) {
        int status = (int)(stream->exit_status & 0xff);
        qf_reset(stream, QF_CLOSED);
        return status;
    }
    if (!stream->reset_got) return -1;
    bool refused = stream->reason == QF_REFUSED;
    fputs(refused ? "the qube refused the service\n" : "the qube ended the service\n", stderr);
    return refused ? REFUSED : LOST;
}

static int converse(struct call *call) {
    for (;;) {
        if (!qf_receive(&call->link, &call->transport)) break;
        int status = outcome(call);
        if (qf_flush(&call->link, &call->transport) < 0 && status < 0) break;
        if (status >= 0) return status;
        bool wants_input = call->input_open && qf_room(&call->link, call->stream, 0) > 0;
        struct pollfd entries[] = {
            {.fd = call->transport.fd, .events = qf_events(&call->link, &call->transport)},
            {.fd = wants_input ? 0 : -1, .events = POLLIN},
        };
        if (poll(entries, 2, -1) < 0) continue;
        if (entries[1].revents) take_input(call);
    }
    fputs("the channel to the qube broke\n", stderr);
    return LOST;
}

static int connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    return -1;
}

static struct qf_stream *ask(struct qf_link *link, int count, char **strings) {
    uint8_t request[QF_MAX_OPEN];
    size_t used = 0;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(strings[i]) + 1;
        if (length > sizeof request - used) return NULL;
        memcpy(request + used, strings[i], length);
        used += length;
    }
    return qf_open(link, request, used);
}

int main(int argc, char **argv) {
    static struct call call;
    if (argc < 3) {
        fputs("usage: qubeforge-call SOCKET SERVICE [ARGUMENT...]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int fd = connect_to(argv[1]);
    if (fd < 0) {
        fprintf(stderr, "no channel to the qube: %s: %s\n", argv[1], strerror(errno));
        return LOST;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    qf_link_init(&call.link, true);
    qf_socket_transport(&call.transport, fd);
    call.input_open = true;
    call.terminal[1] = isatty(1);
    call.terminal[2] = isatty(2);
    call.stream = ask(&call.link, argc - 2, argv + 2);
    if (!call.stream) {
        fputs("the command is too long\n", stderr);
        return 2;
    }
    return converse(&call);
}
