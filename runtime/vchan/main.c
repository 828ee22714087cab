#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0.h"
#include "guest.h"

static int usage(void) {
    fputs("usage: qubeforge-vchan guest | qubeforge-vchan dom0 DOMAIN SOCKET USER\n", stderr);
    return 2;
}

/* A decimal number below 2^31, or -1. */
static long number(const char *text) {
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    return *text < '0' || *text > '9' || *end != '\0' || value > 0x7fffffff ? -1 : (long)value;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "guest") == 0) return qf_guest();
    if (argc != 5 || strcmp(argv[1], "dom0") != 0) return usage();
    long domain = number(argv[2]);
    const struct passwd *user = getpwnam(argv[4]);
    if (domain < 1) return usage();
    if (!user || user->pw_uid == 0) {
        fprintf(stderr, "%s is no user without privilege\n", argv[4]);
        return 1;
    }
    return qf_dom0((unsigned)domain, argv[3], user->pw_uid, user->pw_gid);
}
