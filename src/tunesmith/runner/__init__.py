"""The runner: drives a study from its first trial to its last."""
