"""A Python process that has imported what the command line uses, and forks for each call.

Importing is most of the time of a short call. A call is a line of JSON on the standard input, its exit status one on
the standard output.
"""

import gc
import importlib
import json
import os
import pkgutil
import runpy
import sys

PACKAGES = ("cli", "judges", "proposers", "pruners", "reports", "runner", "service", "study")


def main() -> None:
    """Serve calls until the standard input ends."""
    for package in PACKAGES:
        whole = importlib.import_module(f"tunesmith.{package}")
        for module in pkgutil.walk_packages(whole.__path__, f"{whole.__name__}."):
            importlib.import_module(module.name)
    gc.freeze()
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            become(json.loads(line))
            return
        print(json.dumps(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])), flush=True)


def become(call: dict) -> None:
    """Run `python -m tunesmith`, in a process of its own."""
    os.chdir(call["folder"])
    os.environ.clear()
    os.environ.update(call["environment"])
    for number, (path, flags) in enumerate([(os.devnull, os.O_RDONLY), *((p, os.O_WRONLY) for p in call["output"])]):
        opened = os.open(path, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  (what was read ahead belongs to the parent)
    sys.argv = ["tunesmith", *call["words"]]
    sys.path[0] = call["folder"]
    runpy.run_module("tunesmith", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
