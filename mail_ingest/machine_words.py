"""What mail servers and automatic answers say of themselves: matchers over `machine_words.toml`. Decides nothing."""

import re
import tomllib
from pathlib import Path

_WORDS: dict[str, list[str]] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
MAX_SUBJECT = 500
MAX_TEXT = 8_000


def _any(key: str) -> str:
    return f"(?:{'|'.join(_WORDS[key])})"


_ANSWER_PREFIX = r"(?:\W{0,3}(?:re|aw|antw|sv|vs|ant|res|odp)\s{0,3}:\s{0,3}){0,3}\W{0,3}"
_AUTOMATIC = re.compile(_ANSWER_PREFIX + _any("automatic_subjects"), re.I)
_DAEMON = re.compile(_any("daemon_mailboxes") + "@", re.I)
_DAEMON_NAME = re.compile(_any("daemon_names"), re.I)
_FAILURE_SUBJECT = re.compile(_any("failure_subjects"), re.I)
_FAILURE = re.compile(_any("failure_phrases"), re.I)
_DELAY = re.compile(_any("delay_phrases"), re.I)
_ABSENCE = re.compile(r"out of (?:the )?office|auto(?:matic)?[ -]?reply|vacation|afwezig|abwesen|absence", re.I)
_SPOKEN_OF = re.compile(
    r"\s*(?:re|fwd?|fw|aw|wg|tr|rv|rif|sv|vs|vb|antw|doorst?|betr|enc|i|odp|pd)\s*(?:\[\d+\])?\s*:", re.I
)
_ORIGINAL = re.compile(
    rf"^[ \t>]*[-=*_]{{0,60}}\s{{0,3}}{_any('original_marks')}[^\n]{{0,100}}$"
    r"|^(?:return-path|received|x-[a-z-]{2,40}): .{0,200}$",
    re.I | re.M,
)


def is_automatic_subject(subject: str) -> bool:
    """Whether a subject begins as automatic answers and absence messages do."""
    return bool(_AUTOMATIC.match(subject[:MAX_SUBJECT]))


def is_daemon(address: str, name: str) -> bool:
    """Whether an address (or the name beside it) is one that mail servers report from."""
    return bool(_DAEMON.match(address) or (name and _DAEMON_NAME.search(name[:200])))


def is_failure_subject(subject: str) -> bool:
    """Whether a subject announces a failed or late delivery."""
    return bool(_FAILURE_SUBJECT.search(subject[:MAX_SUBJECT]))


def tells_failure(text: str) -> bool:
    """Whether the beginning of a text speaks of a failed delivery."""
    return bool(_FAILURE.search(text[:MAX_TEXT]))


def is_delay(subject: str, text: str) -> bool:
    """Whether the report says that the server still tries."""
    return bool(_DELAY.search(subject[:MAX_SUBJECT]) and _DELAY.search(text[:MAX_TEXT]))


def is_absence(subject: str) -> bool:
    """An out-of-office answer, which servers send with the same envelope as a bounce."""
    return bool(_ABSENCE.search(subject[:MAX_SUBJECT]))


def is_answer_or_forward(subject: str) -> bool:
    """A subject that begins with Re:, Fwd: or their kin: a person speaks about a report."""
    return bool(_SPOKEN_OF.match(subject[:MAX_SUBJECT]))


def before_original(text: str) -> str:
    """The report's own words: what stands above the copy of the original mail."""
    found = _ORIGINAL.search(text)
    return text[: found.start()] if found else text
