"""Schemathesis against the served OpenAPI document, every check on; `make fuzz` does more."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.api.schema import Document
from tests.make import Brand, Service

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = os.environ.get("HONGQUN_FUZZ_EXAMPLES", "3")
PARTS = 6
"""Into so many the operations are dealt out, for test processes to share them."""

pytestmark = pytest.mark.early


@pytest.mark.parametrize("part", range(PARTS))
def test_each_operation_answers_as_the_document_says(
    part: int, service: Service, brand: Brand, tmp_path: Path
) -> None:
    document = Document(httpx.get(f"{service.base}/schema/openapi.json", trust_env=False).json())
    names = sorted(operation["operationId"] for _, _, operation in document.operations())
    chosen = [word for name in names[part::PARTS] for word in ("--include-operation-id", name)]
    lines = answers(service, brand, tmp_path, "examples,coverage,fuzzing", *chosen)
    assert any(f"{len(chosen) // 2} selected / {len(names)} total" in line for line in lines), lines


def test_operations_that_follow_others_answer_as_the_document_says(
    service: Service, brand: Brand, tmp_path: Path
) -> None:
    answers(service, brand, tmp_path, "stateful")


def answers(service: Service, brand: Brand, folder: Path, phases: str, *chosen: str) -> list[str]:
    """What Schemathesis says, which must have found nothing wrong."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(CONFIG)),
        *("run", f"{service.base}/schema/openapi.json", "--phases", phases, "--checks", "all"),
        *("--max-examples", EXAMPLES, "--continue-on-failure", "--no-shrink", *chosen),
        *("--header", f"Authorization: Bearer {brand.key}", "--request-timeout", "60"),
    ]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    lines = [line[:300] for line in ran.stdout.splitlines()]
    assert ran.returncode == 0, "\n".join([*lines[-200:], ran.stderr[-2000:]])
    assert any("generated" in line for line in lines), lines
    return lines
