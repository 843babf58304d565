"""A small root file system of the run's own for a mail server that expects its files and users in fixed places.

So a Debian package can be run that cannot be installed beside another (every MTA conflicts with every other), and nothing of
the machine's own set-up is touched. Needs root.
"""
import os
import re
import shutil
import subprocess

PASSWD = "root:x:0:0::/:/bin/sh\nmail:x:8:8::/:/bin/sh\nDebian-exim:x:8:8::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
GROUP = "root:x:0:\nmail:x:8:\nDebian-exim:x:8:\nnogroup:x:65534:\n"


class Root:
    """`folder` becomes `/` for what `run` starts. `passwd` and `group` are further lines of those files."""

    def __init__(self, folder, passwd="", group=""):
        self.folder = folder
        for name in ("etc", "dev", "tmp", "bin", "proc"):
            os.makedirs(self.path(name), exist_ok=True)
        os.chmod(folder, 0o755)
        os.chmod(self.path("tmp"), 0o1777)
        self.write("/etc/passwd", PASSWD + passwd)
        self.write("/etc/group", GROUP + group)
        self.write("/etc/services", "smtp 25/tcp\n")
        for name, minor in (("null", 3), ("urandom", 9)):
            try:
                os.mknod(self.path(f"/dev/{name}"), 0o20666, os.makedev(1, minor))
                os.chmod(self.path(f"/dev/{name}"), 0o666)
            except PermissionError:
                # Where no devices may be made: a file that is written to does as well.
                self.write(f"/dev/{name}", "")

    def path(self, name):
        return os.path.join(self.folder, name.lstrip("/"))

    def write(self, name, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def folder_of(self, name, owner):
        os.makedirs(self.path(name), exist_ok=True)
        os.chown(self.path(name), owner, owner)

    def program(self, source, name, mode=0o755):
        """Copies a program with the libraries that it needs."""
        self._copy(source, name, mode)
        said = subprocess.run(["ldd", source], capture_output=True, text=True).stdout
        for library in re.findall(r"(?m)(/\S+) \(0x", said):
            if not os.path.exists(self.path(library)):
                self._copy(os.path.realpath(library), library, 0o755)
        missing = re.findall(r"(\S+) => not found", said)
        if missing:
            raise SystemExit(f"{source} misses {', '.join(missing)}: run scripts/setup test")

    def _copy(self, source, name, mode):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        shutil.copy(source, self.path(name))
        os.chmod(self.path(name), mode)

    def run(self, command, **more):
        """Starts a command inside, as subprocess.Popen does outside."""
        environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8"}

        def enter():
            os.chroot(self.folder)
            os.chdir("/")
        return subprocess.Popen(command, preexec_fn=enter, env=environment, **more)


def maildir(folder):
    """The letters of a maildir, as octets."""
    new = os.path.join(folder, "new")
    letters = []
    for name in sorted(os.listdir(new)) if os.path.isdir(new) else []:
        with open(os.path.join(new, name), "rb") as file:
            letters.append(file.read())
    return letters


def certificate(folder, name):
    """A self-signed certificate: `{folder}/key.pem`, `{folder}/certificate.pem`."""
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{folder}/key.pem", "-out", f"{folder}/certificate.pem"], check=True, capture_output=True)
