"""Boards drawn: as text for terminals, as SVG, HTML and PDF for paper, as replays of a run.

`geometry` has all positions, once. Colours and styles come in as parameters. Nothing
here knows a widget, a command or a colour theme, nor how a puzzle is made, played or solved.
"""
