"""What all blueprints share: who is asking and for which company, rendering pages and fragments, answers, filters, the gate."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import jinja2_fragments.flask
from flask import (
    Flask,
    Response,
    abort,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from markupsafe import Markup

import config
from blueprints import menu
from blueprints.permissions import rule_for
from extensions import db, login
from models import Company, Customer, User, UserSession
from models.base import write_intent
from models.pausing import Paused, pause_of
from models.sessions import companies_of, reps_of, signed_in
from services import language as words
from services.exports import Column, csv_text, xlsx

Row = TypeVar("Row")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SEEN_EVERY = timedelta(minutes=10)
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; frame-src 'self'; manifest-src 'self'"
)
SEALED = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose customers the signed-in user sees in the present company; `reps` None means all of them."""

    company_id: int
    reps: tuple[int, ...] | None


def user() -> User:
    """The signed-in user."""
    return current_user._get_current_object()  # type: ignore[no-any-return]


def company() -> Company:
    """The company being looked at; 404 with a way out when the user has none."""
    found = _company()
    if found is None:
        abort(404, description="no_company")
    return found


def _company() -> Company | None:
    if "company" not in g:
        g.companies = companies_of(db.session(), user())
        wanted = g.session_row.company_id
        g.company = next((c for c in g.companies if c.id == wanted), g.companies[0] if g.companies else None)
    return g.company  # type: ignore[no-any-return]


def companies() -> list[Company]:
    """The companies the user may see."""
    _company()
    return list(g.companies)


def scope() -> Scope:
    """The rows of the present company the user may see."""
    if "scope" not in g:
        g.scope = Scope(company().id, reps_of(db.session(), user(), company().id))
    return g.scope  # type: ignore[no-any-return]


def customer_or_404(customer_id: int) -> Customer:
    """The customer, if it belongs to the present company and to the user's portfolio."""
    found = db.session.get(Customer, customer_id)
    if found is None or found.company_id != scope().company_id:
        abort(404)
    reps = scope().reps
    if reps is not None and found.sales_rep_id not in reps:
        abort(404)
    return found


def row_or_404(kind: type[Row], row_id: int) -> Row:
    """A row of the present company; rows of customers follow the user's portfolio."""
    found: Any = db.session.get(kind, row_id)
    if found is None:
        abort(404)
    if getattr(found, "customer_id", None) is not None:
        customer_or_404(found.customer_id)
    elif found.company_id != scope().company_id:
        abort(404)
    return found  # type: ignore[no-any-return]


def render(template: str, block: str | None = None, /, status: int = 200, **context: Any) -> Response:
    """The page, or only its block when htmx asks for a part of a page (never for boosted or history requests)."""
    part = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    if block and part:
        return make_response(jinja2_fragments.flask.render_block(template, block, **context), status)
    return make_response(render_template(template, **context), status)


def fragment(template: str, block: str, /, status: int = 200, **context: Any) -> Response:
    """One block of a page, always alone."""
    return make_response(jinja2_fragments.flask.render_block(template, block, **context), status)


def go(endpoint: str, **values: Any) -> ResponseReturnValue:
    """After a write: 303 to a page; htmx is told to go there."""
    return go_to(url_for(endpoint, **values))


def go_to(target: str) -> ResponseReturnValue:
    """303 to a path of this site; anything else goes home."""
    if not is_local(target):
        target = url_for("home.index")
    if request.htmx:
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = target
        return answer
    return redirect(target, 303)


def is_local(target: str) -> bool:
    """A plain path on this site: no scheme, no host, no tricks with slashes or control characters."""
    return (
        target.startswith("/")
        and not target.startswith(("//", "/\\"))
        and "\\" not in target
        and all(ord(c) > 32 and ord(c) != 127 for c in target)
    )


def table(
    kind: str, title: str, columns: list[Column], rows: Iterable[Sequence[Any]], totals: Sequence[Any] | None = None
) -> Response:
    """A list as a file to keep: `kind` is xlsx or csv."""
    name = f"{title} {config.today().isoformat()}.{kind}"
    if kind == "xlsx":
        answer = make_response(xlsx(title, columns, rows, totals))
        answer.mimetype = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    else:
        answer = make_response(csv_text(columns, rows, language()))
        answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers.set("Content-Disposition", "attachment", filename=name.replace("/", "-"))
    return answer


def sealed(html: str, mimetype: str = "text/html") -> Response:
    """A message shown in a frame of a page: no script, nothing fetched, no link followed, an origin of its own."""
    answer = make_response(html)
    answer.mimetype = mimetype
    answer.headers["Content-Security-Policy"] = SEALED
    return answer


def done(text: str, *events: str, undo: str = "", endpoint: str, **values: Any) -> ResponseReturnValue:
    """After a write in a dialog: htmx closes it, tells the page what changed and says so; else back to a page that says so."""
    if not request.htmx:
        flash({"text": text, "undo": undo} if undo else text, "good")
        return go(endpoint, **values)
    said = {"kind": "good", "text": text, "undo": undo or None}
    answer = make_response("", 204)
    answer.headers["HX-Trigger"] = json.dumps({"dialog-close": True, **dict.fromkeys(events, True), "toast": said})
    return answer


