from __future__ import annotations

import os
import pkgutil
import subprocess
import sys

import collapse_lab.metrics

MODULES = sorted(module.name for module in pkgutil.iter_modules(collapse_lab.metrics.__path__, "collapse_lab.metrics."))


def test_no_module_imports_what_is_heavy() -> None:
    code = (
        f"import sys, importlib; [importlib.import_module(name) for name in {[*MODULES, 'collapse_lab.measures']}];"
        "print([m for m in ('torch', 'numpy', 'scipy', 'sklearn', 'statsmodels', 'pandas') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
