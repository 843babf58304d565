"""An OpenSMTPD of the run's own, from the unpacked Debian package, in a root file system of its own: takes mail for one domain into a
maildir, in the clear, and hands the rest to one next hop over STARTTLS. It accepts letters to `gone@` that domain, too, and bounces them; those to
`refused@` it refuses."""
import os
import shutil

from .chroot import Root, maildir
from .daemon import Daemon

CONFIGURATION = """table everybody {{ "refused@{domain}" = "error:550 5.7.1 nobody reads this", "@{domain}" = mail }}
table source {{ {host} }}
smtp max-message-size 100M
listen on {host} port {port} hostname mx.{domain}
action here maildir "/mail" virtual <everybody>
action gone mda "/bin/false" virtual <everybody>
action out relay host "smtp+tls://{next_host}:{next_port}" src <source> helo mx.{domain} tls no-verify
match from any for rcpt-to "gone@{domain}" action gone
match from any for domain "{domain}" action here
match from any for any action out
"""
PASSWD = "opensmtpd:x:97:97::/var/lib/opensmtpd/empty:/bin/false\nopensmtpq:x:98:98::/var/lib/opensmtpd/empty:/bin/false\n"


class Opensmtpd(Daemon):
    """`package` is the folder into which the Debian package was unpacked. Needs root."""

    LOGS_REPLIES = True
    # As a server, OpenSMTPD 6.8 cannot finish a handshake with the OpenSSL 3 that Debian 12 gives it.
    tls = None

    def __init__(self, package, folder, host, port, domain, next_hop):
        self.domain, self.root = domain, Root(folder, PASSWD, "opensmtpd:x:97:\nopensmtpq:x:98:\n")
        super().__init__("OpenSMTPD", (host, port), self.root.path("said"))
        for name in ("sbin/smtpd", "sbin/smtpctl", "libexec/opensmtpd/mail.maildir"):
            self.root.program(os.path.join(package, "usr", name), f"/usr/{name}")
        for name in ("sh", "false"):
            self.root.program(shutil.which(name), f"/bin/{name}")
        self.root.folder_of("mail", 8)
        for name in ("var/spool/smtpd", "var/lib/opensmtpd/empty", "var/run"):
            self.root.folder_of(name, 0)
        os.chmod(self.root.path("var/spool/smtpd"), 0o711)
        self.root.write("/etc/smtpd.conf", CONFIGURATION.format(domain=domain, host=host, port=port, next_host=next_hop[0], next_port=next_hop[1]), 0o600)

    def start(self):
        # In the foreground.
        self.launch("/usr/sbin/smtpd", "-d", popen=self.root.run)

    def delivered(self):
        """The letters in the maildir, as octets."""
        return maildir(self.root.path("mail"))
