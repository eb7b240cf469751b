"""What is new in a mail, in the words of many clients and languages."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.text.plain import QUOTE_START, html_to_text
from helpdesk.text.quoting import split_reply, without_marks
from tests.pace import within

NEW = "Nieuw: dit is het antwoord."
OLD = "Oud: dit schreven wij eerder."

# Lines that stand between the new text and unmarked older mail.
ANNOUNCEMENTS = {
    "nl gmail": "Op ma 3 feb 2025 om 10:15 schreef Academie <academie@example.nl>:",
    "nl gmail joined over lines": "Op maandag 3 februari 2025 om 10:15 schreef Academie voor Internationale\n"
    "Betrekkingen <academie@example.nl>:",
    "nl apple": "Op 3 feb. 2025 om 10:15 heeft Academie <academie@example.nl> het volgende geschreven:",
    "nl apple older": "Op 3 feb. 2025, om 10:15 heeft Academie <academie@example.nl> het volgende geschreven:",
    "nl thunderbird": "Op 3-2-2025 om 10:15 schreef Academie:",
    "nl thunderbird, name first": "Academie schreef op 3-2-2025 om 10:15:",
    "nl yahoo": "Op maandag 3 februari 2025 10:15:00 CET schreef Academie <academie@example.nl>:",
    "nl outlook": "Van: Academie <academie@example.nl>\nVerzonden: maandag 3 februari 2025 10:15\n"
    "Aan: Femke Jansen <femke@example.nl>\nOnderwerp: RE: X",
    "nl outlook web": "________________________________\nVan: Academie <academie@example.nl>\n"
    "Verzonden: maandag 3 februari 2025 10:15\nAan: Femke Jansen\nOnderwerp: RE: X",
    "nl outlook bold": "*Van:* Academie <academie@example.nl>\n*Verzonden:* maandag 3 februari 2025\n"
    "*Aan:* Femke Jansen\n*Onderwerp:* RE: X",
    "nl outlook, blank lines": "Van: Academie\n\nVerzonden: maandag 3 februari 2025\n\nAan: F\n\nOnderwerp: X",
    "nl original": "-----Oorspronkelijk bericht-----\nVan: Academie\nVerzonden: maandag",
    "nl original, spaced": "----- Oorspronkelijk bericht -----",
    "nl forwarded": "---------- Doorgestuurd bericht ---------\nVan: Academie <academie@example.nl>",
    "nl samsung": "-------- Oorspronkelijk bericht --------\nVan: Academie <academie@example.nl>\nDatum: 03-02-2025",
    "nl begin": "Begin doorgestuurd bericht:\n\nVan: Academie",
    "en gmail": "On Mon, Feb 3, 2025 at 10:15 AM Academy <academy@example.nl> wrote:",
    "en gmail narrow space": "On Mon, Feb 3, 2025 at 10:15\u202fAM Academy <academy@example.nl> wrote:",
    "en apple": "On 3 Feb 2025, at 10:15, Academy <academy@example.nl> wrote:",
    "en outlook": "From: Academy <academy@example.nl>\nSent: Monday, February 3, 2025\nTo: Femke\nSubject: Re: X",
    "en outlook mac": "From: Academy <academy@example.nl>\nDate: Monday, 3 February 2025\nTo: Femke\nSubject: X",
    "en outlook old": "-----Original Message-----\nFrom: Academy [mailto:academy@example.nl]",
    "en proton": "-------- Original Message --------\nOn Monday, February 3rd, 2025 at 10:15, Academy wrote:",
    "en proton 2": "On Monday, February 3rd, 2025 at 10:15 AM, Academy <academy@example.nl> wrote:",
    "en thunderbird": "On 03/02/2025 10:15, Academy wrote:",
    "en usenet": "Academy <academy@example.nl> writes:",
    "en forwarded": "---------- Forwarded message ---------\nFrom: Academy <academy@example.nl>",
    "en apple forwarded": "Begin forwarded message:\n\nFrom: Academy",
    "en helpdesk": "##- Please type your reply above this line -##",
    "de gmail": "Am Mo., 3. Feb. 2025 um 10:15 Uhr schrieb Akademie <academie@example.nl>:",
    "de thunderbird": "Am 03.02.2025 um 10:15 schrieb Akademie:",
    "de apple": "Am 03.02.2025 um 10:15 schrieb Akademie <academie@example.nl>:",
    "de outlook": "Von: Akademie <academie@example.nl>\nGesendet: 3. Februar 2025 10:15\nAn: Femke\nBetreff: AW: X",
    "de gmx": 'Gesendet: 3. Februar 2025 um 10:15\nVon: "Akademie" <a@example.nl>\nAn: f@example.nl\nBetreff: X',
    "de original": "-----Ursprüngliche Nachricht-----\nVon: Akademie",
    "de mobile": "-------- Ursprüngliche Nachricht --------\nVon: Akademie <a@example.nl>\nDatum: 03.02.25 10:15",
    "fr gmail": "Le lun. 3 févr. 2025 à 10:15, Académie <academie@example.nl> a écrit :",
    "fr gmail hard space": "Le lun. 3 févr. 2025 à 10:15, Académie <academie@example.nl> a\u00a0écrit\u00a0:",
    "fr apple": "Le 3 févr. 2025 à 10:15, Académie <academie@example.nl> a écrit :",
    "fr thunderbird": "Le 03/02/2025 à 10:15, Académie a écrit :",
    "fr outlook": "De : Académie <academie@example.nl>\nEnvoyé : lundi 3 février 2025 10:15\nÀ : Femke\nObjet : RE: X",
    "fr original": "-----Message d'origine-----\nDe : Académie",
    "fr typographic": "-----Message d’origine-----\nDe : Académie",
    "es gmail": "El lun, 3 feb 2025 a las 10:15, Academia (<academie@example.nl>) escribió:",
    "es outlook": "De: Academia <academie@example.nl>\nEnviado: 3 de febrero de 2025\nPara: Femke\nAsunto: RE: X",
    "pt gmail": "Em seg., 3 de fev. de 2025 às 10:15, Academia <academie@example.nl> escreveu:",
    "it gmail": "Il giorno lun 3 feb 2025 alle ore 10:15 Accademia <academie@example.nl> ha scritto:",
    "it apple": "Il giorno 3 feb 2025, alle ore 10:15, Accademia <a@example.nl> ha scritto:",
    "it outlook": "Da: Accademia <a@example.nl>\nInviato: lunedì 3 febbraio 2025 10:15\nA: Femke\nOggetto: R: X",
    "pl gmail": "pon., 3 lut 2025 o 10:15 Akademia <academie@example.nl> napisał(a):",
    "pl outlook": "Od: Akademia <a@example.nl>\nWysłano: poniedziałek, 3 lutego 2025\nDo: Femke\nTemat: Odp: X",
    "sv gmail": "Den mån 3 feb. 2025 kl 10:15 skrev Akademin <academie@example.nl>:",
    "sv outlook": "Från: Akademin <a@example.nl>\nSkickat: den 3 februari 2025 10:15\nTill: Femke\nÄmne: SV: X",
    "da gmail": "man. 3. feb. 2025 kl. 10.15 skrev Akademiet <academie@example.nl>:",
    "da apple": "Den 3. feb. 2025 kl. 10.15 skrev Akademiet <a@example.nl>:",
    "no gmail": "man. 3. feb. 2025 kl. 10:15 skrev Akademiet <academie@example.nl>:",
    "no outlook": "Fra: Akademiet <a@example.nl>\nSendt: mandag 3. februar 2025 10:15\nTil: Femke\nEmne: SV: X",
    "fi gmail": "ma 3. helmik. 2025 klo 10.15 Akatemia (academie@example.nl) kirjoitti:",
    "fi outlook": "Lähettäjä: Akatemia <a@example.nl>\nLähetetty: 3. helmikuuta 2025\nVastaanottaja: F\nAihe: VS: X",
    "cs gmail": "po 3. 2. 2025 v 10:15 odesílatel Akademie <academie@example.nl> napsal:",
    "cs thunderbird": "Dne 03.02.2025 v 10:15 Akademie napsal(a):",
    "hu gmail": "Akadémia <academie@example.nl> ezt írta (időpont: 2025. febr. 3., H, 10:15):",
    "ro gmail": "În lun., 3 feb. 2025 la 10:15, Academia <academie@example.nl> a scris:",
    "ru gmail": "пн, 3 февр. 2025 г. в 10:15, Академия <academie@example.nl>:",
    "ru mail.ru": "Понедельник, 3 февраля 2025, 10:15 +03:00 от Академия <academie@example.nl>:",
    "ru thunderbird": "03.02.2025 10:15, Академия пишет:",
    "ru outlook": "От: Академия <a@example.nl>\nОтправлено: 3 февраля 2025 г. 10:15\nКому: Femke\nТема: RE: X",
    "uk gmail": "пн, 3 лют. 2025 р. о 10:15 Академія <academie@example.nl> пише:",
    "tr gmail": "Akademi <academie@example.nl>, 3 Şub 2025 Pzt, 10:15 tarihinde şunu yazdı:",
    "el gmail": "Στις Δευ 3 Φεβ 2025 στις 10:15 π.μ., ο χρήστης Ακαδημία <academie@example.nl> έγραψε:",
    "ja gmail": "2025年2月3日(月) 10:15 アカデミー <academie@example.nl>:",
    "ja apple": "2025/02/03 10:15、アカデミー <academie@example.nl>のメール:",
    "ja outlook": "差出人: アカデミー <a@example.nl>\n送信日時: 2025年2月3日 10:15\n宛先: Femke\n件名: RE: X",
    "zh gmail": "学院 <academie@example.nl> 于2025年2月3日周一 10:15写道：",
    "zh outlook": "发件人: 学院 <a@example.nl>\n发送时间: 2025年2月3日 10:15\n收件人: Femke\n主题: 答复: X",
    "ko gmail": "2025년 2월 3일 (월) 오전 10:15, 아카데미 <academie@example.nl>님이 작성:",
    "ar gmail": "في الاثنين، 3 فبراير 2025 في 10:15 ص تمت كتابة ما يلي بواسطة Academy <academie@example.nl>:",
    "he gmail": "\u202bבתאריך יום ב׳, 3 בפבר׳ 2025 ב-10:15 מאת Academy <academie@example.nl>:\u202c",
    "from html": QUOTE_START,
}

SIGNATURES = [
    "Verstuurd vanaf mijn iPhone",
    "Verstuurd vanaf mijn Galaxy",
    "Verzonden vanuit Outlook voor Android",
    "Verzonden via Outlook voor iOS",
    "Outlook voor Android<https://aka.ms/AAb9ysg> downloaden",
    "Download Outlook voor iOS<https://aka.ms/o0ukef>",
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy smartphone.",
    "Get Outlook for Android<https://aka.ms/AAb9ysg>",
    "Sent with Proton Mail secure email.",
    "Sent from Outlook for iOS",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Wysłane z iPhone'a",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Odesláno z iPhonu",
    "Отправлено с iPhone",
    "iPhone'umdan gönderildi",
    "iPhoneから送信",
    "发自我的iPhone",
    "나의 iPhone에서 보냄",
]


@pytest.mark.parametrize("announcement", ANNOUNCEMENTS.values(), ids=ANNOUNCEMENTS.keys())
def test_older_mail_below_an_announcement_is_no_reply(announcement: str) -> None:
    split = split_reply(f"{NEW}\n\n{announcement}\n\n{OLD}\nMet vriendelijke groet\n")

    assert split.new == NEW
    assert OLD in split.rest


@pytest.mark.parametrize("announcement", ANNOUNCEMENTS.values(), ids=ANNOUNCEMENTS.keys())
def test_marked_older_mail_below_an_announcement_is_no_reply(announcement: str) -> None:
    split = split_reply(f"{NEW}\n\n{announcement}\n\n> {OLD}\n> groet\n")

    assert split.new == NEW


@pytest.mark.parametrize("signature", SIGNATURES)
def test_the_line_of_a_telephone_is_no_reply(signature: str) -> None:
    assert split_reply(f"{NEW}\n\n{signature}\n").new == NEW
    assert split_reply(f"{NEW}\n\n{signature}\n\nOp 3-2-2025 om 10:15 schreef A:\n> {OLD}").new == NEW


def test_a_sentence_that_begins_like_a_telephone_stays() -> None:
    text = "Hier nog een mail\n\nVerstuurd vanaf mijn bureau, dat typt een stuk prettiger dan op een scherm."

    assert split_reply(text).new == text


@pytest.mark.parametrize("dashes", ["-- ", "--"])
def test_signature_goes(dashes: str) -> None:
    split = split_reply(f"{NEW}\n{dashes}\nFemke Jansen\nAfdeling X")

    assert split.new == NEW
    assert "Femke Jansen" in split.rest


def test_answers_between_quotes_stay_with_their_quotes() -> None:
    text = f"Op 3-2-2025 om 10:15 schreef A:\n> Kan het dinsdag?\nJa, dat kan.\n\n> En waar?\nIn Den Haag.\n\n> {OLD}\n"
    new = split_reply(text).new

    assert "Ja, dat kan." in new
    assert "In Den Haag." in new
    assert "> En waar?" in new
    assert OLD not in new


def test_answer_below_the_quote() -> None:
    split = split_reply(f"Op 3-2-2025 om 10:15 schreef A:\n> {OLD}\n> groet\n\n{NEW}\n\n-- \nFemke")

    assert split.new == NEW


@pytest.mark.parametrize(
    "text",
    [
        f"> {OLD}\n> groet",
        "-----Oorspronkelijk bericht-----\nVan: A <a@example.nl>\nVerzonden: maandag\nAan: B\nOnderwerp: C\n\nTekst",
        "---------- Forwarded message ---------\nFrom: A <a@example.nl>\nDate: Mon\nSubject: X\nTo: B\n\nText",
        f"Op 3-2-2025 om 10:15 schreef A <a@example.nl>:\n> {OLD}",
        "Verstuurd vanaf mijn iPhone",
        "-- \nFemke",
        "On Mon wrote:",
    ],
)
def test_a_mail_that_is_all_quote_is_shown_whole(text: str) -> None:
    assert split_reply(text).new == text


@pytest.mark.parametrize(
    "text",
    [
        "Op maandag schreef ik u al dat de cursus vol is.\nKunt u mij helpen?",
        "On this topic he wrote:\nlearning is fun\nand I agree.",
        "Ik wil graag reizen.\nVan: Den Haag\nAan: Brussel\nDatum: 3 februari\nKan dat?",
        "Let op:\n- punt een\n- punt twee",
        "Graag aanmelden:\nNaam: Jan\nDatum: 3-2-2025 om 10:15\nOnderwerp: training",
        "De leraar zei:\nhet is goed",
        "Kosten\n-----\nTotaal: 10 euro\n-----\nGraag akkoord",
        "From: what I understand\nthis is fine",
        "a | b\n--|--\n1 | 2",
        "May 29 11:58:43 host kernel: version (root@host) 2009\nMay 29 11:58:43 host kernel: supported:\nA\nB",
        "Overleg op 3-2-2025 om 10:15 met jan@example.nl en piet@example.nl over:\n- rooster\n- zaal",
    ],
)
def test_ordinary_text_stays_whole(text: str) -> None:
    assert split_reply(text).new == text


def test_html_of_outlook_and_gmail() -> None:
    outlook = (
        f"<div><p>{NEW}</p></div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'>"
        f"<p><b>Van:</b> A &lt;a@example.nl&gt;<br><b>Verzonden:</b> maandag<br><b>Aan:</b> B</p></div><p>{OLD}</p>"
    )
    gmail = (
        f'<div dir="ltr">{NEW}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Op ma 3 feb 2025 om'
        f' 10:15 schreef A &lt;<a href="mailto:a@example.nl">a@example.nl</a>&gt;:<br></div>'
        f'<blockquote class="gmail_quote" style="border-left:1px solid">{OLD}</blockquote></div>'
    )
    for html in (outlook, gmail):
        text = html_to_text(html, mark_quotes=True)
        assert split_reply(text).new == NEW
        assert QUOTE_START not in without_marks(text)
        assert OLD in without_marks(text)


@pytest.mark.parametrize(
    "line",
    [
        "On Mon",
        "On Mon wrote:",
        "On 10:00 ab@c.nl x:",
        "wrote:",
        "From: a@b.nl",
        "-" * 599,
        "> x",
        "--",
        "_" * 300,
        "a:",
    ],
)
def test_long_bait_takes_no_time(line: str) -> None:
    assert within(2, lambda: split_reply(f"{line}\n" * 5000))


@given(
    st.lists(
        st.sampled_from([*ANNOUNCEMENTS.values(), *SIGNATURES, NEW, f"> {OLD}", "-- ", "", "__________", "x:"]),
        max_size=12,
    )
)
@settings(max_examples=300, deadline=None)
def test_something_is_always_left_and_nothing_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    split = split_reply(text)

    assert split.new.strip() or not without_marks(text).strip()
    both = f"{split.new}\n{split.rest}"
    assert all(line in both for line in without_marks(text).split("\n"))


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_has_a_reply(text: str) -> None:
    assert split_reply(text).new.strip() or not without_marks(text).strip()
