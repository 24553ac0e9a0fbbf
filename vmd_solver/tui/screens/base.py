"""What screens share: the application, a line of words, work in threads; and dialogs."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen, ScreenResultType
from textual.widgets import Checkbox, Static
from textual.widgets.option_list import Option
from textual.worker import Worker, get_current_worker

from vmd_solver.errors import VmdError

if TYPE_CHECKING:
    from vmd_solver.tui.app import PlayApp


def cancelled() -> bool:
    """In a task of `AppScreen.in_thread`: whether its result is no longer wanted."""
    return get_current_worker().is_cancelled


class AppScreen(Screen[ScreenResultType]):
    """A screen of vmd-play."""

    app: PlayApp

    def typed(self, event: events.Key) -> bool:
        """Take a key that stands for something to be written; False where it does not."""
        return False

    def settings_changed(self) -> None:
        """Show what there is by the settings as they are now."""

    def say(self, text: str, where: str = "message") -> None:
        """Put a text in the Static of this name."""
        self.query_one(f"#{where}", Static).update(text)

    def in_thread(
        self,
        task: Callable[[], None],
        failed: Callable[[str], None],
        group: str,
        exclusive: bool = True,
    ) -> Worker[None]:
        """Run a task in a thread; `failed` gets the message of a VmdError that ended it.

        With `exclusive` another task of the group is cancelled first.
        """

        def work() -> None:
            try:
                task()
            except VmdError as error:
                self.report(failed, str(error))

        return self.run_worker(work, group=group, exclusive=exclusive, thread=True)

    def report(self, handler: Callable[..., None], *values: object) -> None:
        """From a task have `handler` called here, unless that is cancelled before its turn comes.

        Raises CancelledError, which ends the task, if it is already.
        """
        worker = get_current_worker()
        if worker.is_cancelled:
            raise CancelledError
        self.call_later(lambda: None if worker.is_cancelled else handler(*values))


class Dialog(ModalScreen[ScreenResultType | None], AppScreen[ScreenResultType | None]):
    """A box before another screen; gives None where it was left.

    TITLE stands on the upper edge and SUB_TITLE, the keys, on the lower one; `contents` fills it.
    """

    BINDINGS = [("escape", "leave", "Close")]  # noqa: RUF012
    SUB_TITLE = "esc"
    SCROLLED_BY_KEYS = False
    """Whether the box itself takes the keys; else something in it does."""

    def contents(self) -> ComposeResult:
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        box = VerticalScroll(classes="dialog--box", can_focus=self.SCROLLED_BY_KEYS)
        box.border_title, box.border_subtitle = self.title, self.sub_title
        with box:
            yield from self.contents()

    def action_leave(self) -> None:
        self.dismiss(None)


class Toggle(Checkbox):
    """A check box that shows without colour whether it is on."""

    @property
    def BUTTON_INNER(self) -> str:  # type: ignore[override]
        return "X" if self.value else " "


def message(name: str = "message", text: str = "") -> Static:
    """Where `AppScreen.say` puts a text: plain, since names of files may look like markup."""
    return Static(text, id=name, markup=False)


def heading(text: str, above: str = "") -> Option:
    """A line between options, with what is to stand above it."""
    return Option(Text.assemble(above, (text, "bold underline")), disabled=True)


def row(*parts: str, shares: Sequence[int]) -> Table:
    """A line of an option list, in columns with these shares of the width; the last to the right.

    What has no room is cut.
    """
    line = Table.grid(expand=True, padding=(0, 1, 0, 0))
    for share in shares:
        line.add_column(ratio=share, no_wrap=True, overflow="ellipsis")
    line.columns[-1].justify = "right"
    line.add_row(*map(Text, parts))
    return line
