"""A smarthost that wants to be signed in at: Postfix with Cyrus SASL, each mechanism alone, and a wrong password."""
import os
import smtplib

from parts.desk import eventually
from parts.smarthost import MECHANISMS, PASSWORD, USER, authority

NAME = "smarthost.test"
WRONG = "wrong.test"


def settings(folder):
    """The desk's `[outbound]` and routes: one for each mechanism's domain, and one that signs in with a wrong password. Leaves the
    smarthost's certificate in `authority/` of the folder."""
    authority(os.path.join(folder, "authority"), [NAME])
    accounts = {word: PASSWORD for word in MECHANISMS} | {"wrong": "battery, staple"}
    text = ""
    for word, password in accounts.items():
        file = os.path.join(folder, f"{word}.account")
        with open(file, "w") as account:
            account.write(f"{USER}\n{password}\n")
        os.chmod(file, 0o600)
        port = MECHANISMS.get(word, MECHANISMS["scram"])[1]
        text += (f'[[route]]\ndomains = ["{word}.test"]\nsmarthost = "{NAME}:{port}"\ntls = "required"\n'
                 f'credentials = "{file}"\n')
    return f'authorities = "{folder}/authority/authority.pem"\n', text


def talk(conversation):
    for word, (mechanism, _) in MECHANISMS.items():
        ticket = asked(conversation, word)
        conversation.returned(f"the answer that was sent by {mechanism}", f"{word}@{word}.test".encode(), b"It is on its way.")
        attempt = conversation.delivery(ticket, "delivered")["attempts"][-1]
        conversation.check((attempt["tls"], attempt["certificate"]) == ("TLSv1.3", "verified"), f"an answer left over {attempt['tls']}, certificate {attempt['certificate']}")
        signed_in = f"sasl_method={mechanism}, sasl_username={USER}"
        eventually(f"{signed_in} in the log", lambda: signed_in in conversation.peer.log())
        conversation.check(True, f"the smarthost's own log says: {signed_in}")
    ticket = asked(conversation, "wrong")
    delivery = conversation.delivery(ticket, "deferred")
    words = delivery["attempts"][-1]["text"]
    conversation.check("the server refused our name and password: 535 5.7.8" in words, f"a wrong password is told: {words}")
    conversation.check(delivery["next_attempt_at"] is not None, "and the answer stays in the queue")
    with open(conversation.desk.log.name, encoding="utf-8") as log:
        text = log.read()
    conversation.check("attempted to deliver" in text and PASSWORD not in text and "battery, staple" not in text, "no password is in the log")


def asked(conversation, word):
    """A ticket of that domain's user, answered."""
    conversation.domain, conversation.name = f"{word}.test", word
    letter = conversation.letter(word, "Hello, where is it?").replace("\n", "\r\n")
    with smtplib.SMTP(*conversation.desk.smtp, timeout=60, local_hostname="client.test") as client:
        client.sendmail(f"anna@{word}.test", ["help@demo.test"], letter)
    ticket = conversation.ticket(word)
    conversation.answer(ticket, "It is on its way.")
    return ticket
