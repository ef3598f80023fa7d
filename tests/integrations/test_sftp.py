"""Files on a real SFTP server on this machine: its key is pinned, files are fetched whole, moved, never overwritten."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from integrations import sftp
from integrations.folders import Changed
from integrations.sftp import Server
from rules.errors import DomainError
from tests.integrations.sftp_server import PASSWORD, RealServer


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RealServer]:
    (tmp_path / "root/out").mkdir(parents=True)
    with RealServer(tmp_path / "root") as server:
        yield server


@pytest.fixture
def server(running: RealServer) -> Server:
    bare = Server("127.0.0.1", running.port, "encours", PASSWORD, "out", timeout=5)
    return replace(bare, host_key=sftp.host_key(bare))


def code(error: pytest.ExceptionInfo[DomainError]) -> str:
    return error.value.code


def test_the_key_of_the_server_is_shown_before_anything_is_sent(running: RealServer):
    bare = Server("127.0.0.1", running.port, "encours", PASSWORD, "out", timeout=5)
    key = sftp.host_key(bare)
    assert key.startswith("ssh-ed25519 ") and sftp.fingerprint(key) == running.fingerprint
    assert running.tried == []
    with pytest.raises(DomainError) as error:
        sftp.listing(bare)
    assert code(error) == "sftp_key_unknown"


def test_another_key_is_refused_and_learns_nothing(server: Server, running: RealServer, tmp_path: Path):
    with RealServer(tmp_path / "root") as other, pytest.raises(DomainError) as error:
        sftp.listing(replace(server, port=other.port))
    assert code(error) == "sftp_key_changed" and other.tried == []


def test_files_are_listed_fetched_and_moved_without_overwriting(server: Server, running: RealServer, tmp_path: Path):
    out = running.root / "out"
    (out / "b.txt").write_bytes(b"second" * 100_000)
    (out / "a.txt").write_bytes(b"first")
    for name in (".hidden", "c.part", "d.tmp"):
        (out / name).write_bytes(b"no")
    (out / "folder").mkdir()
    (out / "link.txt").symlink_to(out / "a.txt")
    found = {one.name: one for one in sftp.listing(server)}
    assert set(found) == {"a.txt", "b.txt"}
    target = tmp_path / "copy"
    assert sftp.fetch(server, found["b.txt"], target, 10**7) == hashlib.sha256(b"second" * 100_000).hexdigest()
    assert target.read_bytes() == b"second" * 100_000 and target.stat().st_mode & 0o777 == 0o600
    (out / "done").mkdir()
    (out / "done/a.txt").write_bytes(b"older")
    assert sftp.move(server, found["a.txt"], "done") == "a (2).txt"
    assert sftp.move(server, found["a.txt"], "done") == "a.txt"  # gone already
    assert (out / "done/a.txt").read_bytes() == b"older" and (out / "done/a (2).txt").read_bytes() == b"first"


def test_a_file_that_changed_since_it_was_listed_is_left(server: Server, running: RealServer, tmp_path: Path):
    path = running.root / "out/a.txt"
    path.write_bytes(b"half")
    [found] = sftp.listing(server)
    path.write_bytes(b"half and the rest")
    with pytest.raises(Changed):
        sftp.fetch(server, found, tmp_path / "copy", 10**7)


def test_too_large_is_refused_before_it_is_fetched(server: Server, running: RealServer, tmp_path: Path):
    (running.root / "out/a.txt").write_bytes(b"x" * 2000)
    [found] = sftp.listing(server)
    with pytest.raises(DomainError) as error:
        sftp.fetch(server, found, tmp_path / "copy", 1000)
    assert code(error) == "file_too_large" and not (tmp_path / "copy").exists()


def test_a_key_signs_in_instead_of_a_password(server: Server, running: RealServer):
    assert sftp.listing(replace(server, secret=running.private_key)) == []
    with pytest.raises(DomainError) as error:
        sftp.listing(replace(server, secret="-----BEGIN OPENSSH PRIVATE KEY-----\nnonsense\n"))
    assert code(error) == "sftp_secret_unreadable"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"secret": "wrong"}, "sftp_sign_in_refused"),
        ({"folder": "nowhere"}, "sftp_answer"),
        ({"port": 1}, "sftp_unreachable"),
    ],
)
def test_what_goes_wrong_is_said(server: Server, changes: dict[str, object], expected: str):
    with pytest.raises(DomainError) as error:
        sftp.listing(replace(server, **changes))
    assert code(error) == expected


def test_a_server_that_says_nothing_is_given_up(server: Server):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(DomainError) as error:
            sftp.listing(replace(server, port=silent.getsockname()[1], timeout=0.3))
    assert code(error) in ("sftp_slow", "sftp_unreachable")
