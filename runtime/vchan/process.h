/* Services of a guest as processes: their three streams are the three channels. */
#ifndef QF_PROCESS_H
#define QF_PROCESS_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

#include "protocol.h"

struct qf_process {
    pid_t pid;
    struct qf_stream *stream;
    /* Our ends of the pipes, or -1. */
    int input, output[2];
    bool reaped;
    int status;
    /* Input on its way. */
    uint8_t pending[QF_MAX_DATA];
    size_t pending_used, pending_at;
};

/* Where the programs are that answer to a service's name. */
#ifndef QF_SERVICES
#define QF_SERVICES "/usr/lib/qubeforge/services"
#endif

/* Starts the service that a stream asks for, or refuses the stream. False when it was refused. */
bool qf_process_start(struct qf_process *process, struct qf_stream *stream);
/* Moves bytes and, at the end, the exit status. False when the process and its stream are over. */
bool qf_process_turn(struct qf_process *process, struct qf_link *link);
/* Fills at most three entries; how many. */
int qf_process_poll(const struct qf_process *process, const struct qf_link *link, struct pollfd *entries);
/* Kills what is left of it. */
void qf_process_abandon(struct qf_process *process);

#endif
