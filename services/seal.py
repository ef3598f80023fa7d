"""Secrets at rest: sealed with the instance's key, which never enters the database."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from rules.errors import DomainError


def _box(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"encours seal\0" + key.encode()).digest()))


def seal(secret: str, key: str) -> str:
    """The secret as it may be stored; "" stays "". `key` is the instance's."""
    return _box(key).encrypt(secret.encode()).decode() if secret else ""


def unseal(sealed: str, key: str) -> str:
    """The secret again. Raises `DomainError` seal_broken when it was sealed with another key."""
    if not sealed:
        return ""
    try:
        return _box(key).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise DomainError("seal_broken") from None
