"""Work beside a screen, in a thread. What it reports is handled by the screen, in turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from vmd_solver.errors import VmdError


class Run:
    """One task in a thread, as the task sees it."""

    def __init__(self, screen: Screen[Any], worker: Worker[None]) -> None:
        self._screen, self._worker = screen, worker

    def cancelled(self) -> bool:
        """Whether the result is no longer wanted."""
        return self._worker.is_cancelled

    def report(self, handler: Callable[..., None], *values: object) -> None:
        """Have the screen call `handler`, unless the task is cancelled before its turn comes."""
        self._screen.call_later(self._deliver, handler, *values)

    def _deliver(self, handler: Callable[..., None], *values: object) -> None:
        if not self.cancelled():
            handler(*values)


def in_thread(
    screen: Screen[Any],
    task: Callable[[Run], None],
    failed: Callable[[str], None],
    group: str,
    exclusive: bool = True,
) -> Worker[None]:
    """Run a task in a thread; `failed` gets the message of a VmdError that ended it.

    With `exclusive` another task of the group is cancelled first.
    """

    def work() -> None:
        run = Run(screen, get_current_worker())
        try:
            task(run)
        except VmdError as error:
            run.report(failed, str(error))

    return screen.run_worker(work, group=group, exclusive=exclusive, thread=True)
