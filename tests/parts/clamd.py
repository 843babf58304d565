"""A clamd of the run's own, from the unpacked Debian package: no updates, and one signature, a made-up marker."""
import os

from .daemon import Daemon

# It finds this text wherever clamd looks: in a letter, in what a part of it encodes, in an archive.
MARKER = "MXDESK-MARKER-THAT-IS-NO-VIRUS"
# Signatures that are not ClamAV's own are shown so.
NAME = "Desk.Test.Marker.UNOFFICIAL"
STREAM_OCTETS = 1024 * 1024
CONFIGURATION = """Foreground yes
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}
LocalSocket {folder}/clamd.sock
TCPAddr {host}
TCPSocket {port}
StreamMaxLength {octets}
SelfCheck 0
"""


class Clamd(Daemon):
    """`package` is the folder into which the Debian package was unpacked. Listens at a port and at a socket in `folder`."""

    def __init__(self, package, folder, host, port):
        super().__init__("clamd", (host, port), os.path.join(folder, "said"))
        self.program, self.folder, self.socket = os.path.join(package, "usr/sbin/clamd"), folder, os.path.join(folder, "clamd.sock")
        os.makedirs(os.path.join(folder, "signatures"))
        with open(os.path.join(folder, "signatures/test.ndb"), "w") as file:
            # In any file, at any place.
            file.write(f"Desk.Test.Marker:0:*:{MARKER.encode().hex()}\n")
        with open(os.path.join(folder, "clamd.conf"), "w") as file:
            file.write(CONFIGURATION.format(folder=folder, host=host, port=port, octets=STREAM_OCTETS))

    def start(self):
        self.launch(self.program, "--config-file", os.path.join(self.folder, "clamd.conf"))
