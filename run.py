"""Starts Encours: migrates, loads the demo company into an empty instance, then runs web server and worker together.

One process group: Ctrl-C or SIGTERM stops both, and when one of them dies the other is stopped too."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import config

M_ARENA_MAX = -8  # of mallopt(3): threads share two arenas instead of having one each
STOPS = (signal.SIGINT, signal.SIGTERM)
GRACE = 30  # seconds a process may take to finish what it is doing


def main() -> int:
    """Prepare, then serve until told to stop."""
    setting = config.settings()
    config.sqlite_library()
    if _taken(setting.host, setting.port):
        print(
            f"Port {setting.port} is taken. Stop the other program, or start with ENCOURS_PORT=8001 make run.", file=sys.stderr
        )
        return 1
    first = prepare()
    _warm_up()
    children = {name: _start(name) for name in ("web", "worker")}
    announce(setting, first)
    return _watch(children)


def prepare() -> bool:
    """Migrate (after a backup of the file) and fill an empty instance; True when it was empty."""
    setting = config.settings()
    database = setting.data / "encours.db"
    fresh = not database.exists()
    if not fresh:
        _back_up(database)
    _flask("db", "upgrade")
    if fresh and os.environ.get("ENCOURS_DEMO", "1") != "0":
        print("First start: the demo company is being made, half a minute …", flush=True)
        _make_demo(setting.data)
    elif not _has_users():
        code = setting.data / "setup-code.txt"
        if not code.exists():
            handle = os.open(code, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(9))
    return fresh


def _make_demo(data: Path) -> None:
    """The demo company whole, or an instance as empty as before: a half-made one would look like somebody's data."""
    try:
        _flask("demo", "--sign-ins")
    except BaseException:
        for path in data.glob("encours.db*"):
            path.unlink()
        raise


def announce(setting: config.Settings, first: bool) -> None:
    """Where to go and how to get in."""
    _wait_until_up(setting.host, setting.port)
    print(f"\n  Encours: {setting.base_url}", flush=True)
    code, demo = setting.data / "setup-code.txt", setting.data / "demo-sign-ins.txt"
    if code.exists():
        print(f"  First administrator: {setting.base_url}/setup?code={code.read_text(encoding='utf-8').strip()}")
    elif demo.exists():
        print("  Demo sign-ins:")
        print("".join(f"    {line}\n" for line in demo.read_text(encoding="utf-8").splitlines()), end="")
    print(f"  Data: {setting.data}\n  Ctrl-C stops it.\n", flush=True)


def serve_web() -> None:
    """The web server: waitress, one process."""
    import waitress

    from app import create_app

    setting = config.settings()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    waitress.serve(
        create_app(),
        host=setting.host,
        port=setting.port,
        threads=setting.server_threads,
        ident=None,
        max_request_body_size=setting.upload_limit,
        channel_timeout=60,
        **_behind_proxy(setting),
    )


def _behind_proxy(setting: config.Settings) -> dict[str, object]:
    """Behind a TLS proxy (base URL in https) the client's address comes from the proxy on this machine."""
    if not setting.https:
        return {}
    return {
        "trusted_proxy": os.environ.get("ENCOURS_TRUSTED_PROXY", "127.0.0.1"),
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        "clear_untrusted_proxy_headers": True,
    }


def serve_worker() -> None:
    """The worker: sends, syncs, decides; blocks until told to stop."""
    from app import create_app
    from tasks.queue import run_worker

    run_worker(create_app())


def _warm_up() -> None:
    """Load once what both halves need, so that they share its memory; keep the allocator from scattering."""
    import_module("app").create_app()
    import_module("tasks.queue")
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)
    gc.collect()
    gc.freeze()


def _start(name: str) -> int:
    """Fork a child that runs one half of the product."""
    halves: dict[str, Callable[[], None]] = {"web": serve_web, "worker": serve_worker}
    pid = os.fork()
    if pid:
        return pid
    try:
        halves[name]()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        sys.stdout.flush()
        os._exit(0)


def _watch(children: dict[str, int]) -> int:
    """Wait; pass a stop on to both; when one dies by itself, stop the other and say so."""
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True
        for pid in children.values():
            _kill(pid, signal.SIGTERM)

    for number in STOPS:
        signal.signal(number, stop)
    code, deadline = 0, None
    while children:
        pid, _status = os.waitpid(-1, os.WNOHANG)
        if pid:
            name = next(n for n, p in children.items() if p == pid)
            del children[name]
            if not stopping:
                print(f"The {name} process ended by itself; stopping.", file=sys.stderr)
                code = 1
                stop()
        if stopping and deadline is None:
            deadline = time.monotonic() + GRACE
        if deadline and time.monotonic() > deadline:
            for left in children.values():
                _kill(left, signal.SIGKILL)
        time.sleep(0.1)
    return code


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def _flask(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "flask", *arguments], check=True, env={**os.environ, "FLASK_APP": "app:create_app"})


def _has_users() -> bool:
    from app import create_app
    from extensions import db
    from models.sessions import any_user

    app = create_app()
    with app.app_context():
        found = any_user(db.session())
        db.session.remove()
        db.engine.dispose()
    return found


def _back_up(database: Path) -> None:
    """A consistent copy before an upgrade, the last three are kept."""
    library = config.sqlite_library()
    folder = database.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    if shutil.disk_usage(folder).free < database.stat().st_size * 2:
        print("No room for a backup before the start; none was made.", file=sys.stderr)
        return
    target = folder / f"before-start-{config.now():%Y%m%d-%H%M%S}.db"
    source, copy = library.connect(database), library.connect(target)  # type: ignore[attr-defined]
    source.backup(copy)
    copy.close()
    source.close()
    for old in sorted(folder.glob("before-start-*.db"))[:-3]:
        old.unlink()


def _taken(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _wait_until_up(host: str, port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1" if host == "0.0.0.0" else host, port)) == 0:
                return
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
