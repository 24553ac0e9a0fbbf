"""What a model can do, measured through the engine that people use: `vmd-train eval`.

`sets` makes and reads the puzzles, `models` opens what is compared, `bench` runs the engine and
counts; `solving`, `boards` and `network` hold the questions; `report` runs the chosen ones, saves
what is done, and writes it all down.
"""
