"""What all connectors share: errors in one vocabulary whatever the program answers, and the window of history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, ClassVar, TypeVar

from integrations.connectors.base import Cursor, Health, Pull
from integrations.connectors.http import Api
from integrations.connectors.values import Odd, months_before, number

HISTORY_MONTHS = 12
MAX_LINES = 500_000

T = TypeVar("T")


class Program:
    """A connector to one kind of program; kinds give `_check` and `_pull`."""

    name: ClassVar[str]
    api: Api
    settings: dict[str, Any]

    def check(self) -> Health:
        """That the program can be reached, lets us in and shows what is needed; raises `DomainError`."""
        return self._told(self._check)

    def pull(self, since: Cursor, today: date) -> Pull:
        """The ledger as it is now, complete for what is open `today`; raises `DomainError` and then gives nothing."""
        return self._told(lambda: self._pull(since, today))

    def _check(self) -> Health:
        raise NotImplementedError

    def _pull(self, since: Cursor, today: date) -> Pull:
        raise NotImplementedError

    def _told(self, work: Callable[[], T]) -> T:
        """An answer of the wrong shape is the program's error, not a crash of ours."""
        try:
            return work()
        except Odd as error:
            raise self.api.error("connector_answer", detail=str(error)) from None
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise self.api.error("connector_answer", detail=f"{type(error).__name__}: {error}"[:200]) from error
        finally:
            self.api.close()

    def _since(self, today: date) -> date:
        """The day from which settled invoices are read at the first pull."""
        said = self.settings.get("history_months")
        return months_before(today, HISTORY_MONTHS if said in (None, "") else number(said))


def chunks(values: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most so many values."""
    found: list[T] = []
    for value in values:
        found.append(value)
        if len(found) == size:
            yield found
            found = []
    if found:
        yield found


def rows_of(found: Any) -> list[dict[str, Any]]:
    """A list of objects, or `Odd`."""
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Odd("a list was expected")
    return found
