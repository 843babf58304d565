"""What is done to a mail server: floods of letters, a steady stream, idle connections."""
import socket
import ssl
import subprocess
import sys
import threading
import time

OCTETS = 6 * 1024
PACED_PER_SECOND, PACED_SECONDS, PACED_CONNECTIONS = 100, 20, 8
IDLE = 1_000


def flood(address, recipient, letters, sessions, reuse=True):
    """Letters per second as smtp-source sees it: from its start until its last `250`. Without reuse, each letter has a
    connection of its own."""
    began = time.monotonic()
    run = subprocess.run(
        ["smtp-source", *(["-d"] if reuse else []), "-s", str(sessions), "-l", str(OCTETS), "-m", str(letters), "-M", "sender.test",
         "-f", "bench@sender.test", "-t", recipient, f"inet:{address[0]}:{address[1]}"],
        capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"smtp-source: {run.stderr}")
    return letters / (time.monotonic() - began)


class Client:
    """A session that says one line after another."""

    def __init__(self, address):
        self.stream = socket.create_connection(address)
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.stream.makefile("rb")
        self.read()
        self.say(b"EHLO sender.test\r\n")

    def say(self, octets):
        self.stream.sendall(octets)
        return self.read()

    def read(self):
        while True:
            reply = self.reader.readline()
            if reply[3:4] == b" ":
                return reply
            if not reply:
                sys.exit("the server closed the connection")

    def start_tls(self, context):
        self.say(b"STARTTLS\r\n")
        self.stream = context.wrap_socket(self.stream)
        self.reader = self.stream.makefile("rb")
        self.say(b"EHLO sender.test\r\n")


def paced(address, recipient):
    """Milliseconds from the final dot to the `250`, at a fixed rate over a few connections; ascending."""
    took, lock = [], threading.Lock()

    def send(index):
        client = Client(address)
        body = (b"x" * 76 + b"\r\n") * (OCTETS // 78)
        start = time.monotonic() + 0.1 + index / PACED_PER_SECOND
        for number in range(PACED_PER_SECOND * PACED_SECONDS // PACED_CONNECTIONS):
            time.sleep(max(0, start + number * PACED_CONNECTIONS / PACED_PER_SECOND - time.monotonic()))
            client.say(b"MAIL FROM:<bench@sender.test>\r\n")
            client.say(f"RCPT TO:<{recipient}>\r\n".encode())
            client.say(b"DATA\r\n")
            client.stream.sendall(f"From: bench@sender.test\r\nTo: {recipient}\r\nSubject: paced {index} {number}\r\nMessage-ID: <p{index}.{number}@sender.test>\r\n\r\n".encode() + body)
            before = time.monotonic()
            reply = client.say(b".\r\n")
            with lock:
                took.append((time.monotonic() - before) * 1000)
            if not reply.startswith(b"250"):
                sys.exit(reply)

    senders = [threading.Thread(target=send, args=(index,)) for index in range(PACED_CONNECTIONS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return sorted(took)


def idle(address, resident_kib, tls):
    """KiB of memory that an idle connection costs the server, of IDLE that have said EHLO; within TLS where asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    before, clients = resident_kib(), []
    for _ in range(IDLE):
        client = Client(address)
        if tls:
            client.start_tls(context)
        clients.append(client)
    cost = (resident_kib() - before) / IDLE
    for client in clients:
        client.stream.close()
    return cost
