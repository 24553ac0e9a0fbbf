"""What all screens have: the application that they belong to, and work in threads beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.screen import Screen, ScreenResultType
from textual.worker import Worker, get_current_worker

from vmd_solver.errors import VmdError

if TYPE_CHECKING:
    from vmd_solver.tui.app import PlayApp


class Cancelled(Exception):
    """The result of a task is no longer wanted."""


class Run:
    """One task in a thread, as the task sees it."""

    def __init__(self, screen: Screen[Any], worker: Worker[None]) -> None:
        self._screen, self._worker = screen, worker

    def cancelled(self) -> bool:
        """Whether the result is no longer wanted."""
        return self._worker.is_cancelled

    def report(self, handler: Callable[..., None], *values: object) -> None:
        """Have the screen call `handler`, unless the task is cancelled before its turn comes.

        Raises Cancelled, which ends the task, if it is already.
        """
        if self.cancelled():
            raise Cancelled
        self._screen.call_later(self._deliver, handler, *values)

    def _deliver(self, handler: Callable[..., None], *values: object) -> None:
        if not self.cancelled():
            handler(*values)


class AppScreen(Screen[ScreenResultType]):
    """A screen of vmd-play."""

    app: PlayApp

    def in_thread(
        self,
        task: Callable[[Run], None],
        failed: Callable[[str], None],
        group: str,
        exclusive: bool = True,
    ) -> Worker[None]:
        """Run a task in a thread; `failed` gets the message of a VmdError that ended it.

        With `exclusive` another task of the group is cancelled first.
        """

        def work() -> None:
            run = Run(self, get_current_worker())
            try:
                task(run)
            except Cancelled:
                return
            except VmdError as error:
                if not run.cancelled():
                    run.report(failed, str(error))

        return self.run_worker(work, group=group, exclusive=exclusive, thread=True)
