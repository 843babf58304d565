"""The real binary on a data folder of its own."""
import atexit
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from . import DEADLINE_SECONDS, HOST


class Desk:
    """A desk with one mailbox and an administrator's token; `start` runs the server. `smtp` are more keys of that section, `extra`
    more sections."""

    def __init__(self, binary, folder, address, prefix, extra="", smtp_port=2525, http_port=8025, smtp=""):
        self.binary, self.folder = binary, folder
        self.config = os.path.join(folder, "mxdesk.toml")
        self.smtp, self.http = (HOST, smtp_port), (HOST, http_port)
        os.makedirs(folder, exist_ok=True)
        self.log = open(os.path.join(folder, "log"), "ab")
        self.settings = (
            f'data_dir = "data"\nhostname = "desk.test"\n[smtp]\nlisten = ["{HOST}:{smtp_port}"]\n{smtp}[http]\nlisten = "{HOST}:{http_port}"\n'
            f"[limits]\nmin_free_space = 1048576\nconnections_per_address = 1000\n"
        )
        self.configure(extra)
        self.cli("mailbox", "add", "--name", "Help", "--prefix", prefix, "--address", address)
        self.cli("operator", "add", "--email", "op@desk.test", "--name", "Olga", "--role", "admin", stdin="a long password\n")
        self.token = self.cli("token", "create", "--operator", "op@desk.test").strip()
        self.process = None
        atexit.register(self.stop)

    def configure(self, extra):
        """Sets the further sections, for the next start."""
        with open(self.config, "w") as file:
            file.write(f"{self.settings}{extra}\n")

    def cli(self, *words, stdin=""):
        split = 1 if words[0] in ("dns", "ledger", "check") else 2
        command = [self.binary, *words[:split], "--config", self.config, *words[split:]]
        run = subprocess.run(command, input=stdin, text=True, capture_output=True)
        if run.returncode != 0:
            sys.exit(f"{words}: {run.stderr}")
        return run.stdout

    def start(self, under=()):
        """Starts the server, `under` a command that runs it where one is given; answers how many seconds it took to become ready."""
        # It ends with the run, even where that is killed.
        command = ["setpriv", "--pdeathsig", "TERM", "--", *under, self.binary, "serve", "--config", self.config]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        began = time.monotonic()
        while True:
            if self.process.poll() is not None:
                sys.exit(f"the server ended with {self.process.returncode}: see {self.log.name}")
            try:
                with urllib.request.urlopen(f"http://{self.http[0]}:{self.http[1]}/readyz", timeout=1):
                    return time.monotonic() - began
            except OSError:
                if time.monotonic() - began > DEADLINE_SECONDS:
                    sys.exit(f"the server does not become ready: see {self.log.name}")
                time.sleep(0.02)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(DEADLINE_SECONDS)

    def get(self, path, **query):
        return self._ask("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def post(self, path, body):
        return self._ask("POST", path, json.dumps(body).encode())

    def upload(self, name, content, kind="application/octet-stream"):
        """A file for an answer."""
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": kind}
        path = "/api/v1/attachments?" + urllib.parse.urlencode({"name": name})
        request = urllib.request.Request(f"http://{self.http[0]}:{self.http[1]}{path}", content, headers, method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def _ask(self, method, path, body=None):
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        request = urllib.request.Request(f"http://{self.http[0]}:{self.http[1]}/api/v1{path}", body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def raw(self, message):
        """A message's source, as octets."""
        headers = {"Authorization": "Bearer " + self.token}
        request = urllib.request.Request(f"http://{self.http[0]}:{self.http[1]}/api/v1/messages/{message}/raw", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def every_ticket(self):
        """All tickets over the list's cursors, and the total that the board counts."""
        items, cursor = [], None
        while True:
            page = self.get("/tickets", limit=200, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items, page["total"]


def eventually(what, ask, seconds=DEADLINE_SECONDS):
    """Asks until the answer is true; ends the run with `what` when it never is."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            sys.exit(f"never seen: {what}")
        time.sleep(0.05)
