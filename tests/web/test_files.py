"""What came from outside is served so that it can't run: attachments, HTML of mail, raw source."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.models import Attachment, Content, Entry
from helpdesk.ports import Ports
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive
from tests.web.visitor import SHEET, Page, Visitor
from web.downloads import FILE_POLICY, sniffed
from web.files.views import FRAME_POLICY
from web.headers import page_policy
from web.joined import Sheet

TICKET = "/werk/w/open/2026-00001"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"


def attachment_ids(ports: Ports) -> dict[str, int]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(
            select(Content.text, Attachment.id).join(Attachment, Attachment.id == Content.attachment_id)
        )
        return {row.text: row.id for row in rows}


def entry_id(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalars(select(Entry.id)).first() or 0


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("kwaad.html", b"<script>alert(1)</script>", "application/octet-stream"),
        ("kwaad.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "application/octet-stream"),
        ("foto.png", PNG, "image/png"),
        ("echt.pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("liegt.png", b"<html><script>alert(1)</script>", "application/octet-stream"),
        ("leeg.txt", b"", "application/octet-stream"),
    ],
)
def test_a_file_is_a_download_of_its_real_kind(
    site_ports: Ports, marije: Visitor, name: str, content: bytes, kind: str
) -> None:
    receive(site_ports, letter(files=((name, content),)))
    number = attachment_ids(site_ports)[name]
    for address, how in ((f"/werk/bestand/{number}", "attachment"), (f"/werk/bestand/{number}/inline", "")):
        answer = marije.get(address)
        assert answer.data == content
        assert answer.mimetype == kind
        assert answer.headers["Content-Disposition"].startswith(how or ("attachment" if "octet" in kind else "inline"))
        assert answer.headers["Content-Security-Policy"] == FILE_POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="b.exe',
        "rooster é 日本.pdf",
        "x\u202egpj.exe",
        "a;b,c.txt",
        "../../etc/passwd",
        "%41%0d%0aX: 1.txt",
    ],
)
def test_a_file_name_breaks_no_header(site_ports: Ports, marije: Visitor, name: str) -> None:
    receive(site_ports, letter(files=((name, b"inhoud"),)))
    (stored,) = attachment_ids(site_ports)
    answer = marije.get(f"/werk/bestand/{attachment_ids(site_ports)[stored]}")
    shown = answer.headers["Content-Disposition"]
    assert answer.status_code == 200
    assert shown.startswith("attachment; filename=")
    assert shown.isascii()
    assert not set("\r\n/\u202e") & set(shown)
    assert "X" not in answer.headers
    assert "\u202e" not in marije.get(TICKET).text


def test_who_may_not_read_the_ticket_gets_none_of_its_files(site_ports: Ports, tess: Visitor) -> None:
    receive(site_ports, letter(html="<p>Hoi</p>", files=(("a.pdf", b"%PDF-1.4"),)))
    clean(site_ports)
    (number,) = attachment_ids(site_ports).values()
    mail = entry_id(site_ports)
    for address in (f"bestand/{number}", f"bestand/{number}/inline", f"bericht/{mail}/html", f"bericht/{mail}/bron"):
        assert tess.get("/werk/" + address).status_code == 404, address


def test_the_html_of_a_mail_is_shown_in_its_frame_only(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter(html="<p style='color:red'>Kan <b>dat</b>?</p><script>alert(1)</script>"))
    before = marije.page(TICKET)
    assert before.frames == []
    clean(site_ports)
    (frame,) = marije.page(TICKET).frames
    assert frame["sandbox"] == SANDBOX
    assert "allow-scripts" not in frame["sandbox"]
    framed = marije.get(frame["src"], Sec_Fetch_Dest="iframe")
    assert framed.mimetype == "text/html"
    assert "<b>dat</b>" in framed.text
    assert "alert" not in framed.text
    assert framed.headers["Content-Security-Policy"] == FRAME_POLICY
    assert "Content-Disposition" not in framed.headers
    for dest in ("document", "embed", ""):
        opened = marije.get(frame["src"], Sec_Fetch_Dest=dest)
        assert opened.headers["Content-Disposition"].startswith("attachment"), dest
        assert "sandbox" in opened.headers["Content-Security-Policy"]


def test_the_text_of_a_mail_with_html_is_on_the_page_too(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter("De tekstvorm staat erbij.", html="<p>De opmaak</p>"))
    clean(site_ports)
    assert "De tekstvorm staat erbij." in marije.page(TICKET).text
    assert "De opmaak" not in marije.page(TICKET).text


def test_bytes_of_a_picture_that_came_as_a_page_are_a_download(site_ports: Ports, marije: Visitor) -> None:
    both = b"GIF89a/*<svg/onload=alert(1)>*/=alert(document.domain)//;"
    head = b"From: a@x.example\r\nTo: academy@academie.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    for number, kind in enumerate((b"text/html", b"image/svg+xml", b"image/gif"), start=1):
        part = b"Content-Type: " + kind + b"; name=kwaad.gif\r\nContent-Disposition: attachment\r\n\r\n" + both
        mixed = (
            b"Message-ID: <%d@x>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n" % number
        )
        receive(site_ports, head + mixed + part + b"\r\n--b--\r\n")
    told = [marije.get(f"/werk/bestand/{number}/inline").headers["Content-Disposition"] for number in (1, 2, 3)]
    assert [how.partition(";")[0] for how in told] == ["attachment", "attachment", "inline"]


def test_an_inline_picture_is_asked_of_our_own_route(site_ports: Ports, marije: Visitor) -> None:
    raw = (
        b"From: Femke <femke.devries@minbz.example>\r\nTo: academy@academie.example\r\nSubject: Plaatje\r\n"
        b'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/html\r\n\r\n"
        b'<p>Zie <img src="cid:logo@x"></p>\r\n--b\r\nContent-Type: image/png\r\nContent-ID: <logo@x>\r\n'
        b"Content-Disposition: inline\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgoAAAAA\r\n--b--\r\n"
    )
    receive(site_ports, raw)
    clean(site_ports)
    framed = marije.get(f"/werk/bericht/{entry_id(site_ports)}/html", Sec_Fetch_Dest="iframe").text
    (number,) = attachment_ids(site_ports).values()
    assert f'src="/werk/bestand/{number}/inline"' in framed
    picture = marije.get(f"/werk/bestand/{number}/inline")
    assert picture.mimetype == "image/png"
    assert picture.headers["Content-Disposition"].startswith("inline")


def test_the_raw_source_is_text_and_the_original_a_download(site_ports: Ports, marije: Visitor) -> None:
    raw = letter("<script>alert(1)</script> " + "lang " * 80_000)
    receive(site_ports, raw)
    mail = entry_id(site_ports)
    shown = marije.get(f"/werk/bericht/{mail}/bron")
    assert "&lt;script&gt;alert(1)" in shown.text
    assert Page(shown.text).active == []
    assert len(shown.text) - len(SHEET) < 300_000
    assert "Alleen de eerste 256 kB" in shown.text
    original = marije.get(f"/werk/bericht/{mail}/bron.eml")
    assert original.data == raw
    assert original.mimetype == "message/rfc822"
    assert original.headers["Content-Disposition"].startswith("attachment")
    assert original.headers["Content-Security-Policy"] == FILE_POLICY


def test_only_four_kinds_of_picture_are_pictures() -> None:
    heads = [b"GIF89a..", b"\xff\xd8\xff\xe0", PNG[:16], b"RIFF\0\0\0\0WEBPVP8 ", b"RIFF\0\0\0\0WAVE", b"BM", b"<svg"]
    kinds = [sniffed(head) for head in heads]
    assert kinds == ["image/gif", "image/jpeg", "image/png", "image/webp", *["application/octet-stream"] * 3]


def test_a_page_may_show_frames_of_its_own_only() -> None:
    policy = page_policy(Sheet("a { color: red; }"))
    assert "frame-src 'self'" in policy
    assert "unsafe" not in policy
    assert "script" not in FRAME_POLICY.replace("allow-popups", "")
