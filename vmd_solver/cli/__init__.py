"""The commands. Presentation and nothing else: no search, no network, no rules of puzzles."""
