"""What a model can do, measured through the engine that people use: `vmd-train eval`.

`sets` makes and reads the puzzles, `models` opens what is compared, `bench` runs the engine and
counts, `sections` hold one question each, `tables` and `plots` show the answers, and `report` runs
what is asked for, keeps what is done, and writes it all down.
"""
