"""Notebooks as the command of a trial: `python -m tunesmith.notebooks IN.ipynb OUT.ipynb` runs one to its end.

What cells print is printed, so that metrics are read from it. A cell that fails ends the run with its traceback. The
second file holds the notebook with its outputs as far as it has run; the first one is only read.
"""
