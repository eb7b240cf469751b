"""The words of answers, for searching: the stems that tickets are found by, one row each, the same on both databases.

There are thousands of answers, not millions: a table of words with weights needs no engine of its own, and lets the
vocabulary be read, by which a slip of the pen is mended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import delete, insert

from helpdesk.models import ArticleWord
from helpdesk.text.stems import MAX_WORD_CHARACTERS, stem_text
from helpdesk.unit import Unit

TITLE, MOST_IN_BODY = 8, 4
"""What a word of the title counts, and the most that one counts for standing in the body, once for each time."""
_MOST_WORDS = 5_000


def index_version(unit: Unit, version_id: int, texts: Mapping[str, tuple[str, str]]) -> None:
    """Index the title and body of each language of a version that was not indexed yet."""
    rows = []
    for language, (title, body) in texts.items():
        weights = Counter({word: min(times, MOST_IN_BODY) for word, times in Counter(stem_text(body).split()).items()})
        weights.update(dict.fromkeys(stem_text(title).split(), TITLE))
        rows += [
            {"word": word[:MAX_WORD_CHARACTERS], "version_id": version_id, "language": language, "weight": weight}
            for word, weight in weights.most_common(_MOST_WORDS)
        ]
    if rows:
        unit.session.execute(insert(ArticleWord), rows)


def forget_version(unit: Unit, version_id: int) -> None:
    """Take a version out of the index."""
    unit.session.execute(delete(ArticleWord).where(ArticleWord.version_id == version_id))
