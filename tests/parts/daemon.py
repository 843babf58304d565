"""A server of the run's own, in the foreground and in a process group of its own: started, waited for, read, ended."""
import atexit
import os
import signal
import socket
import subprocess

from .desk import eventually

PATIENCE_SECONDS = 10


class Daemon:
    """Takes connections at `address` when it is ready. `logs` are its log's files; what it prints goes into the first of them."""

    def __init__(self, name, address, *logs):
        self.name, self.address, self.logs, self.process = name, address, logs, None

    def launch(self, *command, popen=None, **more):
        if popen is None:
            # It ends with the run, even where that is killed.
            popen, command = subprocess.Popen, ("setpriv", "--pdeathsig", "TERM", "--", *command)
        with open(self.logs[0], "ab") as said:
            self.process = popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True, **more)
        atexit.register(self.stop)
        eventually(f"{self.name}'s port", self.takes_connections)

    def takes_connections(self):
        if self.process.poll() is not None:
            raise SystemExit(f"{self.name} does not start:\n{self.log()}")
        with socket.socket() as probe:
            return probe.connect_ex(self.address) == 0

    def signal(self, number):
        """To it and to the processes that it started."""
        os.killpg(self.process.pid, number)

    def stop(self):
        if self.process and self.process.poll() is None:
            # One that is held (SIGSTOP) ends only when it goes on.
            for number in (signal.SIGTERM, signal.SIGCONT):
                self.signal(number)
            try:
                self.process.wait(PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.signal(signal.SIGKILL)
                self.process.wait()

    def log(self):
        text = ""
        for path in self.logs:
            if os.path.exists(path):
                with open(path, errors="replace") as file:
                    text += file.read()
        return text
