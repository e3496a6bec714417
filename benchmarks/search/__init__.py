"""The quality of the search: tunesmith and other libraries on tables, surrogates and real trainings."""
