"""A real Dovecot: IMAP and LMTP on random loopback ports, Maildir in a private folder, one password for every user."""

from __future__ import annotations

import grp
import imaplib
import itertools
import os
import pwd
import shutil
import ssl
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.services.certificates import Certificate
from tests.services.process import NOBODY, Service, answers_on, free_port

PROGRAM = Path("/usr/sbin/dovecot")
PASSWORD = "geheim"
CAPABILITIES = (
    "IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE SORT MULTIAPPEND UNSELECT CHILDREN NAMESPACE UIDPLUS "
    "LIST-EXTENDED CONDSTORE ESEARCH WITHIN LIST-STATUS MOVE LITERAL+ SPECIAL-USE"
)

COMMON = """
protocols = imap lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 500
auth_cache_size = 0
auth_failure_delay = 0
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
default_vsz_limit = 1G
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol imap {{
  {capability}
}}
"""
BY_PASSWORD = f"""
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={PASSWORD}
}}
"""
BY_TOKEN = """
auth_mechanisms = xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
"""
INTROSPECTION = """
introspection_mode = auth
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""
WITHOUT_TLS = "ssl = no\ndisable_plaintext_auth = no\n"
WITH_TLS = "ssl = yes\nssl_cert = <{certificate}\nssl_key = <{key}\ndisable_plaintext_auth = yes\n"


def available() -> str | None:
    """None, or the sentence that says what is missing."""
    if PROGRAM.exists():
        return None
    return "No Dovecot: /usr/sbin/dovecot is not there; apt-get install dovecot-imapd dovecot-lmtpd"


@dataclass(frozen=True)
class Account:
    """One mailbox owner, seen with the standard library's client: our own client is not the judge."""

    server: Dovecot
    user: str
    password: str = PASSWORD
    host: str = "127.0.0.1"

    @property
    def port(self) -> int:
        """The IMAP port (STARTTLS there when the server has a certificate)."""
        return self.server.port

    @property
    def maildir(self) -> Path:
        """The folder of the INBOX."""
        return self.server.folder / "mail" / self.user

    def connect(self) -> imaplib.IMAP4:
        """A logged-in client of the standard library."""
        if self.server.certificate:
            client: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                self.host, self.server.tls_port, ssl_context=self.server.trusting()
            )
        else:
            client = imaplib.IMAP4(self.host, self.port)
        client.login(self.user, self.password)
        return client

    def append(
        self, raw: bytes, flags: Iterable[str] = (), mailbox: str = "INBOX", arrived_at: datetime | None = None
    ) -> None:
        """Put one mail into the mailbox."""
        self.append_many([raw], flags, mailbox, arrived_at)

    def append_many(
        self,
        raws: Sequence[bytes],
        flags: Iterable[str] = (),
        mailbox: str = "INBOX",
        arrived_at: datetime | None = None,
    ) -> None:
        """Put mails into the mailbox over one connection; INTERNALDATE is `arrived_at` or now."""
        moment = imaplib.Time2Internaldate(arrived_at) if arrived_at else ""
        with self.connect() as client:
            if mailbox != "INBOX":
                client.create(mailbox)
            for raw in raws:
                said, answer = client.append(mailbox, f"({' '.join(flags)})", moment, raw)
                if said != "OK":
                    raise RuntimeError(f"APPEND: {answer!r}")

    def flag(self, uids: Iterable[int], flag: str, mailbox: str = "INBOX") -> None:
        """Set a flag, as another client of the same mailbox would."""
        with self.connect() as client:
            client.select(mailbox)
            client.uid("STORE", ",".join(map(str, uids)), "+FLAGS.SILENT", f"({flag})")

    def uids(self, mailbox: str = "INBOX", criteria: str = "ALL") -> list[int]:
        """The UIDs in the mailbox, ascending."""
        with self.connect() as client:
            client.select(mailbox, readonly=True)
            found: bytes = client.uid("SEARCH", criteria)[1][0] or b""
            return sorted(map(int, found.split()))

    def count(self, mailbox: str = "INBOX") -> int:
        """How many mails lie in the mailbox."""
        return len(self.uids(mailbox))

    def remove_uidlist(self) -> None:
        """Forget UIDs and indexes of the INBOX: the next SELECT shows another UIDVALIDITY."""
        for name in (
            "dovecot-uidlist",
            "dovecot.index",
            "dovecot.index.log",
            "dovecot.index.cache",
            "dovecot.list.index",
        ):
            (self.maildir / name).unlink(missing_ok=True)


class Dovecot(Service):
    """One server. `hide` takes capabilities away, `certificate` turns TLS on, `introspection_url` XOAUTH2."""

    name = "dovecot"
    patience = 0.5

    def __init__(
        self,
        *,
        hide: Iterable[str] = (),
        certificate: Certificate | None = None,
        introspection_url: str = "",
    ) -> None:
        super().__init__()
        self.port, self.tls_port, self.lmtp_port = free_port(), free_port(), free_port()
        self.hidden, self.certificate, self.introspection_url = frozenset(hide), certificate, introspection_url
        self._numbers = itertools.count(1)

    def account(self, user: str = "") -> Account:
        """A mailbox owner nobody used before (or the named one)."""
        return Account(self, user or f"post{next(self._numbers)}")

    def command(self) -> list[str]:
        """The master in the foreground."""
        return [str(PROGRAM), "-F", "-c", str(self._configure())]

    def ready(self) -> bool:
        """Whether IMAP and LMTP take connections."""
        return answers_on(self.port) and answers_on(self.lmtp_port)

    def version(self) -> str:
        """As the program says it."""
        said = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[0]

    def trusting(self) -> ssl.SSLContext:
        """A client context that trusts this one certificate, whatever name or date it has."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def _configure(self) -> Path:
        root = os.geteuid() == 0
        me, group = pwd.getpwuid(os.geteuid()).pw_name, grp.getgrgid(os.getegid()).gr_name
        uid, gid = (NOBODY, NOBODY) if root else (os.geteuid(), os.getegid())
        mail = self.folder / "mail"
        if not mail.exists():
            mail.mkdir()
            shutil.chown(mail, uid, gid)
        kept = [name for name in CAPABILITIES.split() if name not in self.hidden]
        text = COMMON.format(
            folder=self.folder,
            internal="dovecot" if root else me,
            group="dovecot" if root else group,
            login="dovenull" if root else me,
            uid=uid,
            gid=gid,
            imap=self.port,
            imaps=self.tls_port if self.certificate else 0,
            lmtp=self.lmtp_port,
            capability=f"imap_capability = {' '.join(kept)}" if self.hidden else "",
        )
        path = self.folder / "dovecot.conf"
        path.write_text(text + self._sign_in() + self._tls())
        return path

    def _sign_in(self) -> str:
        if not self.introspection_url:
            return BY_PASSWORD
        (self.folder / "oauth2.conf").write_text(INTROSPECTION.format(url=self.introspection_url))
        return BY_TOKEN.format(folder=self.folder)

    def _tls(self) -> str:
        if self.certificate is None:
            return WITHOUT_TLS
        return WITH_TLS.format(certificate=self.certificate.certificate, key=self.certificate.key)
