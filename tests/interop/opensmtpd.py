"""OpenSMTPD: submits by DATA alone, passes DSN parameters on, knows no SMTPUTF8."""


def talk(conversation):
    conversation.a_letter_and_its_answer()
    conversation.a_refusal()
    conversation.a_bounce()
    conversation.a_refused_answer()
    conversation.eight_bit()
    conversation.large()
    conversation.asked_for_a_report()
