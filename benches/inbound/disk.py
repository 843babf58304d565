"""What a letter costs the disk, by count rather than by clock, and on a disk whose syncs take 3 ms.

strace watches fsync and fdatasync alone (a seccomp filter lets every other call pass at full speed)."""
import collections
import re

SLOW_MICROSECONDS = 3_000


def strace(log, slow=False):
    """The command before a server's own that counts its syncs into `log`, and makes each take 3 ms longer where asked."""
    inject = ["-e", f"inject=fsync,fdatasync:delay_exit={SLOW_MICROSECONDS}"] if slow else []
    # -D: the server is our child, strace its own.
    return ["strace", "-D", "-f", "-y", "-qq", "--seccomp-bpf", "-e", "trace=fsync,fdatasync", *inject, "-e", "signal=none", "-o", log]


class Syncs:
    """How many syncs a server has made since it was asked last, by the folder below `data`."""

    def __init__(self, log):
        self.file = open(log)

    def since(self):
        counts = collections.Counter()
        for line in self.file.read().splitlines():
            # `<unfinished ...>` lines name the file, `resumed` lines do not: each call is counted once.
            name = re.search(r"sync\(\d+<([^>]*)>", line)
            if name:
                folder = re.search(r"/data/(\w+)", name.group(1))
                counts[folder.group(1) if folder else "other"] += 1
        return counts
