"""Exim: submits in chunks (BDAT), passes DSN parameters on, takes chunks."""
import re


def talk(conversation):
    conversation.a_letter_and_its_answer()
    conversation.a_refusal()
    conversation.a_bounce()
    # As Postfix, Exim shows each bounce to its postmaster.
    notice = conversation.returned("the postmaster's copy of the bounce", b"gone@exim.test", b"Original-Envelope-ID: ")
    conversation.check(b"Final-Recipient: rfc822;gone@exim.test" in notice, "its bounce names our ENVID")
    conversation.a_refused_answer()
    conversation.eight_bit()
    conversation.utf8_addresses()
    conversation.large()
    conversation.large_answer(in_chunks=True)
    conversation.asked_for_a_report()
    conversation.within_tls()
    # Exim's log marks what went in chunks with ` K`.
    sent = re.findall(r"(?m)^.* => help@demo\.test .*$", conversation.peer.log())
    chunked = [line for line in sent if re.search(r" K\b", line)]
    conversation.check(sent and len(chunked) == len(sent), f"all {len(sent)} letters, the large one too, came in chunks (BDAT)")
