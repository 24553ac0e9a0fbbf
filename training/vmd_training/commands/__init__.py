"""The commands of `vmd-train` beside training itself, a module each."""
