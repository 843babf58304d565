"""chasquid: neither DSN nor chunks; Go's TLS, and an MX look-up of its own."""


def talk(conversation):
    conversation.a_letter_and_its_answer()
    conversation.a_refusal()
    conversation.a_bounce()
    conversation.eight_bit()
    conversation.utf8_addresses()
    conversation.large()
    conversation.large_answer(in_chunks=False)
