# Prints, as JSON, letters that Debian's python3-dkim holds or signs, with the DNS records that they need and what their
# signatures should come to. With a letter in base64 and a record as arguments, says instead whether python3-dkim verifies it.
import base64
import json
import os
import sys

import dkim
import dkim.tests

DATA = os.path.join(os.path.dirname(dkim.tests.__file__), "data")


def data(name):
    with open(os.path.join(DATA, name), "rb") as file:
        return file.read()


if len(sys.argv) > 2:
    letter, record = base64.b64decode(sys.argv[1]), sys.argv[2].encode()
    print(dkim.verify(letter, dnsfunc=lambda name, timeout=5: record))
    sys.exit()

cases = []


def crlf(letter):
    return letter.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def case(name, letter, records, expected):
    cases.append({
        "name": name,
        "letter": base64.b64encode(crlf(letter)).decode(),
        "records": {key: "".join(value.decode().split("\n")) for key, value in records.items()},
        "expected": expected,
    })


RSA = data("test.txt")
RFC8032 = b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
football = {"test._domainkey.football.example.com": RSA, "brisbane._domainkey.football.example.com": RFC8032}
case("stored: RFC 8463's letter, both algorithms", data("rfc6376.signed.msg"), football, ["pass", "pass"])
case("stored: RSA alone", data("rfc6376.signed.rsa.msg"), football, ["pass"])
broken = dict(football, **{"test._domainkey.football.example.com": RSA.replace(b"p=M", b"p=X")})
case("stored: a defective key", data("rfc6376.signed.rsa.msg"), broken, ["no"])
case("stored: no key", data("rfc6376.signed.rsa.msg"), {}, ["permerror"])
case("stored: altered", data("rfc6376.signed.msg").replace(b"hungry", b"angry"), football, ["no", "no"])
case("stored: a bad domain", data("test.message.baddomain"),
     {"test._domainkey.legitimate.com(.attacker.com": RSA}, ["permerror"])

letters = {"plain": data("test.message"), "extra": data("test_extra.message"), "rfc": data("rfc6376.msg")}
keys = {
    "rsa-1024": (data("test.private"), RSA, b"rsa-sha256"),
    "rsa-2048": (data("2048_testkey.key"), data("2048_testkey_wo_markers.pub.txt"), b"rsa-sha256"),
    "rsa-2048 PKCS#1": (data("2048_testkey.key"), data("2048_testkey_wo_markers.pub.rsa.txt"), b"rsa-sha256"),
    "rsa-1024 PKCS#1": (data("1024_testkey.key"), data("1024_testkey_wo_markers.pub.rsa.txt"), b"rsa-sha256"),
    "ed25519": (data("rfc8032_7_1.key"), RFC8032, b"ed25519-sha256"),
}
for letter_name, letter in letters.items():
    for key_name, (key, record, algorithm) in keys.items():
        for header in (b"simple", b"relaxed"):
            for body in (b"simple", b"relaxed"):
                signature = dkim.sign(crlf(letter), b"sel", b"example.com", key,
                                      canonicalize=(header, body), signature_algorithm=algorithm)
                records = {"sel._domainkey.example.com": record}
                name = "%s, %s, %s/%s" % (letter_name, key_name, header.decode(), body.decode())
                case("signed: " + name, signature + crlf(letter), records, ["pass"])
                case("altered: " + name, signature + crlf(letter).replace(b"Subject:", b"Subject: Re:"), records, ["no"])

letter, key = crlf(letters["plain"]), keys["rsa-2048"]
records = {"sel._domainkey.example.com": key[1]}


def signed(**more):
    return dkim.sign(letter, b"sel", b"example.com", key[0], canonicalize=(b"simple", b"simple"), **more)


case("l= over the whole body", signed(length=True) + letter, records, ["pass body_length"])
case("l= and a body that grew", signed(length=True) + letter + b"Evil\r\n", records,
     ["neutral body_length unsigned_body"])
sha1 = signed().replace(b"a=rsa-sha256", b"a=rsa-sha1")
case("SHA-1", sha1 + letter, records, ["neutral sha1"])
case("a test key", signed() + letter, {"sel._domainkey.example.com": b"t=y; " + key[1].replace(b"v=DKIM1;", b"")},
     ["pass test"])
case("a key for other services", signed() + letter,
     {"sel._domainkey.example.com": b"s=tlsrpt; " + key[1].replace(b"v=DKIM1;", b"")}, ["permerror"])
case("a key for another hash", signed() + letter,
     {"sel._domainkey.example.com": b"h=sha1; " + key[1].replace(b"v=DKIM1;", b"")}, ["permerror"])
case("a revoked key", signed() + letter, {"sel._domainkey.example.com": b"v=DKIM1; p="}, ["permerror"])
case("an unknown key type", signed() + letter, {"sel._domainkey.example.com": data("badk.txt")}, ["permerror"])
case("a wrong version", signed() + letter, {"sel._domainkey.example.com": data("badversion.txt")}, ["permerror"])
print(json.dumps(cases))
