"""One page of a list, as the pager shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, from 1; `number` may be past the end, then there are no rows."""

    rows: Sequence[T]
    total: int
    number: int = 1
    size: int = PER_PAGE
    first: int = field(init=False)
    last: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", (self.number - 1) * self.size + 1 if self.rows else 0)
        object.__setattr__(self, "last", (self.number - 1) * self.size + len(self.rows) if self.rows else 0)

    @property
    def prev_num(self) -> int | None:
        return min(self.number - 1, self.pages) if self.number > 1 else None

    @property
    def next_num(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))
