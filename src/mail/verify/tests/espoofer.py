# Prints, as JSON, the cases of espoofer (a wheel whose path is the argument): envelope, and the letter in base64, signed as the
# case says, with the key of python3-dkim's tests.
import base64
import json
import os
import sys

import dkim
import dkim.tests

with open(os.path.join(os.path.dirname(dkim.tests.__file__), "data", "2048_testkey.key"), "rb") as file:
    KEY = file.read()

sys.path.insert(0, sys.argv[1] + "/espoofer")
import testcases  # noqa: E402

cases = []
for name, case in sorted(testcases.test_cases.items()):
    data = case["data"]
    signature, sign = b"", case.get("dkim_para")
    if sign:
        signer = dkim.DKIM(sign["sign_header"] + b"\r\n\r\n" + data["body"])
        signature = signer.sign(sign["s"], sign["d"], KEY, canonicalize=(b"simple", b"relaxed"),
                                include_headers=[b"from"]).strip() + b"\r\n"
    letter = data["from_header"] + signature + data["to_header"] + data["subject_header"] + data["other_headers"] + data["body"]
    cases.append({
        "name": name,
        "helo": case["helo"].decode(),
        "sender": case["mailfrom"].decode().strip("<>"),
        "letter": base64.b64encode(letter).decode(),
    })
print(json.dumps(cases))
