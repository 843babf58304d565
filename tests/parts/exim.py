"""An Exim of the run's own, from the unpacked Debian package, in a root file system of its own: takes mail for one domain into a
maildir, hands the rest to one next hop over STARTTLS (from `tls@` that domain: over implicit TLS), in chunks where that is offered. It accepts letters to `gone@` that domain,
too, and bounces them; those to `refused@` it refuses."""
import os

from .chroot import Root, certificate, maildir
from .daemon import Daemon

CONFIGURATION = """primary_hostname = mx.{domain}
exim_user = mail
exim_group = mail
never_users =
spool_directory = /spool
log_file_path = /log/%s
log_selector = +smtp_confirmation +tls_cipher +received_sender +received_recipients +smtp_protocol_error
pid_file_path = /exim.pid
tls_advertise_hosts = *
tls_certificate = /tls/certificate.pem
tls_privatekey = /tls/key.pem
tls_try_verify_hosts =
tls_verify_certificates =
host_lookup =
rfc1413_hosts =
message_size_limit = 100M
chunking_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
smtp_accept_max = 200
errors_copy = *@* notices@{domain}
acl_smtp_rcpt = recipient
acl_smtp_data = accept
keep_environment =

begin acl

recipient:
  deny local_parts = refused
       message = 550 5.7.1 nobody reads this
  accept

begin routers

gone:
  driver = redirect
  domains = {domain}
  local_parts = gone
  allow_fail
  data = :fail: nobody of that name

here:
  driver = accept
  domains = {domain}
  transport = maildir

out_within_tls:
  driver = manualroute
  senders = tls@{domain}
  route_list = * {next_host}
  self = send
  transport = out_within_tls

out:
  driver = manualroute
  route_list = * {next_host}
  self = send
  host_find_failed = defer
  transport = out

begin transports

maildir:
  driver = appendfile
  directory = /mail
  maildir_format
  create_directory
  delivery_date_add
  envelope_to_add
  return_path_add
  user = mail
  group = mail

out:
  driver = smtp
  port = {next_port}
  interface = {host}
  allow_localhost
  hosts_require_tls = *
  tls_verify_hosts =
  tls_try_verify_hosts =
  tls_verify_certificates =
  hosts_try_dane =
  hosts_try_chunking = *
  command_timeout = 1m

out_within_tls:
  driver = smtp
  protocol = smtps
  port = {tls_port}
  interface = {host}
  allow_localhost
  tls_verify_hosts =
  tls_try_verify_hosts =
  tls_verify_certificates =
  hosts_try_dane =

begin retry

* * F,1h,5s
"""


class Exim(Daemon):
    """`package` is the folder into which the Debian package was unpacked. Needs root."""

    LOGS_REPLIES = True

    def __init__(self, package, folder, host, port, domain, next_hop, tls_port):
        self.domain, self.root = domain, Root(folder)
        super().__init__("Exim", (host, port), *(self.root.path(name) for name in ("said", "log/main", "log/panic", "log/reject")))
        self.root.program(os.path.join(package, "usr/sbin/exim4"), "/usr/sbin/exim4", 0o4755)
        for name in ("spool", "log", "mail"):
            self.root.folder_of(name, 8)
        certificate(self.root.path("tls"), f"mx.{domain}")
        for name in ("tls/key.pem", "tls/certificate.pem"):
            os.chmod(self.root.path(name), 0o644)
        self.root.write("/etc/exim4/exim4.conf", CONFIGURATION.format(domain=domain, host=host, next_host=next_hop[0], next_port=next_hop[1], tls_port=tls_port))

    def start(self):
        host, port = self.address
        # In the foreground; the queue is run every five seconds, each letter at once.
        self.launch("/usr/sbin/exim4", "-bdf", "-q5s", "-oX", f"<; [{host}]:{port}", popen=self.root.run)

    def delivered(self):
        """The letters in the maildir, as octets."""
        return maildir(self.root.path("mail"))
