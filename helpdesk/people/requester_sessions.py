"""Sessions of people who ask: opened by a proven address, sliding, ended by whoever holds them. In the database.

Whose a session is follows from its address at each request: when an address turns out to be somebody else's, so is the
session.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, bindparam, delete, select, update

from helpdesk.errors import Invalid, NotSignedIn
from helpdesk.models import Address, Person, RequesterSession
from helpdesk.people.addresses import person_for
from helpdesk.text.language import LANGUAGES
from helpdesk.unit import Requester, Unit

_WHO = (
    select(
        RequesterSession.id.label("session_id"),
        RequesterSession.ends,
        RequesterSession.site,
        Address.id.label("address_id"),
        Address.value.label("address"),
        Address.shared,
        Person.id.label("person_id"),
        Person.display_name.label("name"),
        Person.language,
    )
    .join(Address, Address.id == RequesterSession.address_id)
    .join(Person, Person.id == Address.person_id)
    .where(RequesterSession.token_hmac == bindparam("digest"), RequesterSession.ends > bindparam("now"))
)
"""Written once: each request asks it."""
_NOTED_EVERY = dt.timedelta(minutes=5)
"""A session in use is written down so often: thousands of open pages ask time and again, and writers wait in a row."""


GUEST = "guest"
"""The site of a session of somebody who did not say who they are, and the source of the address it stands for."""
GUEST_DOMAIN = "gast.invalid"
"""The domain of such addresses; it never exists (RFC 6761 6.4)."""


@dataclass(frozen=True, slots=True)
class SignedInRequester:
    """Who a session belongs to, and until when it stands if it is not used; `shared`: several use the address.

    `touch_due`: it is to be noted now that the session is in use.
    With a `site` it was opened by what a page of that origin said, and is good for the chat alone.
    """

    session_id: int
    person_id: int
    address_id: int
    address: str
    shared: bool
    name: str
    language: str | None
    ends: dt.datetime
    touch_due: bool
    site: str | None = None

    @property
    def requester(self) -> Requester:
        """The same as who acts in a unit."""
        return Requester(self.person_id, self.address, self.shared, self.guest)

    @property
    def guest(self) -> bool:
        """Whether nobody knows who it is."""
        return self.site == GUEST


def _end(unit: Unit) -> dt.datetime:
    return unit.now + dt.timedelta(hours=unit.ports.settings.portal_hours)


def open_session(unit: Unit, address: str, site: str | None = None) -> str:
    """A session for whoever proved this address just now; a person is made where nobody has it. Returns its token.

    With a `site`, whoever the page of that origin vouched for.
    """
    person_for(unit, address)
    unit.rows.write()
    address_id = unit.session.scalars(select(Address.id).where(Address.value == address)).one()
    token = secrets.token_urlsafe(32)
    unit.session.add(
        RequesterSession(
            token_hmac=unit.ports.keys.session_digest(token),
            address_id=address_id,
            site=site,
            created_at=unit.now,
            ends=_end(unit),
        )
    )
    unit.session.flush()
    return token


def session_for(unit: Unit, token: str) -> SignedInRequester:
    """Who the token belongs to. Raises NotSignedIn when it is unknown, or ended, or its site may vouch no longer."""
    digest = unit.ports.keys.session_digest(token)
    row = unit.session.execute(_WHO, {"digest": digest, "now": unit.now}).one_or_none()
    settings = unit.ports.settings
    sites = {site.origin for site in settings.sites if site.secret_file} | ({GUEST} if settings.chat_guests else set())
    if row is None or (row.site is not None and row.site not in sites):
        raise NotSignedIn("Your session has ended. Sign in to go on.")
    return SignedInRequester(
        session_id=row.session_id,
        person_id=row.person_id,
        address_id=row.address_id,
        address=row.address,
        shared=row.shared,
        name="" if row.shared else row.name or "",
        language=None if row.shared else row.language,
        ends=row.ends,
        touch_due=row.ends < _end(unit) - _NOTED_EVERY,
        site=row.site,
    )


def guest_address(unit: Unit, token: str) -> str | None:
    """The address that stands for the guest with this token; none when it is none, or has ended."""
    found = (
        select(Address.value)
        .join(RequesterSession, RequesterSession.address_id == Address.id)
        .where(RequesterSession.token_hmac == unit.ports.keys.session_digest(token))
        .where(RequesterSession.site == GUEST, RequesterSession.ends > unit.now)
    )
    return unit.session.scalar(found) if token else None


def touch(unit: Unit, session_id: int) -> None:
    """Let the session stand from now on as long as a new one; one that ended stays ended."""
    standing = (RequesterSession.id == session_id) & (RequesterSession.ends > unit.now)
    unit.session.execute(update(RequesterSession).where(standing).values(ends=_end(unit)))


def sign_out(unit: Unit, token: str) -> None:
    """End the session of this token, and the streams it opened."""
    _end_those(unit, RequesterSession.token_hmac == unit.ports.keys.session_digest(token))


def _end_those(unit: Unit, which: ColumnElement[bool]) -> None:
    ended = delete(RequesterSession).where(which).returning(RequesterSession.id)
    for session_id in unit.session.scalars(ended.execution_options(synchronize_session=False)):
        unit.hint(f"session:asker-{session_id}", {"kind": "ended"})


def sign_out_everywhere(unit: Unit, who: SignedInRequester) -> None:
    """End every session of this person; of a shared address those that were opened by it."""
    own = select(Address.id).where(Address.person_id == who.person_id)
    mine = RequesterSession.address_id == who.address_id if who.shared else RequesterSession.address_id.in_(own)
    _end_those(unit, mine)


def choose(unit: Unit, who: SignedInRequester, language: str, receipts: bool | None = None) -> None:
    """Remember the language somebody wants and, if said, whether they want a receipt for each question.

    Nothing is remembered of a shared address. Raises Invalid for a language that there is not.
    """
    if language not in LANGUAGES:
        raise Invalid("Choose Dutch or English.", field="language")
    if who.shared:
        return
    said = {"language": language} | ({} if receipts is None else {"receipts": receipts})
    unit.session.execute(update(Person).where(Person.id == who.person_id).values(**said))


def forget_ended(unit: Unit) -> None:
    """Delete sessions that have ended by themselves."""
    over = delete(RequesterSession).where(RequesterSession.ends <= unit.now)
    unit.session.execute(over.execution_options(synchronize_session=False))
