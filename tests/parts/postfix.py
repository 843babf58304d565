"""A Postfix instance of the run's own: takes mail for one domain into a maildir, hands the rest to one next hop. Offers TLS.
It accepts letters to `gone@` that domain, too, and bounces them; those to `refused@` it refuses."""
import atexit
import os
import pwd
import re
import shutil
import socket
import subprocess

from .chroot import certificate, maildir
from .desk import eventually

MAIN = """compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/lib
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.{domain}
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = all
inet_protocols = ipv4
smtp_bind_address = {host}
smtp_host_lookup = native
smtp_dns_support_level = disabled
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = smtp:[{next_host}]:{next_port}
smtp_tls_security_level = {tls}
smtpd_tls_security_level = may
smtpd_tls_chain_files = {folder}/key.pem, {folder}/certificate.pem
virtual_alias_maps = inline:{{ {{ gone@{domain} = gone@elsewhere.test }} }}
transport_maps = inline:{{ {{ elsewhere.test = error:5.1.1 nobody of that name }} }}
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ refused@{domain} = 550 5.7.1 nobody reads this }} }}
notify_classes = bounce
bounce_notice_recipient = notices@{domain}
smtputf8_enable = yes
default_process_limit = 200
smtpd_client_connection_count_limit = 0
message_size_limit = 60000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
maillog_file_prefixes = {folder}
maillog_file = {folder}/log
"""


class Postfix:
    """Needs root, as Postfix does."""

    LOGS_REPLIES = True

    def __init__(self, folder, host, port, domain, next_hop, tls="encrypt"):
        self.folder, self.address, self.domain = folder, (host, port), domain
        self.conf = os.path.join(folder, "conf")
        for name in ("conf", "spool", "lib", "mail"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
        os.chmod(folder, 0o755)
        certificate(folder, f"mx.{domain}")
        user = pwd.getpwnam("postfix")
        os.chown(os.path.join(folder, "lib"), user.pw_uid, user.pw_gid)
        os.chown(os.path.join(folder, "mail"), user.pw_uid, user.pw_gid)
        with open(os.path.join(self.conf, "main.cf"), "w") as file:
            file.write(MAIN.format(folder=folder, host=host, domain=domain, uid=user.pw_uid, gid=user.pw_gid,
                                   next_host=next_hop[0], next_port=next_hop[1], tls=tls))
        master = next(path for path in ("/usr/share/postfix/master.cf.dist", "/etc/postfix/master.cf") if os.path.exists(path))
        with open(master) as file:
            text = file.read()
        # Our port instead of 25, and no chroot: the run's folder has no copies of /etc.
        text = re.sub(r"(?m)^smtp(\s+inet\s)", rf"{host}:{port}\1", text)
        text = re.sub(r"(?m)^(\S+\s+(?:inet|unix|unix-dgram|fifo)\s+\S+\s+\S+\s+)y(\s)", r"\1n\2", text)
        if not re.search(r"(?m)^postlog\s", text):
            text += "postlog   unix-dgram n  -       n       -       1       postlogd\n"
        with open(os.path.join(self.conf, "master.cf"), "w") as file:
            file.write(text)
        for extra in ("postfix-files", "dynamicmaps.cf"):
            if os.path.exists(f"/etc/postfix/{extra}"):
                shutil.copy(f"/etc/postfix/{extra}", self.conf)

    def _control(self, word, under=()):
        # Not into pipes: a daemon, or what watches it, would hold them open.
        with open(os.path.join(self.folder, "said"), "ab") as said:
            return subprocess.run([*under, "postfix", "-c", self.conf, word], stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    def start(self, under=()):
        """Starts it, `under` a command that runs it where one is given."""
        done = self._control("start", under)
        if done.returncode != 0:
            # Without a terminal Postfix tells the system's log alone why.
            raise SystemExit(f"Postfix does not start, try: postfix -c {self.conf} start\n{self.log()}")
        atexit.register(self.stop)
        eventually("Postfix's port", self._takes_connections)

    def _takes_connections(self):
        with socket.socket() as probe:
            return probe.connect_ex(self.address) == 0

    def stop(self):
        if os.path.isdir(self.folder):
            self._control("stop")

    def log(self):
        try:
            with open(os.path.join(self.folder, "log")) as file:
                return file.read()
        except OSError:
            return ""

    def delivered_names(self):
        """The files of the maildir."""
        new = os.path.join(self.folder, "mail", "inbox", "new")
        return [os.path.join(new, name) for name in sorted(os.listdir(new))] if os.path.isdir(new) else []

    def delivered(self):
        """The letters in the maildir, as octets."""
        return maildir(os.path.join(self.folder, "mail", "inbox"))
