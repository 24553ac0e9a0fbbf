"""What a model can do, measured through the engine that people use: `vmd-train eval`.

`sets` makes and reads the puzzles, `models` opens what is compared, `bench` runs the engine and
counts, `sections` hold the questions, and `report` runs the chosen ones, saves what is done, and
writes it all down with the tables and plots of the folder above.
"""
