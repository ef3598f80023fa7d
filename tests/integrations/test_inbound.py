"""M5: what comes in by mail is told apart: returns hard, soft or delayed, automatic answers with their day, replies."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.channels.inbound import read
from tests.integrations.returns import FULL, OURS, TO, Refusal, delayed, fields, labelled, octets, plain, postfix, report

TODAY = date(2026, 5, 19)


def test_m5_labelled_returns_are_told_hard_from_soft():
    """At least 200 of the usual servers; at least 99 % right, each tied to the message it speaks of."""
    wrong, unbound, count = [], [], 0
    for name, kind, data in labelled():
        count += 1
        found = read(data, TODAY)
        if found.kind != f"bounce_{kind}":
            wrong.append((name, kind, found.kind, found.status, found.diagnostic))
        if OURS not in found.about or found.recipient not in (TO, ""):
            unbound.append((name, found.about, found.recipient))
    print(f"M5: {count} returns, {len(wrong)} wrong, {len(unbound)} not tied to their message")
    assert count >= 200
    assert not unbound
    assert len(wrong) <= count / 100, wrong[:20]
    hard = [one for one in wrong if one[2] == "bounce_hard"]
    assert not hard, f"struck though the address may be good: {hard}"


@pytest.mark.parametrize("name, data", list(delayed()), ids=[name for name, _ in delayed()])
def test_m5_a_warning_of_delay_is_no_failure(name: str, data: bytes):
    found = read(data, TODAY)
    assert found.kind == "delayed" and OURS in found.about


def test_a_report_that_the_message_arrived_is_no_return():
    data = octets(
        report(
            "MAILER-DAEMON@x.example",
            "Successful Mail Delivery Report",
            "Delivered.",
            fields("2.0.0", "250 ok", "delivered"),
            FULL,
        )
    )
    assert not read(data, TODAY).kind.startswith("bounce")


def test_a_return_names_status_words_and_address():
    found = read(octets(postfix(Refusal("hard", "5.1.1", "550 5.1.1 User unknown"))), TODAY)
    assert (found.status, found.recipient, found.diagnostic) == ("5.1.1", TO, "550 5.1.1 User unknown")
    assert "n'existe plus" not in found.text


ABSENCES = [
    ("Réponse automatique : Relance", "Bonjour,\n\nJe suis absente jusqu'au vendredi 29 mai inclus.", date(2026, 5, 29)),
    ("Absence du bureau", "Je suis en congés et serai de retour le 2 juin 2026.", date(2026, 6, 1)),
    ("Message d'absence : Relance", "Je suis absent du 18/05 au 26/05. En cas d'urgence : accueil@client.example", date(2026, 5, 26)),
    ("Re: Relance (absence)", "Actuellement absent, je reviens lundi 25 mai.", date(2026, 5, 24)),
    ("Automatic reply: Reminder", "I am out of the office until May 29, 2026 with limited access to mail.", date(2026, 5, 29)),
    ("Out of Office: Reminder", "I will be back in the office on Monday, 1 June.", date(2026, 5, 31)),
    ("Auto-Reply: Reminder", "On leave from 11th May to 22nd May.", date(2026, 5, 22)),
    ("Out of office", "Back on 2026-06-08.", date(2026, 6, 7)),
    ("Automatisch antwoord: Herinnering", "Ik ben afwezig tot en met 29 mei 2026.", date(2026, 5, 29)),
    ("Afwezig: Herinnering", "Ik ben terug op kantoor op 2 juni.", date(2026, 6, 1)),
    ("Afwezigheidsbericht", "Vanaf maandag 25 mei ben ik weer bereikbaar.", date(2026, 5, 24)),
    ("Automatische Antwort: Mahnung", "Ich bin bis einschließlich 29.05.2026 nicht im Büro.", date(2026, 5, 29)),
    ("Abwesenheitsnotiz", "Ab dem 2. Juni bin ich wieder erreichbar.", date(2026, 6, 1)),
    ("Abwesend bis Freitag", "Ich bin vom 18. Mai bis zum 29. Mai im Urlaub.", date(2026, 5, 29)),
    ("Réponse automatique", "Je suis absent. Votre message sera lu à mon retour.", None),
    ("Réponse automatique", "Absent jusqu'au 3 janvier.", date(2027, 1, 3)),
    ("Automatic reply", "I was away until 2 March 2026.", None),
]  # fmt: skip


@pytest.mark.parametrize("subject, words, until", ABSENCES)
def test_m5_absences_in_four_languages_with_their_last_day(subject: str, words: str, until: date | None):
    data = octets(
        plain(
            TO,
            subject,
            words,
            f"In-Reply-To: {OURS}",
            "Auto-Submitted: auto-replied",
            "Content-Type: text/plain; charset=utf-8",
        )
    )
    found = read(data, TODAY)
    assert (found.kind, found.until_on, found.about) == ("auto_reply", until, (OURS,))


@pytest.mark.parametrize(
    "headers",
    [
        ("Auto-Submitted: auto-replied",),
        ("X-Autoreply: yes",),
        ("Precedence: auto_reply",),
        ("Precedence: bulk",),
        ("X-Autorespond: Relance",),
        (),
    ],
)
def test_an_automatic_answer_is_known_by_its_headers_or_its_subject(headers: tuple[str, ...]):
    subject = "Votre demande [#4711]" if headers else "Automatic reply: Relance"
    assert read(octets(plain(TO, subject, "Merci.", *headers)), TODAY).kind == "auto_reply"


def test_a_read_receipt_is_no_reply():
    body = f"--=_b\nContent-Type: text/plain\n\nLu.\n--=_b\nContent-Type: message/disposition-notification\n\nOriginal-Message-ID: {OURS}\nDisposition: manual-action/MDN-sent-manually; displayed\n--=_b--\n"
    data = octets(
        plain(
            TO,
            "Lu : Relance",
            body,
            "MIME-Version: 1.0",
            'Content-Type: multipart/report; report-type=disposition-notification; boundary="=_b"',
        )
    )
    found = read(data, TODAY)
    assert (found.kind, found.about) == ("receipt", (OURS,))


SAID = "Bonjour,\n\nle virement part vendredi.\n\nCordialement,\nA. Vasseur"
QUOTES = [
    "\n\nLe mar. 19 mai 2026 à 10:00, Cartonnerie <r@c.example> a écrit :\n\n> Sauf erreur\n> de notre part",
    "\n\nLe mar. 19 mai 2026 à 10:00, Cartonnerie des Flandres <\nrecouvrement@cartonnerie.example> a écrit :\n\n> Sauf erreur",
    "\n\nOn Tue, 19 May 2026 at 10:00, Cartonnerie <r@c.example> wrote:\n> Unless we are mistaken",
    "\n\nAm 19.05.26 um 10:00 schrieb Cartonnerie:\n> Sofern",
    "\n\nOp 19-05-2026 om 10:00 schreef Cartonnerie:\n> Behoudens",
    "\n\n-----Message d'origine-----\nDe : Cartonnerie\nEnvoyé : mardi\nSauf erreur",
    "\n\n________________________________\nDe : Cartonnerie <r@c.example>\nEnvoyé : mardi 19 mai 2026 10:00\nÀ : compta\nObjet : Relance\n\nSauf erreur",
    "\n\nFrom: Cartonnerie <r@c.example>\nSent: Tuesday, May 19, 2026\nTo: compta\nSubject: Relance\n\nSauf erreur",
    "\n\nVon: Cartonnerie\nGesendet: Dienstag\nAn: compta\n\nSauf erreur",
    "\n\n> Sauf erreur de notre part\n> deux factures",
]  # fmt: skip


@pytest.mark.parametrize("quote", QUOTES)
def test_a_reply_is_read_without_what_it_quotes(quote: str):
    data = octets(
        plain(
            f"A. Vasseur <{TO}>", "Re: Relance", SAID + quote, f"In-Reply-To: {OURS}", "Content-Type: text/plain; charset=utf-8"
        )
    )
    found = read(data, TODAY)
    assert (found.kind, found.text, found.sender, found.sender_name) == ("reply", SAID, TO, "A. Vasseur")


def test_answers_between_quoted_lines_are_kept():
    words = "Le 19 mai 2026, Cartonnerie a écrit :\n> deux factures restent impayées\nLaquelle ?\n> virement\nFait hier."
    assert read(octets(plain(TO, "Re: Relance", words, f"References: {OURS}")), TODAY).text == "Laquelle ?\nFait hier."


def test_html_alone_becomes_text_without_the_quoted_part():
    html = (
        "<html><head><style>p{color:red}</style></head><body><p>Bonjour,</p><p>Pay&eacute; hier&nbsp;!</p>"
        '<div class="gmail_quote"><p>Sauf erreur</p><br></div><blockquote>Relance</blockquote></body></html>'
    )
    found = read(
        octets(plain(TO, "Re: Relance", html, "Content-Type: text/html; charset=utf-8", f"In-Reply-To: {OURS}")), TODAY
    )
    assert found.text.split() == ["Bonjour,", "Payé", "hier", "!"]


def test_a_subject_and_a_name_in_encoded_words_are_read():
    raw = plain("=?iso-8859-1?Q?Andr=E9?= <a@client.example>", "=?utf-8?B?UsOpcG9uc2U=?= =?x-unknown?Q?=FF?=", "Bonjour")
    found = read(octets(raw), TODAY)
    assert found.sender_name == "André" and found.subject.startswith("Réponse")


def test_a_mail_without_message_id_has_one_made_of_its_bytes():
    data = octets(plain(TO, "Bonjour", "x"))
    assert read(data, TODAY).message_id == read(data, TODAY).message_id != read(data + b"y", TODAY).message_id


SAMPLES = [data for _, _, data in labelled()][::37] + [data for _, data in delayed()]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_spoilt_mail_never_stops_the_reading(data: st.DataObject):
    spoilt = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, len(spoilt) - 1))
        kind = data.draw(st.sampled_from(["flip", "cut", "double"]))
        if kind == "flip":
            spoilt[place] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del spoilt[place : place + data.draw(st.integers(1, 80))]
        else:
            spoilt[place:place] = spoilt[place : place + 40]
        if not spoilt:
            break
    found = read(bytes(spoilt), TODAY)
    assert found.kind in ("bounce_hard", "bounce_soft", "delayed", "auto_reply", "receipt", "reply", "other")
