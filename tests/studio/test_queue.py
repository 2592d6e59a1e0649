"""Whose request is served next."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import AsyncMock

import pytest
from gradio.queueing import Event

from sketch2photo import Sketch2Photo, Sketch2PhotoPipeline
from sketch2photo.studio.page import build


@pytest.fixture(scope="module")
def page() -> Any:
    return build(Sketch2PhotoPipeline(Sketch2Photo(image_size=64, channels=(8, 16), blocks=(1, 1))))


class Requests:
    """A page's queue, and its requests by the words that name them: "Ann: photograph"."""

    def __init__(self, page: Any) -> None:
        self.queue = page._queue
        self.queue.active_jobs = [None] * 8
        self.queue.event_queue_per_concurrency_id.clear()
        self.endpoints = {fn.api_name: fn for fn in page.fns.values() if fn.api_visibility == "public"}
        self.names: dict[Event, str] = {}

    def come(self, *names: str) -> None:
        for name in names:
            visitor, endpoint = name.split(": ")
            request: Any = None
            event = Event(visitor, self.endpoints[endpoint], request, None)
            self.names[event] = name
            self.queue.create_event_queue_for_fn(event.fn)
            self.queue.event_queue_per_concurrency_id[event.concurrency_id].queue.append(event)

    def begin(self) -> list[str]:
        """Those that are begun, one after the other as Gradio does it, until the others have to wait."""
        begun = []
        while found := self.queue.get_events():
            events, _, kind = found
            self.queue.active_jobs[self.queue.active_jobs.index(None)] = events
            self.queue.event_queue_per_concurrency_id[kind].current_concurrency += 1
            begun.append(self.names[events[0]])
        return begun

    def end(self, name: str) -> None:
        job = next(job for job in self.queue.active_jobs if job and self.names[job[0]] == name)
        self.queue.active_jobs[self.queue.active_jobs.index(job)] = None
        self.queue.event_queue_per_concurrency_id[job[0].concurrency_id].current_concurrency -= 1


def test_two_visitors_are_served_at_once_and_each_of_them_in_turn(page: Any) -> None:
    requests = Requests(page)
    requests.come("Ann: photograph", "Ann: mix", "Bob: generate", "Cid: photograph", "Bob: mix")
    assert requests.begin() == ["Ann: photograph", "Bob: generate"]
    requests.end("Ann: photograph")
    assert requests.begin() == ["Ann: mix"]
    requests.end("Ann: mix")
    assert requests.begin() == ["Cid: photograph"]
    requests.end("Bob: generate")
    assert requests.begin() == ["Bob: mix"]


def test_files_are_made_one_at_a_time_beside_the_photographs(page: Any) -> None:
    requests = Requests(page)
    requests.come("Ann: travel", "Bob: travel", "Ann: photograph")
    assert sorted(requests.begin()) == ["Ann: photograph", "Ann: travel"]
    requests.end("Ann: photograph")
    assert requests.begin() == []
    requests.end("Ann: travel")
    assert requests.begin() == ["Bob: travel"]


def test_a_picture_is_no_news_to_all_who_wait(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told their places as time passes."""
    queue, told = page._queue, []
    monkeypatch.setattr(queue, "broadcast_estimations", lambda kind: told.append(kind))
    monkeypatch.setattr(queue, "process_events", AsyncMock())
    Requests(page).come(*[f"{name}: photograph" for name in "abcdef"])

    async def serve() -> None:
        queue.stopped = False
        task = asyncio.create_task(queue.start_processing())
        while len(queue) > 4:
            await asyncio.sleep(0.01)
        queue.stopped = True
        await task

    with ThreadPoolExecutor(1) as own:  # In this thread a browser's loop may run.
        own.submit(asyncio.run, serve()).result()
    assert not told
    assert not queue.live_updates  # so Gradio starts what tells them every second


def test_no_statistics_are_made_of_requests(page: Any) -> None:
    """They cost the more the more requests there were."""
    page._queue.events_recorded = 10_000
    assert page._queue.compute_analytics_summary([{"function": "photograph"}]) == {"functions": {}}
