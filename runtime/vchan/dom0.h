#ifndef QF_DOM0_H
#define QF_DOM0_H

/*
 * dom0's end of the channel to one domain: programs of dom0 connect to the UNIX socket at `path`. Gives up
 * root for `user` and `group` as soon as the devices are open. The exit code.
 */
int qf_dom0(unsigned domain, const char *path, unsigned user, unsigned group);

#endif
