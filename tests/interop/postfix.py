"""Postfix: submits by DATA alone, passes DSN parameters on, takes chunks."""


def talk(conversation):
    conversation.a_letter_and_its_answer()
    conversation.a_refusal()
    conversation.a_bounce()
    # Postfix shows its postmaster each bounce as it went out: our parameters of RFC 3461 stand in it.
    notice = conversation.returned("the postmaster's copy of the bounce", b"gone@postfix.test", b"Original-Envelope-Id: ")
    conversation.check(b"Original-Recipient: rfc822;gone@postfix.test" in notice, "its bounce names our ENVID and ORCPT")
    conversation.a_refused_answer()
    conversation.eight_bit()
    conversation.utf8_addresses()
    conversation.large()
    conversation.large_answer(in_chunks=True)
    conversation.asked_for_a_report()
