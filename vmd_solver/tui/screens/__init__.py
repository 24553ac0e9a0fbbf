"""The screens, and the dialogs before them."""
