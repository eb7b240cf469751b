"""Makes a private authority and server certificates with the openssl program, good and bad ones, for TLS tests."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

CA_CONFIG = """
[ca]
default_ca = ours
[ours]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = anything
unique_subject = no
[anything]
commonName = supplied
"""


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(*arguments: str) -> None:
    """Run the openssl program; its error text becomes ours."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr[-1000:]}")


@dataclass(frozen=True)
class Certificate:
    """Paths of one certificate and its key, PEM."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority of its own in `folder`; `file` is what a client must trust."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.folder = folder / name
        self.folder.mkdir(parents=True)
        self.file, self._key = self.folder / "ca.pem", self.folder / "ca.key"
        (self.folder / "index.txt").touch()
        (self.folder / "ca.cnf").write_text(CA_CONFIG.format(folder=self.folder))
        options = ["-addext", "keyUsage=critical,keyCertSign,cRLSign", "-subj", f"/CN=Test authority {name}"]
        openssl("req", "-x509", *_NEW_KEY, "-days", "30", "-keyout", str(self._key), "-out", str(self.file), *options)

    def issue(self, *hosts: str, expired: bool = False) -> Certificate:
        """A server certificate for these host names and addresses; an expired one ended in 2021."""
        stem = f"{hosts[0]}-{'old' if expired else 'new'}"
        made = Certificate(self.folder / f"{stem}.pem", self.folder / f"{stem}.key")
        request, extensions = self.folder / f"{stem}.csr", self.folder / f"{stem}.ext"
        names = ",".join(f"{'IP' if host[0].isdigit() else 'DNS'}:{host}" for host in hosts)
        extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
        openssl("req", *_NEW_KEY, "-keyout", str(made.key), "-out", str(request), "-subj", f"/CN={hosts[0]}")
        end = "20210101000000Z" if expired else "20490101000000Z"
        openssl(
            *("ca", "-batch", "-notext", "-config", str(self.folder / "ca.cnf"), "-extfile", str(extensions)),
            *("-cert", str(self.file), "-keyfile", str(self._key), "-in", str(request), "-out", str(made.certificate)),
            *("-startdate", "20200101000000Z", "-enddate", end),
        )
        return made
