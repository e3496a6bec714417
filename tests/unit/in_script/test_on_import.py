import subprocess
import sys
import textwrap
from pathlib import Path

import tunesmith.in_script

STARTUP = str(Path(tunesmith.in_script.__file__).parent)


def run(folder: Path, script: str) -> str:
    """The output of a script that may use `on_import`, in a folder with a module `late` and a package `pkg`."""
    (folder / "late.py").write_text("print('late')\nVALUE = 1\n")
    (folder / "pkg").mkdir()
    (folder / "pkg" / "__init__.py").write_text("print('pkg')\n")
    (folder / "pkg" / "inner.py").write_text("print('inner')\n")
    text = f"import sys\nsys.path.insert(0, {STARTUP!r})\nfrom on_import import on_import\n" + textwrap.dedent(script)
    (folder / "script.py").write_text(text)
    done = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def test_functions_are_called_once_as_the_script_imports_a_module(tmp_path):
    printed = run(
        tmp_path,
        """
        def broken(module):
            raise RuntimeError
        on_import("late", broken)
        on_import("late", lambda module: print("called", module.VALUE, type(module.__loader__).__name__))
        on_import("pkg.inner", lambda module: print("called", module.__name__))
        on_import("not_there", print)
        on_import("sys", lambda module: print("imported before"))
        print("nothing yet")
        import pkg.inner
        import late
        import late
        try:
            import not_there
        except ImportError:
            print("not there")
        """,
    )
    assert printed.split("\n") == [
        *("imported before", "nothing yet", "pkg", "inner", "called pkg.inner", "late"),
        *("called 1 SourceFileLoader", "not there", ""),
    ]
