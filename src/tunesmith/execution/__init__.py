"""Running one trial, as every executor does it: in this process, in a worker, or on another machine."""
