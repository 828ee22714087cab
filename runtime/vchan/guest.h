#ifndef QF_GUEST_H
#define QF_GUEST_H

/* Serves dom0 until the vchan cannot be offered any more; the exit code. */
int qf_guest(void);

#endif
