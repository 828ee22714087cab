#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGUMENTS 1024

static void shut(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static void become_service(const char *path, const char **arguments, int fds[3]) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setsid();
    for (int i = 0; i < 3; i++)
        if (dup2(fds[i], i) < 0) _exit(126);
    char *const environment[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME=/root",
        "LANG=C.UTF-8",
        "QUBEFORGE_CALLER=dom0",
        NULL,
    };
    execve(path, (char *const *)arguments, environment);
    _exit(127);
}

static bool make_pipes(int pipes[3][2]) {
    for (int i = 0; i < 3; i++) {
        if (pipe2(pipes[i], O_CLOEXEC) == 0) continue;
        while (--i >= 0) {
            close(pipes[i][0]);
            close(pipes[i][1]);
        }
        return false;
    }
    return true;
}

bool qf_process_start(struct qf_process *process, struct qf_stream *stream) {
    const char *strings[MAX_ARGUMENTS + 1];
    int count = qf_request_strings(stream, strings, MAX_ARGUMENTS);
    char path[sizeof QF_SERVICES + 64];
    int pipes[3][2];
    if (count < 1 || !qf_is_service(strings[0])) {
        qf_reset(stream, QF_REFUSED);
        return false;
    }
    strings[count] = NULL;
    snprintf(path, sizeof path, QF_SERVICES "/%s", strings[0]);
    if (access(path, X_OK) != 0 || !make_pipes(pipes)) {
        qf_reset(stream, QF_REFUSED);
        return false;
    }
    int theirs[3] = {pipes[0][0], pipes[1][1], pipes[2][1]};
    pid_t pid = fork();
    if (pid == 0) become_service(path, strings, theirs);
    for (int i = 0; i < 3; i++) close(theirs[i]);
    memset(process, 0, sizeof *process);
    process->pid = pid;
    process->stream = stream;
    process->input = pipes[0][1];
    process->output[0] = pipes[1][0];
    process->output[1] = pipes[2][0];
    if (pid < 0) {
        qf_process_abandon(process);
        qf_reset(stream, QF_FAILED);
        return false;
    }
    fcntl(process->input, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 2; i++) fcntl(process->output[i], F_SETFL, O_NONBLOCK);
    qf_accept(stream);
    return true;
}

static void give_input(struct qf_process *process) {
    for (;;) {
        if (process->pending_at == process->pending_used) {
            process->pending_at = 0;
            process->pending_used = qf_read(process->stream, 0, process->pending, sizeof process->pending);
            if (process->pending_used == 0) break;
        }
        /* Nobody reads any more: the rest is dropped, so that the sender does not wait for ever. */
        if (process->input < 0) {
            process->pending_at = process->pending_used;
            continue;
        }
        size_t left = process->pending_used - process->pending_at;
        ssize_t written = write(process->input, process->pending + process->pending_at, left);
        if (written > 0) process->pending_at += (size_t)written;
        else if (written < 0 && errno == EAGAIN) return;
        else if (written < 0 && errno != EINTR) shut(&process->input);
    }
    if (qf_at_end(process->stream, 0)) shut(&process->input);
}

static void take_output(struct qf_process *process, struct qf_link *link, int which) {
    int *fd = &process->output[which];
    uint8_t bytes[QF_MAX_DATA];
    size_t room;
    while (*fd >= 0 && (room = qf_room(link, process->stream, which + 1)) > 0) {
        ssize_t got = read(*fd, bytes, room);
        if (got > 0) {
            qf_write(link, process->stream, which + 1, bytes, (size_t)got);
        } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            shut(fd);
            qf_end(process->stream, which + 1);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static uint32_t exit_status(int status) {
    return (uint32_t)(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

bool qf_process_turn(struct qf_process *process, struct qf_link *link) {
    struct qf_stream *stream = process->stream;
    if (stream->reset_got) {
        qf_process_abandon(process);
        qf_reset(stream, QF_CLOSED);
        return false;
    }
    give_input(process);
    for (int i = 0; i < 2; i++) take_output(process, link, i);
    if (!process->reaped && waitpid(process->pid, &process->status, WNOHANG) == process->pid) process->reaped = true;
    if (process->reaped && process->output[0] < 0 && process->output[1] < 0) qf_exit(stream, exit_status(process->status));
    return true;
}

int qf_process_poll(const struct qf_process *process, const struct qf_link *link, struct pollfd *entries) {
    int count = 0;
    if (process->input >= 0 && process->pending_at < process->pending_used)
        entries[count++] = (struct pollfd){.fd = process->input, .events = POLLOUT};
    for (int i = 0; i < 2; i++)
        if (process->output[i] >= 0 && qf_room(link, process->stream, i + 1) > 0)
            entries[count++] = (struct pollfd){.fd = process->output[i], .events = POLLIN};
    return count;
}

void qf_process_abandon(struct qf_process *process) {
    shut(&process->input);
    for (int i = 0; i < 2; i++) shut(&process->output[i]);
    if (process->pid > 0 && !process->reaped) {
        kill(-process->pid, SIGKILL);
        kill(process->pid, SIGKILL);
        waitpid(process->pid, &process->status, 0);
    }
    process->pid = 0;
}
