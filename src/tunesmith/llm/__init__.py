"""Language models: endpoints, API keys, prices and budgets, and answers of a requested type.

The only package that imports pydantic-ai, and only once a model is used. It knows nothing of trials.
"""
