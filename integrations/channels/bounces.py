"""Returns: whether an address is bad (hard), a message was not delivered though the address may be good (soft), or is still being
tried (delayed), from the status codes and the words of the usual servers.

An enhanced code (RFC 3463) says most; but many servers give 5.0.0 or 5.7.1 for everything, so plain words about the mailbox
come first. What is not surely about the address is soft: nobody is struck from e-mail by guess."""

from __future__ import annotations

import re
from dataclasses import dataclass

HARD = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.5", "5.1.6", "5.1.10", "5.2.1", "5.4.1", "5.4.4", "5.4.310")
"""Enhanced codes that are about the address: mailbox or domain unknown, moved, closed, taking no mail."""

_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.#/:-])([45]\d\d)(?=[ \-][^\d]|[ \-]\d\.\d)")

_WORDS_DELAYED = (
    r"will be retried|will retry|continue to (?:try|attempt)|keep trying|still trying|no action is required|has not been delivered yet|"
    r"is delayed|delivery (?:is |has been )?(?:delayed|temporarily)|do not need to resend|not need to resend|"
    r"nouvelle tentative|retard[ée]e?\b|pas encore (?:pu être|été) (?:remis|distribu|livr)|wird (?:weiter|erneut) versucht|"
    r"noch nicht zugestellt|wordt opnieuw geprobeerd|nog niet (?:worden )?(?:bezorgd|afgeleverd)|vertraagd"
)
_WORDS_SOFT = (
    r"(?:mail|in)?box(?: is| was|['’]s)? (?:\w+ )?full|full mailbox|over ?quota|quota (?:exceeded|exceed|full|d[ée]pass)|exceed\w* (?:\w+ ){0,3}(?:quota|storage|size)|"
    r"out of (?:storage|disk|space)|insufficient (?:system )?(?:storage|resources|space)|storage (?:limit|allocation)|mailfull|not enough (?:space|storage)|disk full|"
    r"bo[iî]te (?:aux lettres )?(?:\w+ ){0,3}(?:pleine|satur[ée]e)|quota (?:de \w+ )?atteint|espace (?:de stockage )?insuffisant|postfach (?:ist )?(?:voll|überfüllt)|speicherplatz|"
    r"mailbox (?:is )?vol\b|postvak (?:is )?vol\b|"
    r"too (?:large|big)|message size|size limit|exceeds? (?:the )?(?:fixed |max\w* )|trop volumineux|zu groß|te groot|"
    r"too many (?:connections|messages|recipients|errors|hops|concurrent)|receiving (?:mail|email) (?:at a rate|too quickly)|rate limit|throttl|deferred|greylist|"
    r"try (?:again|later)|temporar|mail loop|hop count|too many hops|timed? ?out|connection (?:refused|lost|reset|dropped)|unreachable|retry time|message expired|"
    r"queue (?:lifetime|too long)|could not be delivered within|delivery time expired"
)
_WORDS_POLICY = (
    r"\bspam\b|spamhaus|spamcop|\bRBL\b|\bDNSBL\b|blacklist|black list|block ?list|blocked|listed (?:in|at|on)|reputation|unsolicited|bulk mail|junk|virus|malware|"
    r"\bSPF\b|\bDKIM\b|\bDMARC\b|not authenticated|unauthenticated|authentication required|policy|prohibited|administrative|content (?:rejected|filter)|message (?:was )?(?:refused|rejected)|"
    r"access denied|not permitted|not allowed|not authori[sz]ed|sender (?:address )?(?:rejected|verify|denied)|relay(?:ing)? (?:denied|not)|reverse dns|ptr record|"
    r"only accepts? (?:mail|messages) from|restrict|indésirable|liste noire"
)
_WORDS_HARD = (
    r"(?:does(?: not|n.t)) exist|addressee unknown|(?:was|were) unknown|unknown (?:virtual|local|e-?mail)|is not (?:an? )?(?:known|active|valid|local)|not a (?:valid|local|known)|"
    r"can.t accept user|no mail ?box (?:available|found)|mailbox (?:not present|unavai)|no one at this address|no longer accepts? (?:mail|messages)|missing home directory|user not active|"
    r"(?:not|no) .{0,60}\bin (?:the )?(?:name |our )?directory|isn.t in my list|not in my validrcptto|(?:e-?mail|address|>) (?:could not be |was )?not found|address could not be found|"
    r"account .{0,60}is disabled|(?:deactivated|disabled|inactive|closed) mailbox|name or service not known|domain must exist|destinataire archiv|nessun utente|no existe|"
    r"user[ _-]?(?:\w+ )?(?:unknown|not found|doesn.t (?:exist|have)|does(?: not|n't) exist|invalid|is not listed)|unknown (?:user|recipient|local|address|mailbox|account|or illegal alias)|"
    r"no such (?:user|recipient|mailbox|address|account|person|local|email|domain|host)|(?:recipient|mailbox|address|account|user|e-?mail)s? (?:\S+ ){0,3}(?:not found|unknown|does(?: not|n.t) exist|doesn.t exist|invalid|is invalid|unavailable|not known|inactive|disabled|is disabled|has been disabled|suspended|deactivated|closed|not exist|not available|not listed|no longer (?:active|valid|available|exists?|in use))|"
    r"(?:invalid|bad|non[- ]?exist\w*|inactive|disabled|unrouteable|unroutable|undeliverable|unresolvable) (?:user|recipient|mailbox|address|account|destination|e-?mail|host|domain)|"
    r"recipientnotfound|recipient ?not ?found|resolver\.adr|not a valid (?:user|mailbox|recipient|address)|address (?:couldn.t be found|not found|rejected: user|is not valid)|"
    r"(?:wasn.t|could ?n.t be|could not be|can ?not be|was not|not) found (?:at|in|on|or)|n.a pas (?:pu être|été) trouvée?|nobody (?:here )?by that name|no (?:mailbox|account) (?:here )?(?:by|for|with|named)|"
    r"doesn.t have an? (?:\S+ )?account|account (?:is )?(?:disabled|closed|inactive|expired|locked)|mailbox (?:is )?(?:disabled|closed|inactive|unavailable)|"
    r"host (?:or domain name )?(?:unknown|not found|couldn.t be found)|domain (?:name )?(?:\S+ )?(?:not found|unknown|does(?: not|n.t) exist|invalid|not exist|couldn.t be found|isn.t|has no)|unknown (?:host|domain)|nxdomain|"
    r"does not accept (?:mail|email)|null mx|no mx|couldn.t find any host|"
    r"(?:has|have) (?:left|moved)|no longer (?:works?|employed|with us)|"
    r"utilisateur (?:\S+ )?inconnu|(?:destinataire|adresse|compte|boîte aux lettres|boite aux lettres)s? (?:\S+ ){0,4}(?:inconnue?|introuvable|inexistante?|invalide|désactivée?|fermée?|inactive?|incorrecte?|n.existe (?:pas|plus)|est introuvable|d.au moins un destinataire invalide)|n.existe (?:pas|plus)|adresse d au moins un destinataire invalide|domaine (?:\S+ )?(?:inconnu|introuvable|inexistant)|n.est plus valable|"
    r"(?:empfänger|benutzer|adresse|postfach|domain|e-mail-adresse) (?:\S+ ){0,3}(?:unbekannt|nicht gefunden|existiert nicht|ungültig|nicht vorhanden|deaktiviert)|existiert nicht|wurde (?:\S+ )?nicht gefunden|unbekannter (?:empfänger|benutzer)|"
    r"(?:adres|gebruiker|ontvanger|mailbox|domein|e-mailadres) (?:\S+ ){0,3}(?:niet gevonden|onbekend|bestaat niet|ongeldig)|bestaat niet|niet gevonden|onbekende? (?:gebruiker|ontvanger|adres)"
)
_FAILURE = (
    r"undeliver|could not be (?:delivered|sent)|couldn.t be delivered|cannot be delivered|can.t be delivered|was ?n.t delivered|was not delivered|not delivered|unable to deliver|not be able to deliver|wasn.t able to deliver|unable to send|delivery (?:to|has) .{0,80}fail|delivery fail|failed? (?:to deliver|permanently|delivery)|permanent (?:error|failure)|returned (?:mail|to sender)|rejected|fatal error|did not reach|"
    r"n.a pas pu être (?:remis|distribu|livr|transmis|envoy|délivr)|non (?:remis|distribu|délivr)|échec|impossible de (?:remettre|distribuer|livrer|délivrer)|"
    r"nicht zugestellt|unzustellbar|konnte nicht|zustellung.{0,40}(?:fehlgeschlagen|nicht)|niet (?:worden )?(?:bezorgd|afgeleverd|besteld)|onbestelbaar|kon niet|mislukt"
)
DELAYED, SOFT, POLICY, BAD, FAILURE = (
    re.compile(words, re.IGNORECASE | re.DOTALL)
    for words in (_WORDS_DELAYED, _WORDS_SOFT, _WORDS_POLICY, _WORDS_HARD, _FAILURE)
)

