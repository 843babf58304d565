"""Exim: submits in chunks (BDAT), passes DSN parameters on, takes chunks."""
import re


def talk(conversation):
    answer = conversation.a_letter_and_its_answer()
    conversation.check(re.fullmatch(r"RET=HDRS ENVID=\S+", answer["X-DSN"] or ""), f"it was asked for reports: {answer['X-DSN']}")
    conversation.a_refusal()
    conversation.a_bounce()
    conversation.a_refused_answer()
    conversation.eight_bit()
    conversation.utf8_addresses()
    conversation.large()
    conversation.asked_for_a_report()
    # Exim's log marks what went in chunks with ` K`.
    sent = re.findall(r"(?m)^.* => help@demo\.test .*$", conversation.peer.log())
    chunked = [line for line in sent if re.search(r" K\b", line)]
    conversation.check(sent and len(chunked) == len(sent), f"all {len(sent)} letters, the large one too, came in chunks (BDAT)")
