"""Real parts for the tests and benches that are written in Python: the desk, a name server, a Postfix of their own.

Everything listens on a loopback address of the run's own, lives in a folder of its own, and ends with the run.
"""
import os
import signal
import sys

HOST = "127.%d.%d.%d" % (64 + os.getpid() // 65536 % 32, os.getpid() // 256 % 256, os.getpid() % 254 + 1)
DEADLINE_SECONDS = 60


def host(index):
    """Another loopback address of the run's own, for a peer that needs the same port: 1 to 5."""
    first, second, rest = HOST.split(".", 2)
    return f"{first}.{int(second) + 32 * index}.{rest}"


# So that what `atexit` holds is run when the run itself is ended.
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
