"""Files on an SFTP server: its key, what lies in a folder, fetching a file, moving it out of the way.

The server's key is pinned: the first check shows it to a person, from then on another key is refused before anything of
ours (user, password) is sent. Every step has a time limit; nothing is read from this machine's own SSH settings."""

from __future__ import annotations

import asyncio
import hashlib
import os
import posixpath
import stat
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from integrations.files import too_large
from integrations.folders import MOST, Changed, Found, is_ignored, numbered
from rules.errors import DomainError

Answer = TypeVar("Answer")
BLOCK = 256 * 1024
SLOWEST = 50_000  # bytes a second: a transfer slower than that is given up


@dataclass(frozen=True, slots=True)
class Server:
    """How to reach a folder on a server. `secret`: the password, or a private key in PEM or OpenSSH form.
    `host_key`: the pinned key, one line as in known_hosts ("ssh-ed25519 AAAA…"); "" before the first check."""

    host: str
    port: int
    user: str
    secret: str
    folder: str = "."
    host_key: str = ""
    timeout: float = 20

    @property
    def with_key(self) -> bool:
        return "PRIVATE KEY-----" in self.secret


def host_key(server: Server) -> str:
    """The key the server shows now; nothing of ours is sent. Errors: sftp_unreachable."""
    return _run(server, _host_key(server))


def fingerprint(key: str) -> str:
    """A key as people compare it: SHA256:… Errors: sftp_key_unreadable."""
    import asyncssh

    try:
        return str(asyncssh.import_public_key(key).get_fingerprint())
    except (asyncssh.KeyImportError, ValueError) as error:
        raise DomainError("sftp_key_unreadable") from error


def listing(server: Server) -> list[Found]:
    """The plain files of the folder that are not ignored, by time and name. Errors: as `_session`."""
    return _run(server, _listing(server))


def fetch(server: Server, file: Found, target: Path, max_bytes: int) -> str:
    """Copy one file here and give its SHA-256. Raises `Changed` when it is no longer what was listed; Errors: file_too_large
    and those of `_session`."""
    if file.size > max_bytes:
        raise too_large(file.size, max_bytes)
    return _run(server, _fetch(server, file, target), file.size / SLOWEST)


def move(server: Server, file: Found, folder: str) -> str:
    """Move a file into a folder beside it, under a name that is free; its name there. One that is gone already is no error.
    Raises `Changed` when another file lies under the name by now: it stays."""
    return _run(server, _move(server, file, folder))


def _run(server: Server, work: Awaitable[Answer], more: float = 0) -> Answer:
    """One conversation with the server, in a loop of its own and within its time."""
    import asyncssh

    async def limited() -> Answer:
        return await asyncio.wait_for(work, 3 * server.timeout + more)

    try:
        return asyncio.run(limited())
    except asyncssh.HostKeyNotVerifiable as error:
        raise DomainError("sftp_key_changed", host=server.host) from error
    except asyncssh.PermissionDenied as error:
        raise DomainError("sftp_sign_in_refused", host=server.host, user=server.user) from error
    except asyncssh.SFTPError as error:
        raise DomainError("sftp_answer", host=server.host, answer=_text(error.reason)) from error
    except TimeoutError as error:
        raise DomainError("sftp_slow", host=server.host) from error
    except (OSError, asyncssh.Error) as error:
        number = (error.errno or 0) if isinstance(error, OSError) else 0
        reason = os.strerror(number) if number > 0 else str(error)
        raise DomainError("sftp_unreachable", host=server.host, port=server.port, answer=_text(reason)) from error


def _text(answer: object) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in str(answer))[:200].strip()


async def _host_key(server: Server) -> str:
    import asyncssh

    wanted = asyncssh.get_server_host_key(server.host, server.port, config=None)
    key = await asyncio.wait_for(wanted, server.timeout)
    if key is None:
        raise DomainError("sftp_unreachable", host=server.host, port=server.port, answer="")
    return str(key.export_public_key("openssh").decode().strip())


@asynccontextmanager
async def _session(server: Server) -> AsyncIterator[Any]:
    """A signed-in session in the folder. Errors: sftp_key_unknown, sftp_key_changed, sftp_sign_in_refused, sftp_unreachable,
    sftp_slow, sftp_answer, sftp_secret_unreadable."""
    import asyncssh

    if not server.host_key:
        raise DomainError("sftp_key_unknown", host=server.host)
    keys: list[Any] | None = None
    if server.with_key:
        try:
            keys = [asyncssh.import_private_key(server.secret)]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
            raise DomainError("sftp_secret_unreadable") from error
    pinned = asyncssh.import_public_key(server.host_key)
    async with (
        asyncssh.connect(
            server.host,
            server.port,
            username=server.user,
            password=None if server.with_key else server.secret,
            client_keys=keys,
            known_hosts=([pinned], [], []),
            server_host_key_algs=_algorithms(server.host_key),
            agent_path=None,
            config=None,
            connect_timeout=server.timeout,
            login_timeout=server.timeout,
            keepalive_interval=server.timeout,
        ) as connection,
        connection.start_sftp_client() as sftp,
    ):
        await asyncio.wait_for(sftp.chdir(server.folder or "."), server.timeout)
        yield sftp


def _algorithms(key: str) -> list[str]:
    """How the pinned kind of key may sign: a server with several keys must show that one."""
    kind = key.split(" ", 1)[0]
    return ["rsa-sha2-512", "rsa-sha2-256"] if kind == "ssh-rsa" else [kind]


async def _listing(server: Server) -> list[Found]:
    found = []
    async with _session(server) as sftp:
        async for entry in sftp.scandir("."):
            name, about = entry.filename, entry.attrs
            if isinstance(name, bytes) or is_ignored(name) or "/" in name or not _is_plain(about):
                continue
            found.append(Found(int(about.mtime or 0), name, int(about.size or 0)))
            if len(found) > MOST:
                raise DomainError("sftp_too_many", value=MOST)
    return sorted(found)


def _is_plain(about: Any) -> bool:
    if about.permissions is not None:
        return stat.S_ISREG(about.permissions)
    return bool(about.type == 1)  # FILEXFER_TYPE_REGULAR


async def _fetch(server: Server, file: Found, target: Path) -> str:
    digest, size = hashlib.sha256(), 0
    async with _session(server) as sftp:
        await _same(sftp, file)
        async with sftp.open(file.name, "rb") as source:
            with target.open("xb") as copied:
                target.chmod(0o600)
                while block := await asyncio.wait_for(source.read(BLOCK), server.timeout):
                    size += len(block)
                    if size > file.size:
                        raise Changed(file.name)
                    digest.update(block)
                    copied.write(block)
        await _same(sftp, file)
    if size != file.size:
        raise Changed(file.name)
    return digest.hexdigest()


async def _same(sftp: Any, file: Found) -> None:
    about = await sftp.lstat(file.name)
    if not _is_plain(about) or (int(about.mtime or 0), int(about.size or 0)) != (file.modified, file.size):
        raise Changed(file.name)


async def _move(server: Server, file: Found, folder: str) -> str:
    async with _session(server) as sftp:
        if not await sftp.lexists(file.name):
            return file.name
        await _same(sftp, file)
        await sftp.makedirs(folder, exist_ok=True)
        for number in range(1, MOST):
            free = file.name if number == 1 else numbered(file.name, number)
            if not await sftp.lexists(posixpath.join(folder, free)):
                await sftp.rename(file.name, posixpath.join(folder, free))
                return free
    raise DomainError("sftp_too_many", value=MOST)


__all__ = ["Server", "fetch", "fingerprint", "host_key", "listing", "move"]
