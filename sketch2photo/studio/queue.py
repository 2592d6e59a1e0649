"""Gradio's queue as the page needs it: the model serves two visitors at once, each visitor in turn, and no statistics are made.

While one visitor's photograph is drawn, another's drawing is read, or photograph written and sent. Requests of one visitor must
not overtake each other, or an older photograph would stay.
"""

import sys
from functools import partial
from typing import Any

from gradio.queueing import Event, Queue

AT_ONCE = {"model": 2}  # requests of a kind (Gradio's concurrency_id) that are served at once; of others it is one
TOLD = 1.0  # s after which those who wait are told their places again
REMEMBERED = 500  # requests of which Gradio keeps when they came and how long they took, more than can be under way
PAUSE = 0.01  # s between two looks into the queue; Gradio's own of 1 ms keep a tenth of a core busy with nothing


def lane(kind: str) -> dict[str, Any]:
    """The arguments of a Gradio event whose requests are of this kind."""
    return {"concurrency_id": kind, "concurrency_limit": AT_ONCE.get(kind, 1)}


def set_up(queue: Queue) -> None:
    """Gives a page's queue these ways."""
    queue.sleep_when_free = PAUSE
    # Else each who waits is told again for each picture that anybody gets: a hundred messages for one.
    queue.live_updates, queue.update_intervals = False, TOLD
    # After each request Gradio makes statistics of the last 10,000 in pandas: 3 ms of computing at first, and 14 later on.
    queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize
    queue.ANALYTICS_MAX_EVENTS = REMEMBERED
    queue.get_events = partial(next_request, queue)  # pyrefly: ignore[method-assign]


def next_request(queue: Queue) -> tuple[list[Event], bool, str] | None:
    """The next request to serve, as Queue.get_events has it: of each kind the oldest of a visitor of whom none of it is being served."""
    served = {(event.session_hash, event.concurrency_id) for job in queue.active_jobs if job for event in job}
    for kind, waiting in queue.event_queue_per_concurrency_id.items():
        if waiting.concurrency_limit is not None and waiting.current_concurrency >= waiting.concurrency_limit:
            continue
        for event in waiting.queue:
            if (event.session_hash, kind) not in served:
                waiting.queue.remove(event)
                return [event], False, kind
    return None
