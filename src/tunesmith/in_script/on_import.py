"""Post-import hooks. A hook runs once the script has imported a module; it never triggers the import."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # As in the module typing, which takes long to import.
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

_calls: dict[str, list[Callable[[ModuleType], None]]] = {}


def on_import(name: str, call: Callable[[ModuleType], None]) -> None:
    """Call a function with a module once that has been executed; at once if it is imported already.

    What the function raises is dropped.

    Args:
        name: The module's full name, as `torch.utils.tensorboard`.
        call: Called with the module.
    """
    module = sys.modules.get(name)
    if module is not None and not getattr(getattr(module, "__spec__", None), "_initializing", False):
        _called(call, module)
        return
    _calls.setdefault(name, []).append(call)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _called(call: Callable[[ModuleType], None], module: ModuleType) -> None:
    try:  # noqa: SIM105  (contextlib takes long to import)
        call(module)
    except Exception:  # A hook that fails is skipped, so that the script still runs.
        pass


class _Finder:
    """Finds the modules that functions wait for as Python would, and gives them a loader that calls the functions."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _calls:
            return None
        for finder in [finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec")]:
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                break
        else:
            return None
        if spec.loader is None or not hasattr(spec.loader, "exec_module"):
            return spec
        spec.loader = _Loader(spec.loader)  # type: ignore[assignment]  # importlib.abc takes long to import.
        return spec


class _Loader:
    """Loads a module as its own loader would, then calls the functions that wait for it."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The module keeps its own loader: libraries ask it for sources and data.
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        for call in _calls.pop(module.__name__, []):
            _called(call, module)
