"""How well the search finds: tunesmith beside its peers on tables, surrogates and real trainings."""
