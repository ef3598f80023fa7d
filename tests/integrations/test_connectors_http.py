"""The wire of the connectors: repeats, pauses, broken answers, TLS, redirects, and that nothing is ever written."""

from __future__ import annotations

import ipaddress
import re
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations import connectors
from integrations.connectors import http
from integrations.connectors.http import Api
from rules.errors import DomainError
from tests.integrations.remote import Answer, Asked, serving

KEY = "very-secret-key"


def echo(asked: Asked) -> object:
    """The path asked for."""
    return {"path": asked.path}


class Naps(list[float]):
    """The pauses taken, none of them waited for."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def refusal(api: Api, path: str = "/x") -> DomainError:
    """How a request fails."""
    with pytest.raises(DomainError) as caught:
        api.get(path)
    assert KEY not in str(caught.value)
    return caught.value


def test_one_connection_serves_many_requests_with_the_headers_given() -> None:
    with serving(echo) as remote:
        api = Api(f"{remote.url}/base/", {"X-Key": KEY})
        assert [api.get(f"/{one}")["path"] for one in "abc"] == ["/base/a", "/base/b", "/base/c"]
        api.close()
    assert {asked.headers["x-key"] for asked in remote.asked} == {KEY}
    assert {asked.method for asked in remote.asked} == {"GET"}
    assert api.answered_at == "2026-11-21 09:30:00"


def test_a_broken_page_is_asked_for_again_with_growing_pauses() -> None:
    naps = Naps()
    with serving(echo) as remote:
        remote.faults = {1: Answer(status=500), 2: Answer({"a": "b" * 1000}, cut=True), 3: Answer(status=502)}
        api = Api(remote.url, {}, sleep=naps)
        assert api.get("/x") == {"path": "/x"}
        api.close()
    assert naps == [1.0, 2.0, 4.0]
    assert len(remote.asked) == 4


def test_a_pause_asked_for_is_kept() -> None:
    naps = Naps()
    when = {"Date": "Sat, 21 Nov 2026 10:00:00 GMT", "Retry-After": "Sat, 21 Nov 2026 10:00:07 GMT"}
    with serving(echo) as remote:
        remote.faults = {1: Answer(status=429, headers={"Retry-After": "3"}), 2: Answer(status=503, headers=when)}
        api = Api(remote.url, {}, sleep=naps)
        assert api.get("/x") == {"path": "/x"}
        api.close()
    assert naps == [3.0, 7.0]


def test_a_long_pause_is_left_to_the_next_run() -> None:
    naps = Naps()
    with serving(lambda _: Answer(status=429, headers={"Retry-After": "1242"})) as remote:
        error = refusal(Api(remote.url, {}, sleep=naps))
    assert (error.code, error.params) == ("connector_slow_down", {"host": "127.0.0.1", "seconds": 1242})
    assert naps == []


def test_a_program_that_keeps_failing_is_unreachable() -> None:
    naps = Naps()
    with serving(lambda _: Answer(status=503)) as remote:
        error = refusal(Api(remote.url, {}, sleep=naps))
    assert (error.code, error.params["reason"]) == ("connector_unreachable", "HTTP 503")
    assert len(remote.asked) == http.TRIES
    with serving(lambda _: Answer(status=429)) as remote:
        assert refusal(Api(remote.url, {}, sleep=naps)).code == "connector_slow_down"


def test_nobody_there() -> None:
    with serving(echo) as remote:
        url = remote.url
    error = refusal(Api(url, {}, sleep=Naps()))
    assert (error.code, error.params["reason"]) == ("connector_unreachable", "Connection refused")


def test_an_answer_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.2)

    def silent(_: Asked) -> Answer:
        return Answer(raw=b"{", headers={"Content-Length": "10"})

    with serving(silent) as remote:
        error = refusal(Api(remote.url, {}, sleep=Naps()))
    assert (error.code, error.params["reason"]) == ("connector_unreachable", "time-out")


@pytest.mark.parametrize("status", [401, 403])
def test_refused_with_the_programs_own_words(status: int) -> None:
    with serving(lambda _: Answer({"error": {"code": status, "message": "Access\n denied"}}, status)) as remote:
        error = refusal(Api(remote.url, {}, sleep=Naps()))
    assert (error.code, error.params) == (
        "connector_refused",
        {"host": "127.0.0.1", "status": status, "detail": "Access denied"},
    )
    assert len(remote.asked) == 1


def test_redirects_are_never_followed() -> None:
    with serving(echo) as elsewhere, serving(lambda _: Answer(status=302, headers={"Location": elsewhere.url})) as remote:
        error = refusal(Api(remote.url, {"X-Key": KEY}, sleep=Naps()))
    assert error.code == "connector_answer"
    assert elsewhere.url in str(error.params["detail"])
    assert elsewhere.asked == []


@pytest.mark.parametrize("raw", [b"<html>hello</html>", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with serving(lambda _: Answer(raw=raw, headers={"Content-Type": "text/html"})) as remote:
        error = refusal(Api(remote.url, {}, sleep=Naps()))
    assert (error.code, error.params["detail"]) == ("connector_answer", "HTTP 200, text/html")


def test_an_answer_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER", 1024 * 1024)
    with serving(lambda _: Answer(raw=b"[" + b"1," * 1024 * 1024 + b"1]")) as remote:
        assert refusal(Api(remote.url, {}, sleep=Naps())).params["detail"] == "> 1 MiB"


def test_absent_is_only_what_was_said_may_be() -> None:
    with serving(lambda _: Answer({"error": {"message": "No invoice"}}, 404)) as remote:
        api = Api(remote.url, {}, sleep=Naps())
        assert api.get("/x", absent=[]) == []
        assert refusal(api).params["detail"] == "HTTP 404 No invoice"
        api.close()


def test_only_reading_paths_may_be_posted_to() -> None:
    with serving(echo) as remote:
        for api in (Api(remote.url, {}), Api(remote.url, {}, reads=re.compile("/read"))):
            with pytest.raises(ValueError, match="not a reading path"):
                api.post("/write", {})
    assert remote.asked == []
    assert {name for name in vars(Api) if not name.startswith("_")} == {"get", "post", "close", "error"}


@pytest.mark.parametrize(
    "url",
    ["ftp://x.example", "file:///etc/passwd", "https://", "https://user:pw@x.example", "https://x.example/?a=1",
     "https://x.example:99999", "https://x\n.example", "https://x.example\\@evil.example"],
)  # fmt: skip
def test_odd_addresses_are_refused(url: str) -> None:
    with pytest.raises(DomainError, match="connector_setting"):
        Api(url, {})


def test_a_header_cannot_be_smuggled_in() -> None:
    with pytest.raises(DomainError, match="connector_setting"):
        Api("https://x.example", {"X-Key": "a\r\nX-Other: b"})


def test_plain_http_only_inside_the_local_network() -> None:
    assert refusal(Api("http://93.184.216.34", {}, sleep=Naps())).code == "connector_plain"


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's TLS with a certificate of its own making, and that certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "house")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context, pem.decode()


def test_certificates_are_verified_and_a_house_authority_can_be_named(tmp_path: Path) -> None:
    tls, pem = certificate(tmp_path)
    with serving(echo, tls) as remote:
        error = refusal(Api(remote.url, {"X-Key": KEY}, sleep=Naps()))
        assert error.code == "connector_unreachable"
        assert str(error.params["reason"]).startswith("TLS: self-signed certificate")
        assert remote.asked == []
        api = Api(remote.url, {}, ca=pem)
        assert api.get("/x") == {"path": "/x"}
        api.close()
    with pytest.raises(DomainError, match="connector_setting"):
        Api("https://x.example", {}, ca="-----BEGIN nonsense")


@pytest.mark.parametrize(
    ("kind", "settings", "missing"),
    [
        ("odoo", {"url": "https://x.example"}, "database"),
        ("dolibarr", {}, "url"),
        ("erpnext", {"url": "https://x.example", "key": "k"}, "company"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_sent(kind: str, settings: dict[str, str], missing: str) -> None:
    with pytest.raises(DomainError) as caught:
        connectors.make(kind, settings, KEY)
    assert (caught.value.code, caught.value.params) == ("connector_setting", {"name": missing})
    with pytest.raises(DomainError):
        connectors.make(kind, dict.fromkeys(("url", "database", "key", "company"), "https://x.example"), " ")
