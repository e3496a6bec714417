"""Language models that advise, judge, coordinate and explain a study.

Read `roles/__init__.py` first (each role's trigger, input, answer and checks), then `adviser.py` (how ideas become
advice), `gateway.py` (how a study asks its model), `study_summary.py` and `tools.py` (what a model sees).
"""