_SENDERS = re.compile(
    r"^(?:mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|mail-delivery|maildelivery|mail\.delivery|mdaemon|microsoftexchange[0-9a-f]*|bounces?|no-?reply-bounce|smtp-daemon)(?:[-+=.][^@]*)?@|^mailer-daemon$",
    re.IGNORECASE,
)
_SUBJECTS = re.compile(
    r"^\s*(?:undeliver(?:able|ed)\b|(?:mail )?delivery (?:status notification|failure|failed|delayed|problem|report|notification|subsystem|has failed|incomplete|error)|mail (?:delivery )?(?:failure|failed|system error|could not be delivered)|"
    r"returned (?:mail|to sender)|failure notice|failed (?:mail|delivery)|message (?:delivery|undeliverable|could not|not delivered)|non[- ]?delivery|nondeliverable|undelivered mail|warning: (?:message|could not)|delayed mail|"
    r"\[?bounce|unzustellbar|nicht zugestellt|zustellung|unzustellbare|fehler bei der zustellung|mail delivery|onbestelbaar|niet (?:bezorgd|afgeleverd)|bezorging|"
    r"(?:e-?mail|message|courriel|courrier) non (?:remis|distribu|délivr|livr)|non remis|non[- ]remise|échec (?:de|d.)|echec de|notification d.état de remise|avis de non-?remise|remise (?:impossible|retardée)|votre message n.a pas|rapport de non[- ]remise)",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"^\s*(?:-{2,}\s*(?:this is a copy|below this line|original message|the following is|undelivered message|the header of|message header|returned message|copy of|unsent message|begin message)|"
    r"-{3,}\s*(?:transcript of session follows)?\s*$(?=.{0,40}?^(?:received|return-path|message-id|from): )|original message headers|en-?têtes du message d.origine|en-têtes de message d.origine|ursprüngliche nachrichtenkopf|oorspronkelijke berichtkoppen|message header follows|"
    r"-+ (?:original message|message d.origine) -+|received: (?:from|by) |return-path: ?<|the original message was received at.{0,200}from.{0,100}$(?=\n\s*\n.{0,20}message-id))",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Report:
    """The fields of one recipient in a delivery report (RFC 3464 2.3). recipient: as we wrote it, final: as it was at the end."""

    action: str
    status: str
    diagnostic: str
    recipient: str
    final: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """hard, soft or delayed, with the code it rests on and the server's words. recipient: when only the words name it."""

    kind: str
    status: str
    diagnostic: str
    recipient: str = ""


def looks_like_one(sender: str, subject: str, return_path: str) -> bool:
    """Whether a mail may be a return though it is no report: who sent it, and what it is called."""
    if _SENDERS.match(sender):
        return True
    return bool(_SUBJECTS.match(subject)) and (return_path in ("", "<>") or not sender)


def said_by_server(text: str) -> str:
    """The words of the server, without the copy of our message below them."""
    found = _COPY.search(text)
    return text[: found.start()].strip() if found and found.start() > 40 else text.strip()


def words_after_type(value: str) -> str:
    """`smtp; 550 no` → `550 no`, `rfc822;a@b.example` → `a@b.example`."""
    kind, mark, rest = value.partition(";")
    return rest.strip() if mark and re.fullmatch(r"\s*[\w.-]+\s*", kind) else value.strip()


def groups_of(text: str) -> list[dict[str, str]]:
    """Groups of fields written as plain text, folded lines joined."""
    groups: list[dict[str, str]] = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line[:1] in " \t" and name:
                fields[name] += " " + line.strip()
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        groups.append(fields)
    return groups


def judge(report: Report, said: str) -> Verdict | None:
    """The verdict of a delivery report; None when it says that the message arrived."""
    status = _first_code(report.status)
    if report.action in ("delivered", "relayed", "expanded") or (status.startswith("2") and report.action != "failed"):
        return None
    exact = _exact(status, _first_code(report.diagnostic))
    words = report.diagnostic or said
    if report.action == "delayed":
        return Verdict("delayed", exact or status, words)
    kind = _by_words_and_code(exact, report.diagnostic)
    if not kind and (exact in ("", "5.0.0") or exact.endswith((".0", ".0.0"))):
        kind = _by_words_and_code("", said)
    return Verdict(kind or _by_code(exact, report.diagnostic) or "soft", exact or status, words)


def judge_words(said: str, certain: bool) -> Verdict | None:
    """The verdict of a return that has only words. `certain`: it is one, whatever it says; else None without a word of failure."""
    delayed = bool(DELAYED.search(said)) and not re.search(
        r"fail(?:ed|ure)? permanently|permanent(?:ly)? (?:fail|error)|giving up|given up", said, re.IGNORECASE
    )
    code = _first_code(said)
    if not certain and not (FAILURE.search(said) or BAD.search(said) or delayed or code.startswith(("4", "5"))):
        return None
    recipient = _named(said)
    detail = _detail(said)
    if delayed:
        return Verdict("delayed", code, detail, recipient)
    kind = _by_words_and_code(code, _weighed(said)) or _by_code(code, said) or "soft"
    return Verdict(kind, code, detail, recipient)


def _weighed(said: str) -> str:
    """What a server says about the failure, without the courtesies around it that promise to try again or name policies."""
    lines = [line for line in said.splitlines() if line.strip()]
    telling = [i for i, line in enumerate(lines) if _CODE.search(line) or _REPLY.search(line)]
    if telling:
        return " ".join(lines[telling[0] : telling[0] + 6])
    return said


def _by_words_and_code(code: str, words: str) -> str:
    """Hard or soft where words are plain, "" where they are not."""
    words = " ".join(words.split())
    if code.startswith("4") or (not code and _first_reply(words).startswith("4")):
        return "soft"
    bad = BAD.search(words)
    if code in ("5.2.2", "5.2.3", "5.3.4"):
        return "soft"
    if SOFT.search(words) and not (bad and code in HARD):
        return "soft"
    if bad and not (code.startswith("5.7") and POLICY.search(_without(words, bad)) and code not in HARD):
        return "hard"
    return ""


def _without(words: str, found: re.Match[str]) -> str:
    return words[: found.start()] + words[found.end() :]


def _by_code(code: str, words: str) -> str:
    """What a code says when words do not."""
    if code in HARD:
        return "hard"
    if code not in ("", "5.0.0", "5.5.0"):
        return "soft"
    if POLICY.search(words):
        return "soft"
    return "hard" if _first_reply(words) in ("550", "551", "553") else ""


def _first_code(text: str) -> str:
    found = _CODE.search(text)
    return found.group(1) if found else ""


def _first_reply(text: str) -> str:
    found = _REPLY.search(text)
    return found.group(1) if found else ""


def _exact(status: str, diagnostic: str) -> str:
    """The code that says more: the remote server's, unless it says nothing (x.0.0) or the report already failed for another
    reason."""
    if not diagnostic or diagnostic.endswith(".0.0"):
        return status or diagnostic
    if not status or status.endswith(".0") or status[0] == diagnostic[0]:
        return diagnostic
    return status


def _detail(said: str) -> str:
    """The line that says why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for pattern in (_CODE, _REPLY, BAD, SOFT, FAILURE):
        for line in lines:
            if pattern.search(line):
                return line
    return lines[0] if lines else ""


def _named(said: str) -> str:
    """The first address the words give."""
    found = re.search(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", said)
    return found.group() if found else ""