def trigger(answer: Response, *events: str) -> Response:
    """Tell the page's listeners what changed."""
    answer.headers["HX-Trigger"] = ", ".join(events)
    return answer


def toast(kind: str, text: str, undo: str = "", *events: str) -> Response:
    """To htmx: what was just done, with its undo; the part asked for becomes empty, unless it went wrong."""
    answer = make_response("", 204 if kind == "bad" else 200)
    told: dict[str, object] = {"toast": {"kind": kind, "text": text, "undo": undo}, **dict.fromkeys(events, True)}
    answer.headers["HX-Trigger"] = json.dumps(told)
    return answer


def say(answer: Response, kind: str, text: str) -> Response:
    """To htmx: what was just done, beside the part that comes back."""
    answer.headers["HX-Trigger"] = json.dumps({"toast": {"kind": kind, "text": text, "undo": None}})
    return answer


def page_number() -> int:
    """?page=, from 1."""
    return max(1, request.args.get("page", 1, type=int) or 1)


def whole_number(name: str) -> int:
    """A whole number of the form; missing or wrong is 0."""
    return request.form.get(name, 0, type=int) or 0


def day_argument(name: str, default: date) -> date:
    """A date of the query string; a wrong one is a 400 that says so."""
    text = request.args.get(name, "")
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(400, description=_("“%(value)s” is not a date. Write it like 2026-05-19.", value=text[:20]))


def language() -> str:
    """The user's language, else the browser's among ours, else French; asked once a request, pages ask hundreds of times."""
    if "language" not in g:
        known = current_user.is_authenticated
        g.language = str(current_user.language) if known else request.accept_languages.best_match(words.LANGUAGES) or "fr"
    return g.language  # type: ignore[no-any-return]


def may(endpoint: str, method: str = "GET") -> bool:
    """Whether the signed-in user's role may use a route: buttons that cannot work are not shown."""
    rule = rule_for(endpoint, method)
    return rule is not None and (rule.public or (current_user.is_authenticated and current_user.role in rule.roles))


# ------------------------------------------------------------------ the gate


def first(app: Flask) -> None:
    """Hooks that must run before any extension touches the database."""
    app.before_request(_mark_writers)


def last(app: Flask) -> None:
    """Hooks, filters and globals, once the extensions are bound."""
    app.before_request(_gate)
    app.after_request(_protect)
    login.user_loader(_load_user)
    login.unauthorized_handler(_unauthorised)
    login.session_protection = "basic"
    app.context_processor(lambda: {"shell": Shell(), "locale": language(), "may": may, "from_htmx": bool(request.htmx)})
    _add_filters(app)


def _mark_writers() -> None:
    write_intent.set(request.method not in SAFE_METHODS)


def _gate() -> ResponseReturnValue | None:
    """Sign-in by default, then the role's row of the matrix; a route without a row is refused."""
    if request.endpoint is None:
        return None  # 404 or 405, decided later
    rule = rule_for(request.endpoint, request.method)
    if rule is None and request.method == "OPTIONS":
        return None
    if rule is None:
        abort(403)
    if rule.public:
        return None
    if not current_user.is_authenticated:
        return _unauthorised()
    if current_user.role not in rule.roles:
        abort(403)
    return None


def _load_user(token: str) -> User | None:
    settings = current_app.config["SETTINGS"]
    found = signed_in(db.session(), token, config.now(), timedelta(minutes=settings.idle_minutes))
    if found is None:
        return None
    g.session_row = found[1]
    if config.now() - found[1].seen_at > SEEN_EVERY:
        _note_seen(found[1].id)
    return found[0]


def _note_seen(session_id: int) -> None:
    # Outside the request's transaction: a page that only reads must not become a writer.
    before = write_intent.get()
    write_intent.set(True)
    try:
        with db.engine.begin() as connection:
            connection.execute(
                UserSession.__table__.update().where(UserSession.id == session_id).values(seen_at=config.now())  # type: ignore[attr-defined]
            )
    finally:
        write_intent.set(before)


def _unauthorised() -> ResponseReturnValue:
    after = request.full_path.rstrip("?") if request.method == "GET" else ""
    target = url_for("auth.login", next=after or None)
    if request.htmx:
        answer = make_response("", 401)
        answer.headers["HX-Redirect"] = target
        return answer
    return redirect(target, 303)


def _protect(answer: Response) -> Response:
    headers = answer.headers
    headers.setdefault("Content-Security-Policy", CSP)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["X-Frame-Options"] = "SAMEORIGIN" if "frame-ancestors 'self'" in headers["Content-Security-Policy"] else "DENY"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
    if current_app.config["SETTINGS"].https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint == "static":
        headers["Cache-Control"] = "public, max-age=31536000, immutable" if request.args.get("v") else "no-cache"
    else:
        headers["Cache-Control"] = "no-store"
        answer.vary.add("HX-Request")
    return answer


