"""What a peer and mxdesk say to each other, whichever mail server the peer is."""
import email
import email.policy
import hashlib
import os
import re
import smtplib
import sys

import dkim

from parts.desk import eventually

LARGE_OCTETS = 40 * 1024 * 1024
CYRILLIC = "Здравствуйте, где мой заказ?"


class Conversation:
    """One peer's letters to the desk and back. `signing` are the desk's DKIM records by name."""

    def __init__(self, desk, peer, signing):
        self.desk, self.peer, self.domain = desk, peer, peer.domain
        self.name = peer.domain.split(".")[0]
        self.signing = signing
        self.checks = 0

    def check(self, holds, what):
        if not holds:
            print(self.peer.log()[-6000:])
            sys.exit(f"FAILED {self.name}: {what}")
        self.checks += 1
        print(f"ok {self.name}: {what}", flush=True)

    # What is said.

    def submit(self, letter, sender, recipient, options=(), recipient_options=()):
        """Hands a letter to the peer, as its own users do."""
        octets = letter if isinstance(letter, bytes) else letter.replace("\n", "\r\n").encode()
        login = getattr(self.peer, "login", None)
        with smtplib.SMTP(*(self.peer.submission if login else self.peer.address), timeout=60, local_hostname="client.test") as client:
            if login:
                client.starttls()
                client.login(*login)
            client.sendmail(sender, [recipient], octets, options, recipient_options)

    def letter(self, name, text, sender="anna", more=""):
        return (f"From: Anna <{sender}@{self.domain}>\nTo: help@demo.test\nSubject: {name} of {self.name}\nMessage-ID: <{name}@{self.domain}>\n"
                f"Date: Sat, 21 Nov 2026 10:00:00 +0000\n{more}\n{text}\n")

    def ticket(self, name):
        """The ticket that the letter of that name made."""
        subject = f"{name} of {self.name}"
        row = eventually(f"a ticket of {subject}", lambda: [row for row in self.desk.get("/tickets", limit=200)["items"] if row["subject"] == subject])[0]
        return self.desk.get(f"/tickets/{row['display']}")

    def answer(self, ticket, text, **more):
        return self.desk.post(f"/tickets/{ticket['display']}/messages", {"kind": "reply", "text": text, **more})

    def delivery(self, ticket, state):
        """The first answer's delivery, once it is in that state."""
        def look():
            answers = [message for message in self.desk.get(f"/tickets/{ticket['display']}")["messages"] if message["kind"] == "outbound"]
            return [delivery for delivery in answers[0]["delivery"] if delivery["state"] == state]
        return eventually(f"a delivery that is {state}", look)[0]

    def returned(self, what, *marks):
        """The letter in the peer's maildir that holds all these octets."""
        return eventually(what, lambda: [letter for letter in self.peer.delivered() if all(mark in letter for mark in marks)])[0]

    def signed(self, raw):
        """A letter of the maildir as it left: from the first signature on, with the line ends of the wire."""
        return re.split(rb"(?m)^(?=DKIM-Signature:)", raw.replace(b"\r\n", b"\n"), maxsplit=1)[1].replace(b"\n", b"\r\n")

    def verifies(self, signed, index):
        lookup = lambda name, timeout=5: self.signing.get(name.rstrip(b".").decode(), "").encode() or None
        return dkim.DKIM(signed).verify(idx=index, dnsfunc=lookup)

    # What is checked.

    def a_letter_and_its_answer(self):
        self.submit(self.letter("question", "Hello, where is it?"), f"anna@{self.domain}", "help@demo.test")
        ticket = self.ticket("question")
        letter = ticket["messages"][0]
        self.check(letter["session"]["tls"]["version"].startswith("TLSv1."), f"delivered over {letter['session']['tls']['version']}")
        self.check(letter["authentication"]["spf"]["result"] == "pass", "SPF passed")
        if self.peer.LOGS_REPLIES:
            eventually("the ticket in the peer's log", lambda: f"ticket {ticket['display']}" in self.peer.log())
            self.check(True, f"the peer's own log says: ticket {ticket['display']}")

        self.answer(ticket, "It is on its way.\n\nС уважением, Ольга")
        raw = self.returned("the answer in the maildir", b"question@")
        answer = email.message_from_bytes(raw, policy=email.policy.default)
        signed = self.signed(raw)
        self.check(re.findall(rb"(?m)^DKIM-Signature:.* a=([^;]*)", signed) == [b"rsa-sha256", b"ed25519-sha256"], "the answer is signed with RSA and Ed25519")
        for index in range(2):
            self.check(self.verifies(signed, index), f"python3-dkim verifies the answer's signature {index + 1}")
        self.check(max(signed) < 128, "it is 7-bit: no server on its way has to convert it")
        self.check(answer["In-Reply-To"] == f"<question@{self.domain}>" and f"<question@{self.domain}>" in answer["References"], "it answers the letter")
        self.check(ticket["display"] in answer["Subject"], "its subject names the ticket")
        self.check(answer.get_content_type() == "multipart/alternative", "it is multipart/alternative")
        self.check("Ольга" in answer.get_body(("plain",)).get_content(), "its text arrived whole")
        attempt = self.delivery(ticket, "delivered")["attempts"][-1]
        self.check(attempt["tls"] == getattr(self.peer, "tls", "TLSv1.3") and attempt["server"] == f"mx.{self.domain}", f"the delivery line says: {attempt['tls'] or 'in the clear'}, {attempt['text']}")

        for field, headers in (("In-Reply-To", f"In-Reply-To: {answer['Message-ID']}\n"), ("References", f"References: <question@{self.domain}> {answer['Message-ID']}\n")):
            before = self.desk.get(f"/tickets/{ticket['display']}")["message_count"]
            self.submit(self.letter(f"{field.lower()}", "Thank you.", more=headers), f"anna@{self.domain}", "help@demo.test")
            eventually(f"a letter threaded by {field}", lambda: self.desk.get(f"/tickets/{ticket['display']}")["message_count"] == before + 1)
            self.check(True, f"the next letter found its ticket by {field}")
        return answer

    def a_refusal(self):
        self.submit(self.letter("lost", "Hello?").replace("help@", "hlep@"), f"anna@{self.domain}", "hlep@demo.test")
        self.returned("the bounce in the maildir", b"ction: failed", b"550 5.1.1", b"lost of")
        self.check(True, "a letter to nobody comes back to its sender, with our words")
        refused = [line for line in self.desk.cli("ledger", "--recipient", "hlep@demo.test").splitlines() if "5.1.1" in line and f"anna@{self.domain}" in line]
        self.check(len(refused) == 1, f"the ledger says: {' '.join(refused)}")

    def a_bounce(self):
        self.submit(self.letter("farewell", "I am leaving.", sender="gone"), f"gone@{self.domain}", "help@demo.test")
        ticket = self.ticket("farewell")
        self.answer(ticket, "Farewell.")
        attempts = self.delivery(ticket, "failed")["attempts"]
        self.check(attempts[0]["code"] == 250 and len(attempts) == 2, f"the peer took an answer first, then: {attempts[-1]['text']}")
        rows = [row for row in self.desk.get("/tickets", limit=200)["items"] if "ndeliver" in row["subject"] or "failed" in row["subject"]]
        self.check(not rows, "the bounce is no ticket")

    def a_refused_answer(self):
        self.submit(self.letter("refused", "I only write.", sender="refused"), f"refused@{self.domain}", "help@demo.test")
        ticket = self.ticket("refused")
        self.answer(ticket, "We only read.")
        attempt = self.delivery(ticket, "failed")["attempts"][-1]
        self.check(attempt["code"] == 550 and "nobody reads this" in attempt["text"], f"an answer was refused: {attempt['code']} {attempt['text']}")

    def eight_bit(self):
        more = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        self.submit(self.letter("eight-bit", CYRILLIC, more=more), f"anna@{self.domain}", "help@demo.test", ["BODY=8BITMIME"])
        letter = self.ticket("eight-bit")["messages"][0]
        self.check(letter["text"].strip() == CYRILLIC, "an 8-bit letter is read")
        self.check(CYRILLIC.encode() + b"\r\n" in self.desk.raw(letter["id"]), "and came as it was sent, not converted")

    def utf8_addresses(self):
        more = "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
        self.submit(self.letter("smtputf8", CYRILLIC, sender="анна", more=more), f"анна@{self.domain}", "help@demo.test", ["SMTPUTF8", "BODY=8BITMIME"])
        ticket = self.ticket("smtputf8")
        letter = ticket["messages"][0]
        self.check(letter["from"]["address"] == letter["envelope_from"] == f"анна@{self.domain}", f"a letter with SMTPUTF8 came from {letter['envelope_from']}")
        self.answer(ticket, "Здравствуйте, Анна.")
        self.returned("the answer to a UTF-8 address", b"smtputf8@")
        self.check(self.delivery(ticket, "delivered")["attempts"][-1]["code"] == 250, "and its answer went out with SMTPUTF8")

    def large(self):
        attachment = os.urandom(3 * 1024).hex().encode()
        line = (attachment * 8)[:76] + b"\r\n"
        head = self.letter("large", "").rstrip("\n") + (
            "\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee the file.\n"
            "--b\nContent-Type: application/octet-stream; name=large.bin\nContent-Disposition: attachment; filename=large.bin\n\n")
        body = line * (LARGE_OCTETS // len(line))
        octets = head.replace("\n", "\r\n").encode() + body + b"--b--\r\n"
        self.submit(octets, f"anna@{self.domain}", "help@demo.test")
        letter = self.ticket("large")["messages"][0]
        self.check(letter["size"] >= LARGE_OCTETS, f"a letter of {letter['size'] >> 20} MiB came")
        raw = self.desk.raw(letter["id"])
        same = [hashlib.sha256(text.split(b"\r\n\r\n", 1)[1]).digest() for text in (raw, octets)]
        self.check(same[0] == same[1], "and is whole to the last octet")

    def large_answer(self, in_chunks):
        """An answer of 40 MiB leaves, by BDAT or by DATA; the file arrives octet for octet."""
        self.submit(self.letter("files", "Send me everything."), f"anna@{self.domain}", "help@demo.test")
        ticket = self.ticket("files")
        content = os.urandom(LARGE_OCTETS * 57 // 78)
        upload = self.desk.upload("всё, что есть.bin", content)
        answer = self.answer(ticket, "Here is everything.", attachments=[upload["id"]])
        self.check(answer["size"] >= LARGE_OCTETS, f"an answer of {answer['size']} octets is queued")
        attempt = self.delivery(ticket, "delivered")["attempts"][-1]
        how = f"in {attempt['chunks']} chunks (BDAT)" if attempt["chunks"] else "by DATA"
        self.check(bool(attempt["chunks"]) == in_chunks, f"it left {how}: {attempt['text']}")
        raw = self.returned("the large answer in the maildir", b"Here is everything.", b"multipart/mixed")
        file, = email.message_from_bytes(raw, policy=email.policy.default).iter_attachments()
        self.check(file.get_filename() == "всё, что есть.bin", f"its file arrived under its name: {file.get_filename()}")
        self.check(hashlib.sha256(file.get_payload(decode=True)).digest() == hashlib.sha256(content).digest(), f"and all of its {len(content)} octets")
        signed = self.signed(raw)
        for index in range(2):
            self.check(self.verifies(signed, index), f"python3-dkim verifies the large answer's signature {index + 1}")

    def within_tls(self):
        """RFC 8314: TLS from the first octet. The peer sends what comes from `tls@` so."""
        self.submit(self.letter("implicit", "Hello.", sender="tls"), f"tls@{self.domain}", "help@demo.test")
        letter = self.ticket("implicit")["messages"][0]
        self.check(letter["session"]["tls"]["version"] == "TLSv1.3", "a letter came over implicit TLS")

    def asked_for_a_report(self):
        """RFC 3461: the sender asks to be told of success."""
        self.submit(self.letter("notify", "Tell me."), f"anna@{self.domain}", "help@demo.test", ["RET=HDRS", "ENVID=QQ314159"],
                    ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;help@demo.test"])
        self.ticket("notify")
        report = self.returned("the report of success", b"QQ314159", b"notify of")
        action = re.search(rb"(?mi)^Action: (\w+)", report).group(1).decode()
        by = re.search(rb"(?mi)^Reporting-MTA: dns; *(\S+)", report).group(1).decode()
        # Who offers DSN takes it upon itself to report (RFC 3461 §6.2.1); otherwise the peer says that its part is done.
        self.check(by == ("desk.test" if self.offers("DSN") else f"mx.{self.domain}"), f"a sender who asked is told: {action}, by {by}")

    def offers(self, extension):
        """Whether the desk's EHLO offers it."""
        with smtplib.SMTP(*self.desk.smtp, timeout=30, local_hostname="client.test") as client:
            client.ehlo()
            return client.has_extn(extension)
