"""The benchmark's virtual environment, benchmarks/.venv: the pinned tools and libraries, installed once."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"


def folder() -> pathlib.Path:
    return HERE / ".venv" / f"{sys.version_info.major}.{sys.version_info.minor}"


def is_inside() -> bool:
    return pathlib.Path(sys.prefix).resolve() == folder().resolve()


def python() -> pathlib.Path:
    """Return the environment's interpreter, after installing what requirements.txt asks for if that has changed."""
    stamp, interpreter = folder() / "requirements.txt", folder() / "bin" / "python"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        print(f"installing the tools to compare with in {folder()}", file=sys.stderr)
        venv.create(folder(), clear=True, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
        subprocess.run([interpreter, *install], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return interpreter


def run_inside(arguments: list[str]) -> int:
    """Run `python -m benchmarks` in the environment, and return its exit status."""
    command = [str(python()), "-m", "benchmarks", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    return subprocess.run(command, env=variables, check=False).returncode
