"""A chasquid of the run's own, from the unpacked Debian package, in a root file system of its own: takes mail for one domain into
a maildir, and sends to the MX hosts that the name server at port 53 of `resolver` names. It accepts letters to `gone@` that
domain, too, and bounces them."""
import os
import shutil
import subprocess

from .chroot import Root, certificate, maildir
from .daemon import Daemon

CONFIGURATION = """hostname: "mx.{domain}"
max_data_size_mb: 100
smtp_address: "{host}:{port}"
submission_address: "{host}:{submission}"
data_dir: "/data"
mail_log_path: "/log"
suffix_separators: "+"
"""
STORE = """#!/bin/sh
cat > /mail/tmp/$$ && mv /mail/tmp/$$ /mail/new/$$
"""
USER, PASSWORD = "sender", "a long password"


class Chasquid(Daemon):
    """`package` is the folder into which the Debian package was unpacked. Letters go in by `submission`, with `login`. Needs root."""

    LOGS_REPLIES = False

    def __init__(self, package, folder, host, port, domain, next_port, resolver):
        self.submission, self.domain, self.next_port = (host, port + 1), domain, next_port
        self.login = (f"{USER}@{domain}", PASSWORD)
        self.root = Root(folder)
        super().__init__("chasquid", (host, port), self.root.path("said"), self.root.path("log"))
        self.root.program(os.path.join(package, "usr/bin/chasquid"), "/usr/bin/chasquid")
        for name in ("sh", "cat", "mv", "false"):
            self.root.program(shutil.which(name), f"/bin/{name}")
        for name in ("mail/tmp", "mail/new", "data"):
            self.root.folder_of(name, 0)
        self.root.write("/store", STORE, 0o755)
        self.root.write("/etc/resolv.conf", f"nameserver {resolver}\n")
        self.root.write("/etc/hosts", "127.0.0.1 localhost\n")
        self.root.write("/etc/chasquid/chasquid.conf", CONFIGURATION.format(domain=domain, host=host, port=port, submission=port + 1))
        self.root.write(f"/etc/chasquid/domains/{domain}/aliases", "gone: | /bin/false\n*: | /store\n")
        certificate(self.root.path(f"etc/chasquid/certs/mx.{domain}"), f"mx.{domain}")
        for ours, theirs in (("key", "privkey"), ("certificate", "fullchain")):
            kept = self.root.path(f"etc/chasquid/certs/mx.{domain}")
            os.rename(f"{kept}/{ours}.pem", f"{kept}/{theirs}.pem")
        subprocess.run([os.path.join(package, "usr/bin/chasquid-util"), f"-C={self.root.path('etc/chasquid')}", "user-add", self.login[0], f"--password={PASSWORD}"],
                       check=True, capture_output=True)

    def start(self):
        self.launch("/usr/bin/chasquid", "-config_dir=/etc/chasquid", f"-testing__outgoing_smtp_port={self.next_port}", "-logtime", popen=self.root.run)

    def delivered(self):
        """The letters in the maildir, as octets."""
        return maildir(self.root.path("mail"))
