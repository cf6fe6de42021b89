"""Schemathesis against the served OpenAPI document, every check on; `make fuzz` does more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.make import Brand, Service

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("HONGQUN_FUZZ_EXAMPLES", "3")


@pytest.mark.parametrize("phases", ["examples,coverage", "fuzzing", "stateful"])
def test_answers_are_as_the_document_says(
    phases: str, service: Service, brand: Brand, tmp_path: Path
) -> None:
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(CONFIG)),
        *("run", f"{service.base}/schema/openapi.json", "--phases", phases, "--checks", "all"),
        *("--max-examples", EXAMPLES, "--continue-on-failure", "--no-shrink"),
        *("--header", f"Authorization: Bearer {brand.key}", "--request-timeout", "60"),
    ]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    lines = [line[:300] for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, "\n".join([*lines[-200:], ran.stderr[-2000:]])
    assert any("generated" in line for line in lines), lines
