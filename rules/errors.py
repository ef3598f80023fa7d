"""Errors of the domain: a code and its parameters, never a sentence.

The sentence is made where the reader's language is known (`services.wording`)."""

from __future__ import annotations


class DomainError(Exception):
    """Something the user asked for cannot be done; `code` names why, `params` where and with what."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return f"{self.code} {self.params}" if self.params else self.code

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross the border of the parsing process, with their parameters.
        return (_rebuild, (type(self), self.code, self.params))


def _rebuild(kind: type[DomainError], code: str, params: dict[str, object]) -> DomainError:
    return kind(code, **params)
