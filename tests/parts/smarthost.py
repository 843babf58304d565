"""A Postfix that takes letters from those who sign in, by Cyrus SASL over TLS. Each mechanism has a port where it is the only one.
What it takes for the mechanisms' domains (`plain.test` and so on) it puts into its maildir."""
import os
import re
import subprocess

from .postfix import Postfix

USER, PASSWORD = "desk", "correct, horse = battery"
# The ports of the mechanisms, by their first word.
MECHANISMS = {"scram": ("SCRAM-SHA-256", 2801), "plain": ("PLAIN", 2802), "login": ("LOGIN", 2803)}

MAIN = """virtual_mailbox_domains = {domain} {domains}
smtpd_tls_chain_files = {chain}
smtpd_tls_auth_only = yes
smtpd_sasl_type = cyrus
smtpd_sasl_local_domain = {domain}
cyrus_sasl_config_path = {folder}/conf/sasl
"""

SERVICE = """{host}:{port} inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sasl_path={word}
  -o smtpd_tls_security_level=encrypt
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
"""

SASL = """pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {folder}/conf/sasl/users
mech_list: {mechanism}
"""


class Smarthost(Postfix):
    """Needs what Postfix needs, and Debian's sasl2-bin and libsasl2-modules."""

    def __init__(self, folder, host, port, domain, next_hop, chain):
        super().__init__(folder, host, port, domain, next_hop)
        # Where Debian's Postfix looks, whatever cyrus_sasl_config_path says.
        sasl = os.path.join(self.conf, "sasl")
        os.makedirs(sasl, exist_ok=True)
        main, master = os.path.join(self.conf, "main.cf"), os.path.join(self.conf, "master.cf")
        with open(main) as file:
            text = re.sub(r"(?m)^(virtual_mailbox_domains|smtpd_tls_chain_files) = .*\n", "", file.read())
        with open(main, "w") as file:
            file.write(text + MAIN.format(folder=folder, domain=domain, chain=chain, domains=" ".join(f"{word}.test" for word in MECHANISMS)))
        with open(master, "a") as file:
            for word, (_, port) in MECHANISMS.items():
                file.write(SERVICE.format(host=host, port=port, word=word))
        for word, (mechanism, _) in MECHANISMS.items():
            with open(os.path.join(sasl, f"{word}.conf"), "w") as file:
                file.write(SASL.format(folder=folder, mechanism=mechanism))
        users = os.path.join(sasl, "users")
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", users, "-u", domain, USER], input=PASSWORD, text=True, check=True)
        os.chmod(users, 0o644)


def authority(folder, names):
    """An authority (`authority.pem`), and its certificate for these names with the key (`tls.pem`)."""
    os.makedirs(folder, exist_ok=True)
    at = lambda name: os.path.join(folder, name)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made = lambda *words: subprocess.run(["openssl", *words], check=True, capture_output=True)
    made("req", "-x509", *curve, "-days", "2", "-subj", "/CN=authority", "-keyout", at("authority.key"), "-out", at("authority.pem"))
    made("req", *curve, "-subj", f"/CN={names[0]}", "-keyout", at("tls.key"), "-out", at("tls.request"))
    with open(at("tls.names"), "w") as file:
        file.write("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\nbasicConstraints=CA:FALSE\n")
    made("x509", "-req", "-in", at("tls.request"), "-CA", at("authority.pem"), "-CAkey", at("authority.key"), "-CAcreateserial", "-days", "2",
         "-extfile", at("tls.names"), "-out", at("tls.certificate"))
    with open(at("tls.pem"), "w") as chain:
        for name in ("tls.key", "tls.certificate"):
            with open(at(name)) as file:
                chain.write(file.read())
