"""The intake benchmark itself: its judge passes whole tickets and notices every damage, and its floor is a stranger."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

from helpdesk.ports import Ports
from mail_ingest.filing import drain
from mail_ingest.reading import Readers
from tests.bench import intake_floor, intake_judge
from tests.bench.intake_mails import Writer, manifest
from tests.bench.meters import cpu_seconds
from tests.letters import put

MAILS, SEED, OF_OURS = 40, 7, {"helpdesk", "mail_ingest", "web", "workers", "tests"}


def _raws(folder: Path) -> list[bytes]:
    return [path.read_bytes().replace(b"\n", b"\r\n") for path in sorted((folder / "msgs").glob("*.eml"))]


def test_whole_tickets_pass_and_no_damage_does(ports: Ports, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    Writer(SEED, MAILS).write(folder)
    put(ports, *_raws(folder))
    while drain(ports, Readers(0)):
        pass
    lines, digests, tickets = manifest(folder), intake_judge.raw_digests(folder), intake_judge.tickets_of(ports)
    assert len(lines) == MAILS
    assert sum(line["reply_to"] is not None for line in lines) == MAILS // 5
    assert intake_judge.judge(lines, digests, tickets) == []
    assert intake_judge.not_found(ports, lines) == []
    assert intake_judge.receipts_wrong(ports, lines) == []
    assert len(list(intake_judge.damages(lines, tickets))) == 7
    assert intake_judge.unseen(lines, digests, tickets) == []


def test_the_same_seed_gives_the_same_mails(tmp_path: Path) -> None:
    for name, seed in (("one", SEED), ("same", SEED), ("other", SEED + 1)):
        Writer(seed, 20).write(tmp_path / name)
    assert _raws(tmp_path / "one") == _raws(tmp_path / "same") != _raws(tmp_path / "other")


def test_the_floor_is_one_short_file_that_imports_nothing_of_ours() -> None:
    source = Path(intake_floor.__file__).read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 150
    imports = {
        name.partition(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert "imapclient" in imports
    assert not imports & OF_OURS


def test_the_meter_counts_children_that_ended() -> None:
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", "for n in range(10**7): pass"], check=True)
    assert cpu_seconds(os.getpid()) - before > 0.1
