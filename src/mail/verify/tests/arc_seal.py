# Prints, in base64, a letter sealed by python3-dkim: sealers (as JSON) with what each says it saw, oldest first; before the
# seal of each, a text may be added to the body.
import base64
import json
import os
import sys

import dkim
import dkim.tests

with open(os.path.join(os.path.dirname(dkim.tests.__file__), "data", "2048_testkey.key"), "rb") as file:
    KEY = file.read()

letter = base64.b64decode(sys.argv[1])
for number, seal in enumerate(json.loads(sys.argv[2])):
    letter += seal.get("adds", "").encode()
    domain = seal["domain"].encode()
    chain = b"arc=pass; " if number else b"arc=none; "
    letter = b"Authentication-Results: " + domain + b"; " + chain + seal["says"].encode() + b"\r\n" + letter
    fields = dkim.arc_sign(letter, b"sel", domain, KEY, domain, include_headers=[b"from", b"to", b"subject"])
    assert fields, "not sealed"
    letter = b"".join(field if field.endswith(b"\n") else field + b"\r\n" for field in fields) + letter
print(base64.b64encode(letter).decode())
