"""Companies: making one ready to work, and changing its identity, ledger rules, house rules and mail account."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from sqlalchemy.orm import Session

from models import Company, Customer, Membership, Profile, SalesRep, audit
from models.users import Role, User
from rules.errors import DomainError
from services import worklist
from services.seal import seal

CUSTOMER_ACCOUNTS = {"FR": "411,413,416", "BE": "400,401,407"}
SECRET = {"smtp_password_sealed", "imap_password_sealed"}
POLICY = {"gap_days", "floor_cents", "ceiling_cents", "promise_grace_days", "amount_change_percent"}
"""What the decision depends on: when it changes, every customer is decided again."""
CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,19}")
COUNTRIES = ("FR", "BE", "LU", "NL", "DE", "CH", "MC")


def create_company(
    session: Session, actor: User | None, now: datetime, *, code: str, name: str, country: str, customer_accounts: str = ""
) -> Company:
    """A new company with profiles and ready-made scenarios; its maker may see it. Errors: code_wrong, code_taken, name_missing, country_unknown."""
    from services.scenarios import install_defaults

    code, name, country = code.strip().upper(), name.strip(), country.strip().upper()
    if not CODE.fullmatch(code):
        raise DomainError("code_wrong", value=code)
    if not name:
        raise DomainError("name_missing")
    if country not in COUNTRIES:
        raise DomainError("country_unknown", value=country, known=", ".join(COUNTRIES))
    if session.scalar(sa.select(Company.id).where(Company.code == code)):
        raise DomainError("code_taken", value=code)
    company = Company(
        code=code,
        name=name,
        country=country,
        customer_accounts=normal_accounts(customer_accounts or CUSTOMER_ACCOUNTS.get(country, "411")),
        letter_window="BE" if country == "BE" else "FR",
        created_at=now,
    )
    session.add(company)
    session.flush()
    if actor is not None and actor.role != Role.ADMINISTRATOR:
        session.add(Membership(user_id=actor.id, company_id=company.id))
    audit.record(
        session, now, actor.id if actor else None, company.id, "create", "company", company.id, {"code": code, "name": name}
    )
    install_defaults(session, company, now)
    return company


def normal_accounts(text: str) -> str:
    """Prefixes of customer accounts, digits only, comma separated. Errors: accounts_wrong."""
    prefixes = [part for part in re.split(r"[\s,;]+", text.strip()) if part]
    wrong = next((part for part in prefixes if not re.fullmatch(r"[0-9A-Za-z]{1,12}", part)), None)
    if wrong is not None or not prefixes:
        raise DomainError("accounts_wrong", value=wrong or "")
    return ",".join(dict.fromkeys(prefixes))


def code_from_name(session: Session, name: str) -> str:
    """A free code made of the company's name."""
    base = re.sub(r"[^A-Z0-9]+", "", name.upper())[:12] or "SOCIETE"
    taken = set(session.scalars(sa.select(Company.code)))
    number = 2
    code = base
    while code in taken:
        code, number = f"{base}{number}", number + 1
    return code


def update_company(session: Session, actor_id: int, company: Company, now: datetime, **fields: Any) -> dict[str, Any]:
    """Change a company; returns what changed. Errors: iban_wrong, bic_wrong, accounts_wrong."""
    if "iban" in fields:
        fields["iban"] = normal_iban(fields["iban"])
    if "bic" in fields:
        fields["bic"] = normal_bic(fields["bic"])
    if "customer_accounts" in fields:
        fields["customer_accounts"] = normal_accounts(fields["customer_accounts"])
    before = {name: getattr(company, name) for name in fields}
    changed = {name: value for name, value in fields.items() if before[name] != value}
    for name, value in changed.items():
        setattr(company, name, value)
    if changed:
        said = {name: "changed" if name in SECRET else [before[name], value] for name, value in changed.items()}
        audit.record(session, now, actor_id, company.id, "update", "company", company.id, said)
        company.ledger_version += 1
    if changed.keys() & POLICY:
        worklist.suspect(session, company, now.date())
    return changed


def set_mail(
    session: Session, actor_id: int, company: Company, now: datetime, key: str, *, password: str, **fields: Any
) -> None:
    """Change the mail account; an empty password keeps the one there is, an empty host returns to the built-in outbox."""
    if password:
        fields["smtp_password_sealed"] = seal(password, key)
    if not fields.get("smtp_host"):
        fields |= {"smtp_user": "", "smtp_password_sealed": ""}
    if fields.get("smtp_host") and not fields.get("sender_email"):
        raise DomainError("sender_missing")
    update_company(session, actor_id, company, now, smtp_blocked_reason="", smtp_refusals=0, **fields)


def set_mailbox(
    session: Session, actor_id: int, company: Company, now: datetime, key: str, *, password: str, **fields: Any
) -> None:
    """Change the mailbox that is read; an empty password keeps the one there is, an empty host stops the reading. Another
    mailbox is read from its last month on."""
    if password:
        fields["imap_password_sealed"] = seal(password, key)
    if not fields.get("imap_host"):
        fields |= {"imap_user": "", "imap_password_sealed": ""}
    if any(fields.get(name, there) != there for name, there in _place_of(company).items()):
        company.imap_cursor, company.imap_checked_at = {}, None
    company.imap_failure = company.imap_answer = ""
    update_company(session, actor_id, company, now, **fields)


def _place_of(company: Company) -> dict[str, str]:
    return {"imap_host": company.imap_host, "imap_user": company.imap_user, "imap_folder": company.imap_folder}


def normal_iban(text: str) -> str:
    """The IBAN without spaces, checked; empty stays empty. Errors: iban_wrong."""
    if not text.strip():
        return ""
    try:
        return str(IBAN(text))
    except SchwiftyException:
        raise DomainError("iban_wrong", value=text.strip()) from None


def normal_bic(text: str) -> str:
    """The BIC, checked; empty stays empty. Errors: bic_wrong."""
    if not text.strip():
        return ""
    try:
        return str(BIC(text.strip().upper()))
    except SchwiftyException:
        raise DomainError("bic_wrong", value=text.strip()) from None


def save_profile(
    session: Session,
    actor_id: int,
    company: Company,
    now: datetime,
    profile: Profile | None,
    *,
    name: str,
    scenario_id: int | None,
) -> Profile:
    """Create or change a profile; its customers are looked at again today. Errors: name_missing, name_taken."""
    name = name.strip()
    if not name:
        raise DomainError("name_missing")
    same = sa.select(Profile.id).where(Profile.company_id == company.id, Profile.name == name)
    if session.scalar(same.where(Profile.id != (profile.id if profile else 0))):
        raise DomainError("name_taken", value=name)
    verb = "update" if profile else "create"
    if profile is None:
        profile = Profile(company_id=company.id, code=re.sub(r"\W+", "_", name.casefold()), name=name)
        session.add(profile)
    profile.name, profile.scenario_id = name, scenario_id
    session.flush()
    session.execute(sa.update(Customer).where(Customer.profile_id == profile.id).values(review_on=now.date()))
    audit.record(session, now, actor_id, company.id, verb, "profile", profile.id, {"name": name, "scenario_id": scenario_id})
    return profile


def bind_rep(session: Session, actor_id: int, rep: SalesRep, user_id: int | None, now: datetime) -> None:
    """Say which user is a sales representative: they see this representative's customers."""
    rep.user_id = user_id
    audit.record(session, now, actor_id, rep.company_id, "update", "sales_rep", rep.id, {"user_id": user_id})
