"""The models and acquisition functions that proposers compute with."""
