"""Language models: whom to ask and with which token, what it may cost, and answers that can be relied on.

Nothing here knows of trials. The only place that imports pydantic-ai, and not before somebody asks.
"""
