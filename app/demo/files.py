"""The files of the sample brand's last week, asked for and waited for as anybody would."""

import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console

from app.demo.brand import TIMEZONE
from app.exports.runs import prefix_of
from app.exports.store import Store
from app.exports.weeks import newest_due


def write_files(base: str, key: str, brand_id: int, store: Store, console: Console) -> None:
    """Have the service export the newest week that is due, and print where its files lie.

    Raises:
        RuntimeError: where it does not become files.
    """
    week, _ = newest_due(ZoneInfo(TIMEZONE), 1, "06:00", datetime.now(UTC))
    headers = {"authorization": f"Bearer {key}"}
    with (
        httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as client,
        console.status(f"writing the files of {week.name}") as status,
    ):
        made = client.post("/v1/exports", json={"week": week.name}).raise_for_status().json()
        found: dict[str, Any] = made
        while found["state"] in ("queued", "running"):
            time.sleep(0.2)
            found = client.get(f"/v1/exports/{made['id']}").raise_for_status().json()
            status.update(f"writing the files of {week.name}: {found['percent']} %")
    if found["state"] != "done":
        raise RuntimeError(f"the export {found['state']}: {found['code']} {found['detail']}")
    prefix = prefix_of(brand_id, found["id"], found["week"], found["revision"])
    console.print(f"\n{week.name} 的周报文件：")
    # What people open first; it lies above the folders of what machines read.
    for name in sorted((file["name"] for file in found["files"]), key=lambda name: "/" in name):
        console.print(f"  {store.address(prefix, name)}", soft_wrap=True, highlight=False)
