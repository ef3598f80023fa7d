"""A real SFTP server on a port of this machine, in a thread of its own; it notes who tried to sign in."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import TracebackType

import asyncssh

PASSWORD = "quai du Wault"


class RealServer:
    """Serves `root` to the user encours, by password or by `private_key`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tried: list[str] = []
        self._host = asyncssh.generate_private_key("ssh-ed25519")
        self._client = asyncssh.generate_private_key("ssh-ed25519")
        self.fingerprint = self._host.get_fingerprint()
        self.private_key = self._client.export_private_key().decode()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> RealServer:
        self._thread.start()
        self._listener = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = int(self._listener.get_port())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        outer = self

        class Door(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                outer.tried.append(password)
                return (username, password) == ("encours", PASSWORD)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                return username == "encours" and key == outer._client.convert_to_public()

        root = str(self.root).encode()
        return await asyncssh.create_server(
            Door, "127.0.0.1", 0, server_host_keys=[self._host],
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=root),
        )  # fmt: skip

    async def _end(self) -> None:
        self._listener.close()
        await self._listener.wait_closed()
        others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in others:
            one.cancel()
        await asyncio.gather(*others, return_exceptions=True)
