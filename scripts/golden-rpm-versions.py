#!/usr/bin/env python3
"""Prints the table of test/golden/rpm-versions.txt: pairs of EVRs and their order by librpm.

Needs the Python bindings of rpm (Debian: python3-rpm). The same seed gives the same table.
"""
import random
import rpm

random.seed(20)
HEADS = ["0", "1", "2", "10", "09", "1.0", "a", "2a", "git20200101"]
TAILS = ["", ".1", ".01", "~rc1", "~", "^", "^git1", "^20200101", "a", ".a", "_1", "+1", "..1", "0", ".fc43", "~~", "^^"]


def part():
    return random.choice(HEADS) + "".join(random.choice(TAILS) for _ in range(random.randrange(4)))


def near(text):
    """Often the same with one tail more or less, so that close calls are common."""
    return text + random.choice(TAILS) if random.random() < 0.6 else part()


def evr(version):
    epoch = random.choice(["", "", "", "0:", "1:", "10:"])
    return epoch, version, random.choice(["", "-1", "-1.fc43", "-2~a", "-1^b", "-01"])


def label(parts):
    epoch, version, release = parts
    return (epoch[:-1] or "0", version, release[1:])


for _ in range(4000):
    version = part()
    one, two = evr(version), evr(near(version))
    order = rpm.labelCompare(label(one), label(two))
    print("".join(one), "".join(two), {-1: "<", 0: "=", 1: ">"}[order])
