"""The graph that drives a study, and the roles in it.

To read in this order: `graph.py` (the nodes), `loop.py` (what happens in each), `coordinator.py` (when a study ends).
And where there is a language model: `roles/__init__.py` (who is asked when, and about what), `adviser.py` (whose ideas
become advice), `gateway.py` (how it is asked), `digest.py` and `tools.py` (what it sees).
"""
