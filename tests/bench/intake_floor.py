"""The floor of the intake benchmark: the least that a program of ordinary parts does to make rows of a mailbox.

One process: imapclient's FETCH in batches of 50, `email` with policy.default, one INSERT a row, every raw mail and file
in a file of its own, all synced once per batch, one commit, delete, expunge. It imports nothing of the helpdesk.
    python intake_floor.py import    mailbox to rows; prints one JSON line: mails, seconds, cpu_seconds
    python intake_floor.py clean     afterwards: all HTML through plain bleach; the same line
    python intake_floor.py bare      imapclient's FETCH and delete alone; the same line

From the environment: IMAP_PORT, IMAP_USER, IMAP_PASSWORD (on 127.0.0.1, plain), PG_DSN (an empty database), FILES (an
empty folder). `seconds` runs from before the connection until after the last expunge.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any

import bleach  # type: ignore[import-untyped] # the package ships no types
import psycopg
from imapclient import IMAPClient  # type: ignore[import-untyped] # the package ships no types

BATCH = 50
TABLES = """
create table tickets(id bigserial primary key, subject text, requester text, created text);
create table messages(id bigserial primary key, ticket_id bigint references tickets(id), message_id text unique,
  in_reply_to text, sender text, subject text, date text, body_text text, body_html text, raw_sha text, raw_size int);
create table attachments(id bigserial primary key, message_id bigint references messages(id), name text, type text,
  size int, sha256 text);
create index on messages(ticket_id);
"""
TAGS = set(bleach.sanitizer.ALLOWED_TAGS) | {"p", "div", "span", "br", "table", "tbody", "tr", "td", "img", "h1", "h2"}
ATTRIBUTES = {"a": ["href"], "img": ["alt", "width", "height"], "td": ["width"]}


def batches() -> Iterator[tuple[list[int], list[bytes]]]:
    """Fetch fifty at a time; what was yielded is deleted when the next is asked for."""
    client = IMAPClient("127.0.0.1", port=int(os.environ["IMAP_PORT"]), ssl=False, timeout=120)
    client.login(os.environ["IMAP_USER"], os.environ["IMAP_PASSWORD"])
    client.select_folder("INBOX")
    uids = sorted(client.search("UNDELETED"))
    for start in range(0, len(uids), BATCH):
        batch = uids[start : start + BATCH]
        got = client.fetch(batch, ["BODY.PEEK[]"])
        yield batch, [got[uid][b"BODY[]"] for uid in batch]
        client.delete_messages(batch, silent=True)
        client.uid_expunge(batch)
    client.logout()


def parsed(raw: bytes) -> tuple[dict[str, str], str, str, list[tuple[str, str, bytes]]]:
    """Headers, text, HTML and files, all decoded."""
    mail: Any = BytesParser(policy=default).parsebytes(raw)
    headers = {name.lower(): str(value) for name, value in mail.items()}
    text = html = ""
    files: list[tuple[str, str, bytes]] = []
    for part in mail.walk():
        kind, attached = part.get_content_type(), part.get_content_disposition() == "attachment"
        if part.is_multipart():
            continue
        if kind == "text/plain" and not attached and not text:
            text = part.get_content()
        elif kind == "text/html" and not attached and not html:
            html = part.get_content()
        else:
            files.append((part.get_filename() or "", kind, bytes(part.get_payload(decode=True) or b"")))
    return headers, text, html, files


def keep(folder: Path, items: list[bytes]) -> list[str]:
    """Write each into a file named by its SHA-256, then sync every file and the folder once."""
    names, opened = [hashlib.sha256(item).hexdigest() for item in items], []
    for name, item in zip(names, items, strict=True):
        opened.append(os.open(folder / name, os.O_WRONLY | os.O_CREAT, 0o600))
        with os.fdopen(os.dup(opened[-1]), "wb") as out:
            out.write(item)
    opened.append(os.open(folder, os.O_RDONLY))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(os.fsync, opened))
    list(map(os.close, opened))
    return names


def ticket_of(db: Any, headers: dict[str, str], requester: str) -> int:
    """The ticket of the mail this one answers, else a new one."""
    ids = f"{headers.get('in-reply-to', '')} {headers.get('references', '')}".split()
    if ids and (found := db.execute("select ticket_id from messages where message_id = any(%s)", (ids,)).fetchone()):
        return int(found[0])
    row = (headers.get("subject"), requester, headers.get("date"))
    fresh = "insert into tickets(subject, requester, created) values (%s, %s, %s) returning id"
    return int(db.execute(fresh, row).fetchone()[0])


def store(db: Any, folder: Path, raws: list[bytes]) -> None:
    """One batch: files and syncs, then a row at a time, then the commit."""
    mails = [parsed(raw) for raw in raws]
    raw_names = keep(folder, raws)
    file_names = iter(keep(folder, [content for *_rest, files in mails for _name, _kind, content in files]))
    for raw, raw_name, (headers, text, html, files) in zip(raws, raw_names, mails, strict=True):
        sender = headers.get("from", "")
        message = db.execute(
            "insert into messages(ticket_id, message_id, in_reply_to, sender, subject, date, body_text, body_html,"
            " raw_sha, raw_size) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
            (
                *(ticket_of(db, headers, sender), headers.get("message-id", "").strip(), headers.get("in-reply-to")),
                *(sender, headers.get("subject"), headers.get("date"), text, html, raw_name, len(raw)),
            ),
        ).fetchone()[0]
        for name, kind, content in files:
            db.execute(
                "insert into attachments(message_id, name, type, size, sha256) values (%s, %s, %s, %s, %s)",
                (message, name, kind, len(content), next(file_names)),
            )
    db.commit()


def clean(db: Any) -> int:
    """Every HTML body through plain bleach, in one commit."""
    rows = db.execute("select id, body_html from messages where body_html <> '' order by id").fetchall()
    cleaner = bleach.sanitizer.Cleaner(tags=TAGS, attributes=ATTRIBUTES, strip=True)
    for row, html in rows:
        db.execute("update messages set body_html = %s where id = %s", (cleaner.clean(html), row))
    db.commit()
    return len(rows)


def main() -> None:
    """Do one of the three and say what was done."""
    with psycopg.connect(os.environ["PG_DSN"]) as db:
        if sys.argv[1] == "import":
            db.execute(TABLES)
            db.commit()
        began, cpu = time.perf_counter(), time.process_time()
        mails = clean(db) if sys.argv[1] == "clean" else 0
        for uids, raws in batches() if sys.argv[1] != "clean" else ():
            if sys.argv[1] == "import":
                store(db, Path(os.environ["FILES"]), raws)
            mails += len(uids)
        said = {"mails": mails, "seconds": time.perf_counter() - began, "cpu_seconds": time.process_time() - cpu}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
