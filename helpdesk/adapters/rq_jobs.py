"""Nudges through RQ: a job's name and nothing else, at most one waiting per name."""

from __future__ import annotations

import logging

import redis
from rq import Queue
from rq.serializers import JSONSerializer

from helpdesk.errors import Unavailable
from helpdesk.ports import note_key

log = logging.getLogger(__name__)
QUEUE = "helpdesk"
_KINDS = ("helpdesk:nudged:", note_key(""), "rq:")
"""How the keys begin that we and the queue make; notes are ids and times, and last an hour at most."""
_LONGEST_KIND = 40


def _kind(key: str) -> str:
    first, second = [*key.split(":"), ""][:2]
    return (f"{first}:{second}" if first == QUEUE else first)[:_LONGEST_KIND]


def nudge_flag(name: str) -> str:
    """Redis key that says a nudge already waits; the worker removes it before it looks for work."""
    return f"helpdesk:nudged:{name}"


class RqJobs:
    """Enqueues by name; the worker finds its work in the database."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self._queue = Queue(QUEUE, connection=self._redis, serializer=JSONSerializer)

    def nudge(self, name: str) -> None:
        """Put the job in the queue unless it already waits there."""
        try:
            if self._redis.set(nudge_flag(name), "1", nx=True, ex=30):
                self._queue.enqueue(
                    "workers.job.run", name, description=name, result_ttl=0, failure_ttl=3600, job_timeout=600
                )
        except redis.RedisError as fault:
            log.warning("nudge", extra={"fault": type(fault).__name__, "job": name})

    def ping(self) -> None:
        """Ask the server for a sign of life."""
        try:
            self._redis.ping()
        except redis.RedisError as fault:
            raise Unavailable("Redis does not answer. Start it, or set HELPDESK_REDIS.", code="redis") from fault

    def keeps_on_disk(self) -> bool:
        """Whether snapshots or the append-only file are on."""
        try:
            said = {**self._redis.config_get("save"), **self._redis.config_get("appendonly")}
        except redis.RedisError as fault:
            raise Unavailable("Redis does not say whether it writes to disk.", code="redis") from fault
        return bool(said.get("save")) or said.get("appendonly") == "yes"

    def strangers(self) -> list[str]:
        """What other keys begin with, up to the first colon, or the second where the first word is ours."""
        try:
            keys = [bytes(key).decode("utf-8", "replace") for key in self._redis.scan_iter(count=1000)]
        except redis.RedisError:
            return []
        return sorted({_kind(key) for key in keys if not key.startswith(_KINDS)})