# ------------------------------------------------------------------ the shell of every page


class Shell:
    """What base.html shows around every page; asked lazily, so that a fragment pays nothing."""

    @property
    def signed_in(self) -> bool:
        return bool(current_user.is_authenticated)

    @property
    def user(self) -> User:
        return user()

    @property
    def company(self) -> Company | None:
        return _company()

    @property
    def companies(self) -> list[Company]:
        return companies()

    @property
    def has_smtp(self) -> bool:
        found = _company()
        return bool(found and found.smtp_host)

    @property
    def bank_on(self) -> date | None:
        """The last day that a bank statement speaks of."""
        return self.counts.get("bank_on")

    @property
    def counts(self) -> dict[str, Any]:
        if "counts" not in g:
            g.counts = menu.counts(scope().company_id, scope().reps, config.today()) if _company() else {}
        return g.counts  # type: ignore[no-any-return]

    @property
    def pause(self) -> Paused | None:
        """Why nothing leaves the company now; None when messages may."""
        return pause_of(db.session(), scope().company_id) if self.counts.get("paused") else None

    @property
    def menu(self) -> list[menu.Group]:
        return menu.groups(may, self.counts)

    @property
    def sync_stale(self) -> bool:
        found = _company()
        if found is None or found.last_sync_at is None:
            return True
        return config.now() - found.last_sync_at > timedelta(hours=found.stale_after_hours)

    @property
    def sync_moment(self) -> str:
        """When the last good sync ended: "today at 6:12"; empty before the first."""
        found = _company()
        if found is None or found.last_sync_at is None:
            return ""
        return words.since(found.last_sync_at, config.now(), language(), found.time_zone)

    @property
    def stale_text(self) -> str:
        """For how long nothing has been read, when that is too long."""
        found = _company()
        if found is None or found.last_sync_at is None:
            return _("No ledger yet")
        hours = int((config.now() - found.last_sync_at).total_seconds() // 3600)
        if hours < 48:
            return ngettext("No sync for %(num)s hour", "No sync for %(num)s hours", hours)
        return ngettext("No sync for %(num)s day", "No sync for %(num)s days", hours // 24)

    @property
    def sync_text(self) -> str:
        found = _company()
        if found is None or found.last_sync_at is None:
            return _("No ledger yet")
        return _("Synchronised %(moment)s", moment=self.sync_moment)


# ------------------------------------------------------------------ filters


def _or_dash(text: Callable[[int], str]) -> Callable[[int | None], Markup | str]:
    def shown(cents: int | None) -> Markup | str:
        return text(cents) if cents else Markup('<span class="faint">–</span>')

    return shown


def _add_filters(app: Flask) -> None:
    def local(instant: datetime, said: Callable[[datetime, str, str], str]) -> str:
        zone = g.company.time_zone if g.get("company") else config.settings().time_zone
        return said(instant, language(), zone)

    app.jinja_env.filters.update(
        money=_or_dash(lambda cents: words.money(cents, language())),
        money_plain=lambda cents: words.money(cents or 0, language()),
        euros=lambda cents, currency="EUR": words.euros(cents or 0, language(), currency),
        money_eur=lambda cents, currency="EUR": words.money_with_currency(cents or 0, language(), currency),
        day=lambda value: words.day(value, language()) if value else "",
        day_short=lambda value: words.day_short(value, language()) if value else "",
        month_short=lambda value: words.month_short(value, language()),
        day_long=lambda value: words.day_long(value, language()) if value else "",
        moment=lambda value: local(value, words.moment) if value else "",
        clock=lambda value: local(value, words.clock) if value else "",
        day_of=lambda value: words.day_short(value.date(), language()) if value else "",
        number=lambda value: words.number(value or 0, language()),
    )
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset"] = _asset
    with app.app_context():
        app.jinja_env.globals["ui"] = app.jinja_env.get_template("ui.html").module


def _asset(name: str) -> str:
    """The address of a static file with its version, so that browsers keep it until it changes; pages ask dozens of times."""
    known = current_app.config.setdefault("ASSETS", {})
    key = (request.script_root, name)
    if key not in known or current_app.debug:
        version = int((config.Path(current_app.root_path) / "static" / name).stat().st_mtime)
        known[key] = url_for("static", filename=name, v=version)
    return str(known[key])


__all__ = [
    "Scope",
    "abort",
    "companies",
    "company",
    "customer_or_404",
    "day_argument",
    "done",
    "fragment",
    "go",
    "go_to",
    "is_local",
    "language",
    "may",
    "page_number",
    "render",
    "row_or_404",
    "say",
    "scope",
    "sealed",
    "session",
    "table",
    "toast",
    "trigger",
    "user",
    "whole_number",
]
