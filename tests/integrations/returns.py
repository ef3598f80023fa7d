"""Returns as the usual servers write them, each with what it is: the words of a refusal in the frame of a server.

Every refusal goes through every frame, as relays wrap what another server said."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import NamedTuple

OURS = "<3f2a9c0d41b85e6677aa@cartonnerie.example>"
TO = "compta@client.example"
FROM = "recouvrement@cartonnerie.example"


class Refusal(NamedTuple):
    """What it is (hard, soft), the code of the report, the SMTP answer."""

    kind: str
    status: str
    answer: str


HARD = [
    ("5.1.1", f"550 5.1.1 <{TO}>: Recipient address rejected: User unknown in virtual mailbox table"),
    ("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 double-checking the recipient's email address"),
    ("5.1.1", "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR204_416 [416]"),
    ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)."),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281)"),
    ("5.1.10", f"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {TO} not found by SMTP address lookup"),
    ("5.0.0", f"554 delivery error: dd This user doesn't have a yahoo.fr account ({TO}) [0]"),
    ("5.2.1", "550 5.2.1 This mailbox has been blocked due to inactivity (UserSearch)"),
    ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled."),
    ("5.4.4", "Host or domain name not found. Name service error for name=client.example type=AAAA: Host not found"),
    ("5.0.0", "Unrouteable address"),
    ("5.1.0", "Domain client.example does not accept mail (nullMX)"),
    ("5.0.0", "550 Requested action not taken: mailbox unavailable. For explanation visit https://postmaster.example/error"),
    ("5.0.0", "550 Invalid Recipient - https://community.example/docs/DOC-1369#550"),
    ("5.0.0", "550 Sorry, no mailbox here by that name. (#5.1.1)"),
    ("5.1.2", "Sorry, I couldn't find any host named client.example. (#5.1.2)"),
    ("5.0.0", f"User {TO} ({TO}) not listed in Domino Directory"),
    ("5.7.1", "550 5.7.1 No such recipient here"),
    ("5.0.0", "550 Utilisateur inconnu"),
    ("5.0.0", "550 5.1.1 Benutzer unbekannt / user unknown"),
    ("5.1.1", "550 5.1.1 onbekende gebruiker"),
    ("5.1.6", "550 5.1.6 Recipient no longer on server"),
    ("5.1.1", f"511 5.1.1 unknown address or alias: {TO}"),
    ("5.0.0", "553 5.3.0 <compta@client.example>... Addressee unknown, relay=[192.0.2.7]"),
    ("5.0.0", "550 No such user - psmtp"),
]  # fmt: skip
SOFT = [
    ("5.2.2", "552 5.2.2 The email account that you tried to reach is over quota. Please direct the recipient to https://support.example"),
    ("4.2.2", "452 4.2.2 The email account that you tried to reach is over quota"),
    ("5.2.2", "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded"),
    ("5.1.1", "552 5.1.1 Boite du destinataire pleine. Recipient overquota. OFR204_417 [417]"),
    ("5.0.0", "552 Mailbox is full / Blockierter Empfänger: Postfach ist voll"),
    ("5.7.1", "550 5.7.1 Message rejected as spam by Content Filtering."),
    ("5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.10"),
    ("5.7.26", "550-5.7.26 This mail is unauthenticated, which poses a security risk to the sender and users"),
    ("5.7.1", "550-5.7.1 [192.0.2.10] Our system has detected that this message is likely unsolicited mail."),
    ("5.7.509", "550 5.7.509 Access denied, sending domain CARTONNERIE.EXAMPLE does not pass DMARC verification"),
    ("5.2.0", "550 5.2.0 Mail rejete. Mail rejected. OFR506_506 [506]"),
    ("5.7.1", "550 5.7.1 Unfortunately, messages from [192.0.2.10] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140)."),
    ("5.0.0", "550 Administrative prohibition"),
    ("5.7.1", "554 5.7.1 <cartonnerie.example[192.0.2.10]>: Client host rejected: Access denied LPN007_510"),
    ("5.3.4", "552 5.3.4 Message size exceeds fixed limit"),
    ("5.2.3", "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient"),
    ("4.4.1", "connect to mx.client.example[192.0.2.25]:25: Connection timed out"),
    ("4.4.7", "550 4.4.7 QUEUE.Expired; message expired"),
    ("5.4.300", "550 5.4.300 Message expired -> 451 4.7.500 Server busy. Please try again later"),
    ("4.7.1", "450 4.7.1 <compta@client.example>: Recipient address rejected: Greylisted, see https://postgrey.example"),
    ("5.4.6", "554 5.4.6 Too many hops"),
    ("5.4.14", "554 5.4.14 Hop count exceeded - possible mail loop ATTR34"),
    ("5.7.124", "550 5.7.124 RESOLVER.RST.SenderNotInAllowedList; not authorized to send to this recipient"),
    ("5.1.8", "550 5.1.8 Access denied, bad outbound sender"),
    ("4.3.0", "451 4.3.0 Temporary lookup failure"),
]  # fmt: skip
REFUSALS = [Refusal("hard", *one) for one in HARD] + [Refusal("soft", *one) for one in SOFT]

HEADERS = (
    f"From: Cartonnerie des Flandres <{FROM}>\nTo: {TO}\nSubject: =?utf-8?b?UmVsYW5jZSA6IGRldXggZmFjdHVyZXM=?=\n"
    f"Message-ID: {OURS}\nX-Encours-GUID: {OURS.strip('<>')}\nAuto-Submitted: auto-generated\n"
)
WORDS = (
    "Sauf erreur de notre part, deux factures restent impayées. Si cette adresse n'existe plus ou si votre boîte est pleine,\n"
    "écrivez-nous. User unknown, spam and quota are words of ours too.\n"
)


def plain(sender: str, subject: str, body: str, *more: str) -> str:
    lines = [f"From: {sender}", f"To: {FROM}", f"Subject: {subject}", "Date: Tue, 19 May 2026 10:00:00 +0200", *more]
    return "\n".join([*lines, "", body])


def report(sender: str, subject: str, words: str, fields: str, returned: str, *more: str, headers_only: bool = False) -> str:
    kind = "text/rfc822-headers" if headers_only else "message/rfc822"
    body = (
        f"--=_b\nContent-Type: text/plain; charset=utf-8\n\n{words}\n--=_b\nContent-Type: message/delivery-status\n\n{fields}\n"
        f"--=_b\nContent-Type: {kind}\n\n{returned}\n--=_b--\n"
    )
    typed = 'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"'
    return plain(sender, subject, body, "MIME-Version: 1.0", typed, *more)


def fields(status: str, answer: str, action: str = "failed", final: str = TO) -> str:
    return (
        f"Reporting-MTA: dns; mta.cartonnerie.example\nArrival-Date: Tue, 19 May 2026 09:59:58 +0200\n\nFinal-Recipient: rfc822; {final}\n"
        f"Action: {action}\nStatus: {status}\nRemote-MTA: dns; mx.client.example\nDiagnostic-Code: smtp; {answer}\n"
    )


FULL = f"{HEADERS}\n{WORDS}"


def postfix(one: Refusal) -> str:
    words = (
        "This is the mail system at host mta.cartonnerie.example.\n\nI'm sorry to have to inform you that your message could not\n"
        "be delivered to one or more recipients. It's attached below.\n\nFor further assistance, please send mail to postmaster.\n\n"
        f"                   The mail system\n\n<{TO}>: host mx.client.example[192.0.2.25] said: {one.answer} (in reply to RCPT TO command)\n"
    )
    return report(
        "MAILER-DAEMON@mta.cartonnerie.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        words,
        fields(one.status, one.answer),
        FULL,
        "Auto-Submitted: auto-replied",
        "Return-Path: <>",
    )


def postfix_headers(one: Refusal) -> str:
    return report(
        "MAILER-DAEMON (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "It's attached below.",
        fields(one.status, one.answer),
        HEADERS,
        "Return-Path: <>",
        headers_only=True,
    )


def sendmail(one: Refusal) -> str:
    words = (
        "The original message was received at Tue, 19 May 2026 09:59:58 +0200\nfrom localhost [127.0.0.1]\n\n"
        f"   ----- The following addresses had permanent fatal errors -----\n<{TO}>\n    (reason: {one.answer})\n\n"
        f"   ----- Transcript of session follows -----\n... while talking to mx.client.example.:\n>>> DATA\n<<< {one.answer}\n"
    )
    return report(
        "Mail Delivery Subsystem <MAILER-DAEMON@cartonnerie.example>",
        "Returned mail: see transcript for details",
        words,
        fields(one.status, one.answer),
        FULL,
    )


def exim(one: Refusal) -> str:
    words = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\n"
        f"recipients. This is a permanent error. The following address(es) failed:\n\n  {TO}\n    host mx.client.example [192.0.2.25]\n    SMTP error from remote mail server after RCPT TO:<{TO}>:\n    {one.answer}\n"
    )
    return report(
        "Mail Delivery System <Mailer-Daemon@mta.cartonnerie.example>",
        "Mail delivery failed: returning message to sender",
        words,
        fields("5.0.0" if one.status[0] == "5" else one.status, one.answer),
        FULL,
        f"X-Failed-Recipients: {TO}",
    )


def exim_plain(one: Refusal) -> str:
    words = (
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\n"
        f"recipients. This is a permanent error. The following address(es) failed:\n\n  {TO}\n    SMTP error from remote mail server after RCPT TO:<{TO}>:\n    {one.answer}\n\n"
        f"------ This is a copy of the message, including all the headers. ------\n\n{FULL}"
    )
    return plain(
        "Mail Delivery System <Mailer-Daemon@mta.cartonnerie.example>",
        "Mail delivery failed: returning message to sender",
        words,
        f"X-Failed-Recipients: {TO}",
        "Auto-Submitted: auto-replied",
    )


def qmail(one: Refusal) -> str:
    words = (
        "Hi. This is the qmail-send program at mail.ovh.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n"
        f"This is a permanent error; I've given up. Sorry it didn't work out.\n\n<{TO}>:\n192.0.2.25 does not like recipient.\nRemote host said: {one.answer}\nGiving up on 192.0.2.25.\n\n"
        f"--- Below this line is a copy of the message.\n\nReturn-Path: <{FROM}>\n{FULL}"
    )
    return plain("MAILER-DAEMON@mail.ovh.example", "failure notice", words, "Return-Path: <>")


def courier(one: Refusal) -> str:
    words = f"This is a delivery status notification from client.example.\n\nYour message was not delivered to the following recipients:\n\n<{TO}>:\n  <<< {one.answer}\n"
    return report(
        '"Courier mail server at mx.client.example" <@>',
        "NOTICE: mail delivery status.",
        words,
        fields(one.status, one.answer),
        HEADERS,
        headers_only=True,
    )


def exchange(one: Refusal) -> str:
    words = (
        f"Delivery has failed to these recipients or groups:\n\n{TO}<mailto:{TO}>\nThe message could not be delivered.\n\n\nDiagnostic information for administrators:\n\n"
        f"Generating server: EX01.client.example\n\n{TO}\nRemote Server returned '{one.answer}'\n\nOriginal message headers:\n\n{HEADERS}"
    )
    return report(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@client.example>",
        "Undeliverable: Relance",
        words,
        fields(one.status, one.answer),
        HEADERS,
        f"In-Reply-To: {OURS}",
        "X-MS-Exchange-Message-Is-Ndr:",
    )


def office365_french(one: Refusal) -> str:
    words = (
        f"Échec de la remise à ces destinataires ou groupes :\n\n{TO}\nVotre message n'a pas pu être remis.\n\nInformations de diagnostic pour les administrateurs :\n\n"
        f"Serveur de génération : PR3P189.EURP189.PROD.OUTLOOK.COM\n\n{TO}\nRemote server returned '{one.answer}'\n\nEn-têtes du message d'origine :\n\n{HEADERS}"
    )
    coded = base64.encodebytes(words.encode()).decode()
    body = (
        f"--=_b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{coded}\n--=_b\nContent-Type: message/delivery-status\n\n"
        f"{fields(one.status, one.answer)}\n--=_b\nContent-Type: message/rfc822\n\n{FULL}\n--=_b--\n"
    )
    return plain(
        "=?utf-8?Q?Microsoft_Outlook?= <postmaster@client.example>",
        "=?utf-8?Q?Non_remis=C2=A0:_Relance?=",
        body,
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"',
    )


def exchange_text(one: Refusal) -> str:
    """multipart/report with nothing but text, as some gateways leave it."""
    words = f"Your message did not reach some or all of the intended recipients.\n\n{TO} on 19/05/2026 10:00\n{one.answer}\n\nOriginal message headers:\n\n{HEADERS}"
    body = f"--=_b\nContent-Type: text/plain\n\n{words}\n--=_b--\n"
    return plain(
        "System Administrator <postmaster@client.example>",
        "Undeliverable: Relance",
        body,
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; boundary="=_b"',
    )


def gmail(one: Refusal) -> str:
    said = (
        f"Address not found. Your message wasn't delivered to {TO} because the address couldn't be found, or is unable to receive mail."
        if one.kind == "hard"
        else f"Message not delivered. There was a problem delivering your message to {TO}. See the technical details below."
    )
    words = f"** {said} **\n\nThe response was:\n\n{one.answer}\n"
    return report(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        words,
        fields(one.status, one.answer),
        FULL,
        f"In-Reply-To: {OURS}",
        f"References: {OURS}",
        f"X-Failed-Recipients: {TO}",
        "Auto-Submitted: auto-replied",
    )


def gmail_french(one: Refusal) -> str:
    said = "Adresse introuvable" if one.kind == "hard" else "Message non distribué"
    words = f"** {said} **\n\nVotre message à {TO} n'a pas été distribué.\n\nLa réponse était :\n\n{one.answer}\n"
    return report(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
        "Delivery Status Notification (Failure)",
        words,
        fields(one.status, one.answer),
        HEADERS,
        headers_only=True,
    )


def domino(one: Refusal) -> str:
    words = f"Your message\n\n  Subject: Relance\n\nwas not delivered to:\n\n  {TO}\n\nbecause:\n\n  {one.answer}\n"
    return report("Postmaster@client.example", "DELIVERY FAILURE: Relance", words, fields(one.status, one.answer), FULL)


def gmx(one: Refusal) -> str:
    words = (
        f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to\none or more of its recipients. This is a permanent error.\n\n"
        f"The following address failed:\n\n<{TO}>:\nSMTP error from remote server for RCPT TO command, host: mx.client.example (192.0.2.25) reason: {one.answer}\n\n\n"
        f"--- The header of the original message is following. ---\n\n{HEADERS}"
    )
    return plain('"GMX Mailer Daemon" <mailer-daemon@gmx.example>', "Mail delivery failed: returning message to sender", words)


def relay_with_own_id(one: Refusal) -> str:
    """A relay that gives messages its own Message-ID: only our header tells."""
    own = HEADERS.replace(f"Message-ID: {OURS}", "Message-ID: <0102018f@eu-west-1.amazonses.example>")
    return report(
        "MAILER-DAEMON@eu-west-1.amazonses.example",
        "Delivery Status Notification (Failure)",
        f"An error occurred while trying to deliver the mail to the following recipients:\n{TO}",
        fields(one.status, one.answer),
        own,
    )


SERVERS: dict[str, Callable[[Refusal], str]] = {
    one.__name__: one
    for one in (
        postfix, postfix_headers, sendmail, exim, exim_plain, qmail, courier, exchange, office365_french, exchange_text, gmail,
        gmail_french, domino, gmx, relay_with_own_id,
    )
}  # fmt: skip


def labelled() -> Iterator[tuple[str, str, bytes]]:
    """(server and refusal, what it is, the bytes): every refusal in every frame."""
    for name, frame in SERVERS.items():
        for number, one in enumerate(REFUSALS):
            yield f"{name}-{number}-{one.status}", one.kind, octets(frame(one))


def delayed() -> Iterator[tuple[str, bytes]]:
    """Warnings that a message is still being tried."""
    answer = "connect to mx.client.example[192.0.2.25]:25: Connection timed out"
    soon = fields("4.4.1", answer, "delayed") + "Will-Retry-Until: Sun, 24 May 2026 10:00:00 +0200\n"
    postfix_words = "THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\nYour message could not be delivered for more than 4 hour(s). It will be retried until it is 5 day(s) old."
    yield (
        "postfix",
        octets(
            report(
                "MAILER-DAEMON (Mail Delivery System)",
                "Delayed Mail (still being retried)",
                postfix_words,
                soon,
                HEADERS,
                headers_only=True,
            )
        ),
    )
    exim_words = (
        "This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\n"
        f"The address to which the message has not yet been delivered is:\n\n  {TO}\n    Delay reason: Connection timed out\n\nNo action is required on your part. Delivery attempts will continue for\nsome time.\n\n------ This is a copy of the message ------\n{HEADERS}"
    )
    yield (
        "exim",
        octets(
            plain(
                "Mail Delivery System <Mailer-Daemon@mta.cartonnerie.example>",
                "Warning: message 1abc delayed 24 hours",
                exim_words,
            )
        ),
    )
    yield (
        "exchange",
        octets(
            report(
                "postmaster@client.example",
                "Delivery delayed: Relance",
                "Delivery to these recipients or groups is delayed. You do not need to resend your message.",
                soon,
                FULL,
            )
        ),
    )
    yield (
        "gmail",
        octets(
            report(
                "Mail Delivery Subsystem <mailer-daemon@googlemail.com>",
                "Delivery Status Notification (Delay)",
                "There was a temporary problem delivering your message. Gmail will retry for 46 more hours.",
                soon,
                FULL,
            )
        ),
    )


def octets(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()
