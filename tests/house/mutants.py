"""`make mutants`: faults in terms, clock, holds and destruction, each of which the histories or a test must kill.

`python -m tests.house.mutants [WORD ...]` tries only those with one of the words in their name. As in `sabotage`, a
fault is an edit of a scratch copy, and one whose anchor is gone is reported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tests.house.check import say
from tests.house.faults_of_retention import FAULTS
from tests.house.sabotage import try_all


def main(words: Sequence[str]) -> int:
    """Try the faults, two at a time; 0 when every one was killed."""
    os.environ |= {"HISTORIES": "400", "WHOLE": "40"}
    wanted = [one for one in FAULTS if not words or any(word in one.name for word in words)]
    killed = try_all(wanted)
    say(f"RESULT mutants faults={len(wanted)} killed={killed}")
    return 0 if wanted and killed == len(wanted) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
