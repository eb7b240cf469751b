"""Reads the settings, from the environment (HELPDESK_*) and helpdesk.toml; nobody else reads the environment."""

from __future__ import annotations

import fcntl
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from helpdesk.durations import duration, offset
from helpdesk.errors import Misconfigured
from helpdesk.settings import (
    CLOSURE,
    HOURS,
    MOVED_CLOCK,
    ORIGIN,
    RUN_LOCK,
    DeskSettings,
    MailboxSettings,
    Settings,
    SiteSettings,
)

_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _value(name: str, kind: str, given: Any) -> Any:
    try:
        if kind == "bool":
            return given if isinstance(given, bool) else _BOOLEANS[str(given).lower()]
        if kind == "timedelta":
            return duration(str(given))
        if kind == "Offset":
            return offset(str(given), datetime.now(UTC).date())
        if kind.startswith("tuple"):
            return tuple(given) if isinstance(given, list) else tuple(x.strip() for x in given.split(",") if x.strip())
        return {"int": int, "Path": Path, "str": str}[kind](given)
    except (KeyError, ValueError, TypeError) as fault:
        raise Misconfigured("{name} can't be '{value}'.", name=name, value=str(given)) from fault


def _rows(kind: type[Any], rows: list[dict[str, Any]], title: str) -> tuple[Any, ...]:
    known = {f.name: str(f.type) for f in fields(kind)}
    made = []
    for row in rows:
        for key in row:
            if key not in known:
                raise Misconfigured("[[{title}]] has no setting '{name}'.", title=title, name=key)
        try:
            made.append(kind(**{key: _value(key, known[key], value) for key, value in row.items()}))
        except TypeError as fault:
            raise Misconfigured("A [[{title}]] lacks a setting: {fault}", title=title, fault=str(fault)) from fault
    return tuple(made)


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


_TABLES: dict[str, type[Any]] = {"mailbox": MailboxSettings, "desk": DeskSettings, "site": SiteSettings}


def _from_toml(path: Path) -> dict[str, Any]:
    try:
        flat = _flat(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as fault:
        raise Misconfigured("{path} is not TOML: {fault}", path=str(path), fault=str(fault)) from fault
    found: dict[str, Any] = {}
    by_key = {f.metadata["toml"]: f for f in fields(Settings)}
    for key, value in flat.items():
        if key not in by_key:
            raise Misconfigured("{path} has an unknown setting '{name}'.", path=str(path), name=key)
        if key in _TABLES:
            found[by_key[key].name] = _rows(_TABLES[key], value, key)
        else:
            found[by_key[key].name] = _value(key, str(by_key[key].type), value)
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    known = {f"HELPDESK_{f.name.upper()}": f for f in fields(Settings) if f.metadata["toml"] not in _TABLES}
    found: dict[str, Any] = {}
    for key, value in environ.items():
        if not key.startswith("HELPDESK_") or key == "HELPDESK_CONFIG":
            continue
        if key not in known:
            raise Misconfigured("The environment has an unknown setting {name}.", name=key)
        found[known[key].name] = _value(key, str(known[key].type), value)
    return found


_DEFAULT_DESK = DeskSettings("academy", "academy@helpdesk.example", "Leeradvies Academie", "Academy learning advice")


def from_env(environ: Mapping[str, str]) -> Settings:
    """Settings of this process: defaults, then helpdesk.toml, then the environment.

    The file is HELPDESK_CONFIG, else helpdesk.toml in the data folder. Raises Misconfigured on anything unknown or
    impossible, naming it.
    """
    said = _from_environment(environ)
    data = said.get("data", Settings.data)
    path = Path(environ.get("HELPDESK_CONFIG") or data / "helpdesk.toml")
    if "HELPDESK_CONFIG" in environ and not path.exists():
        raise Misconfigured("HELPDESK_CONFIG names {path}, which does not exist.", path=str(path))
    from_file = _from_toml(path) if path.exists() else {}
    merged = {"desks": (_DEFAULT_DESK,)} | from_file | said
    return _on_its_clock(_checked(Settings(**merged)))


def _on_its_clock(settings: Settings) -> Settings:
    """With the clock of the `make run` on this folder, which every process and command there shares.

    A clock that is ahead would destroy what is to be kept: without a `make run` nothing begins with a moved one.
    """
    if not _under_make_run(settings.data):
        if settings.clock_offset:
            raise Misconfigured("HELPDESK_CLOCK_OFFSET moves the clock under 'make run' only: unset it.")
        return settings
    try:
        seconds = int((settings.data / MOVED_CLOCK).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return settings
    return replace(settings, clock_offset=timedelta(seconds=seconds))


def _under_make_run(data: Path) -> bool:
    try:
        with (data / RUN_LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


_CHOICES = {
    "language": ("nl", "en", "xx"),
    "smtp_security": ("plain", "starttls", "tls"),
    "reply_address": ("plus", "plain"),
}


def _check_lines(name: str, pattern: re.Pattern[str], lines: tuple[str, ...]) -> None:
    for line in lines:
        if pattern.fullmatch(line.strip()) is None:
            raise Misconfigured("{name} can't be '{value}'.", name=name, value=line)


def _check_issuer(settings: Settings) -> None:
    if not settings.oidc_issuer:
        return
    if not settings.oidc_client_id or not settings.public_url:
        raise Misconfigured("Signing in with the work account also needs oidc.client_id and web.public_url.")
    origin = "/".join(settings.oidc_issuer.split("/")[:3])
    if not ORIGIN.fullmatch(origin) or set("?#") & set(settings.oidc_issuer):
        raise Misconfigured("{name} can't be '{value}'.", name="oidc.issuer", value=settings.oidc_issuer)


def _check_sites(settings: Settings) -> None:
    for site in settings.sites:
        if not ORIGIN.fullmatch(site.origin):
            raise Misconfigured("A [[site]] has an origin such as https://intranet.example.org, without a path.")
    if settings.sites and not settings.public_url:
        raise Misconfigured("A [[site]] also needs web.public_url.")


def _checked(settings: Settings) -> Settings:
    _check_issuer(settings)
    _check_sites(settings)
    _check_lines("chat_hours", HOURS, settings.chat_hours)
    _check_lines("chat_closures", CLOSURE, settings.chat_closures)
    for name, choices in _CHOICES.items():
        if getattr(settings, name) not in choices:
            raise Misconfigured("{name} must be one of: {choices}.", name=name, choices=", ".join(choices))
    if settings.scan_required and not settings.scan_socket:
        raise Misconfigured(
            "{name} needs {other}: say where the scanner is.", name="scan_required", other="scan_socket"
        )
    desks = {desk.key for desk in settings.desks}
    for box in settings.mailboxes:
        if box.desk not in desks:
            raise Misconfigured(
                "Mailbox {name} belongs to desk {desk}, which is not there.", name=box.name, desk=box.desk
            )
        if box.security not in ("plain", "starttls", "tls") or box.auth not in ("password", "xoauth2"):
            raise Misconfigured(
                "Mailbox {name}: security is plain, starttls or tls; auth password or xoauth2.", name=box.name
            )
    return settings
