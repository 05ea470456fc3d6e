"""Arrays, frames and tensors: shown by their own library's short representation, with their shape and type.

They are recognised by the name of their type, so nothing is imported. Their representations are code of the library,
which would show what their cells hold: they are asked only where the cells are plain data.
"""

from __future__ import annotations

from keeptrace.record import classes, raw, shown

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from keeptrace.record.raw import Record
    from keeptrace.record.recorder import Recorder


def kind_of(cls: type, module: str) -> Callable[[Recorder, Any, int], Record] | None:
    """Return the kind of a type that a known library defines, by its module and name."""
    library = module.partition(".")[0]
    if library not in LIBRARIES:
        return None
    name = raw.class_name(cls)
    if not raw.is_found(cls, module, name):
        return None
    if library == "numpy" and any(raw.class_name(base) == "generic" for base in raw.class_mro(cls)):
        return scalar
    return array if (library, name) in IS_PLAIN else None


def array(recorder: Recorder, obj: Any, depth: int) -> Record:
    """Return the record of an array-like: shape, type, and the library's own short representation."""
    cls = type(obj)
    name = raw.class_name(cls)
    facts, error = recorder.foreign.call(facts_of, obj, IS_PLAIN[raw.class_module(cls).partition(".")[0], name])
    if error is not None:
        facts, text = {}, f"<{name}: its representation failed, {type(error).__name__}>"
    else:
        text = shown.cut(facts.pop("text"), recorder.settings.limits.text)
    return "object", classes.opened(recorder, cls, 0), None, recorder.mapping(facts.items(), 2), text


def facts_of(obj: Any, is_plain: Callable[[Any], bool]) -> dict[str, Any]:
    facts: dict[str, Any] = {"shape": tuple(map(int, obj.shape))}
    for name in ("dtype", "dtypes", "device"):
        if hasattr(obj, name):
            facts[name] = described(getattr(obj, name))
    if hasattr(obj, "columns"):
        facts["columns"] = [name if raw.is_atom(name) else str(name) for name in obj.columns]
    described_type = facts.get("dtype") or facts.get("dtypes")
    outline = f"<{type(obj).__name__} of shape {facts['shape']}, {described_type}>"
    facts["text"] = repr(obj) if is_plain(obj) else outline
    return facts


def described(dtype: Any) -> Any:
    """Return a type, or the types of columns, as text."""
    if hasattr(dtype, "items"):
        return {str(name): str(one) for name, one in dtype.items()}
    return [str(one) for one in dtype] if isinstance(dtype, list) else str(dtype)


def scalar(recorder: Recorder, obj: Any, depth: int) -> Record:
    """Return the record of a numpy scalar: a mock that shows itself, and is a number where numpy's is one."""
    content = classes.shape(recorder, type(obj)).content
    text, error = recorder.foreign.call(repr, obj)
    state = {} if type(obj).__name__ in ("object_", "void") else {"value": recorder.value(obj.item(), 1)}
    cls = classes.opened(recorder, type(obj), 0)
    return "object", cls, classes.content_of(recorder, content, obj, 0), state, text if error is None else None


def plain_column(column: Any) -> bool:
    return str(column.dtype) != "object" or raw.are_atoms(column.array)


def plain_frame(obj: Any) -> bool:
    return all(plain_column(obj.iloc[:, number]) for number in range(obj.shape[1])) and plain_index(obj)


def plain_index(obj: Any) -> bool:
    return str(obj.index.dtype) != "object" or raw.are_atoms(obj.index)


IS_PLAIN: dict[tuple[str, str], Callable[[Any], bool]] = {
    ("numpy", "ndarray"): lambda obj: not obj.dtype.hasobject,
    ("pandas", "DataFrame"): plain_frame,
    ("pandas", "Series"): lambda obj: plain_column(obj) and plain_index(obj),
    ("polars", "DataFrame"): lambda obj: "Object" not in map(str, obj.dtypes),
    ("polars", "Series"): lambda obj: str(obj.dtype) != "Object",
    ("torch", "Tensor"): lambda obj: str(obj.device) == "cpu",
}
LIBRARIES = frozenset(library for library, _ in IS_PLAIN)
