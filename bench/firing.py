"""The client: processes that send ready-made requests over kept connections, and time answers.

It does as little as can be done in Python for a request: one send, one receive, one look at the
status. What it can do at most is measured by itself (see bench/intake.py).
"""

import multiprocessing
import selectors
import socket
import time
from array import array
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

import msgspec

WAIT_SECONDS = 60.0
_fork = multiprocessing.get_context("fork")


class Fired(msgspec.Struct):
    """What came of the requests of a run: from the first sending to the last answer, in seconds.

    A wait is that of one request from when it was due until its answer was read.
    """

    seconds: float
    waits: list[float]
    statuses: dict[int, int]

    @property
    def per_second(self) -> float:
        """Requests answered by a 202."""
        return self.statuses.get(202, 0) / self.seconds


class Unanswered(Exception):
    """A connection broke, or an answer is missing."""


def fire(
    port: int,
    requests: Sequence[bytes],
    connections: int,
    processes: int = 2,
    per_second: float | None = None,
) -> Fired:
    """Send each request once: as fast as answers come, or at a steady rate however they come.

    Raises:
        Unanswered: where a request got no answer.
    """
    starts, pipes, clients = _fork.Barrier(processes), [], []
    for n in range(processes):
        here, there = _fork.Pipe(duplex=False)
        share = connections // processes + (n < connections % processes)
        rate = None if per_second is None else per_second / processes
        given = (port, requests[n::processes], share, rate, starts, there)
        clients.append(_fork.Process(target=_client, args=given, daemon=True))
        pipes.append(here)
    for client in clients:
        client.start()
    found = [pipe.recv() for pipe in pipes]
    for client in clients:
        client.join()
    if failed := [each for each in found if isinstance(each, str)]:
        raise Unanswered(failed[0])
    seconds = max(end for _, end, _, _ in found) - min(start for start, _, _, _ in found)
    waits: list[float] = []
    statuses: Counter[int] = Counter()
    for _, _, some, counted in found:
        waits += array("d", some)
        statuses.update(counted)
    return Fired(seconds, waits, dict(statuses))


def _client(
    port: int,
    requests: Sequence[bytes],
    connections: int,
    per_second: float | None,
    starts: Any,
    pipe: Any,
) -> None:
    try:
        pipe.send(_run(port, requests, connections, per_second, starts))
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")


def _run(
    port: int, requests: Sequence[bytes], connections: int, per_second: float | None, starts: Any
) -> tuple[float, float, bytes, dict[int, int]]:
    selector = selectors.DefaultSelector()
    idle = []
    for _ in range(connections):
        opened = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        idle.append(opened)
        selector.register(opened, selectors.EVENT_READ)
    starts.wait(WAIT_SECONDS)
    waits, statuses = array("d"), Counter[int]()
    due_of: dict[int, float] = {}
    parts: dict[int, bytes] = {}
    waiting = deque(requests)
    now = began = time.perf_counter()
    sent = 0
    while waiting or due_of:
        while waiting and idle:
            due = now if per_second is None else began + sent / per_second
            if due > now:
                break
            connection = idle.pop()
            # The client's clock of a request runs from when it was due, not from when it could go.
            due_of[connection.fileno()] = due
            connection.sendall(waiting.popleft())
            sent += 1
        timeout = WAIT_SECONDS
        if waiting and idle and per_second is not None:
            timeout = max(0.0, began + sent / per_second - time.perf_counter())
        ready = selector.select(timeout)
        now = time.perf_counter()
        if not ready and timeout == WAIT_SECONDS:
            raise Unanswered(f"{len(due_of)} requests wait for an answer")
        for key, _ in ready:
            connection = key.fileobj  # type: ignore[assignment]
            answer = parts.pop(key.fd, b"") + connection.recv(65_536)
            if not _is_whole(answer):
                if not answer:
                    raise Unanswered("a connection was closed")
                parts[key.fd] = answer
                continue
            waits.append(now - due_of.pop(key.fd))
            statuses[int(answer[9:12])] += 1
            idle.append(connection)
    return began, now, waits.tobytes(), dict(statuses)


def _is_whole(answer: bytes) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = answer[:end].lower()
    at = head.find(b"content-length:")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0])
    return len(answer) >= end + 4 + length
