"""Publishes hints on Redis and keeps notes there for seconds; a lost one costs a delay, so faults are only logged."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence

import redis

from helpdesk.errors import Unavailable
from helpdesk.ports import note_key

log = logging.getLogger(__name__)


class RedisBus:
    """`helpdesk:<topic>` channels with small JSON hints: ids and fixed words."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)

    def publish(self, hints: Mapping[str, dict[str, int | str]]) -> None:
        """Publish all in one round trip; a server that is gone is no fault of the caller."""
        try:
            with self._redis.pipeline(transaction=False) as line:
                for topic, hint in hints.items():
                    line.publish(f"helpdesk:{topic}", json.dumps(hint))
                line.execute()
        except redis.RedisError as fault:
            log.warning("bus", extra={"fault": type(fault).__name__})

    def note(self, notes: Mapping[str, str], seconds: int) -> None:
        """Keep all in one round trip."""
        try:
            with self._redis.pipeline(transaction=False) as line:
                for name, word in notes.items():
                    line.set(note_key(name), word, ex=seconds)
                line.execute()
        except redis.RedisError as fault:
            log.warning("bus", extra={"fault": type(fault).__name__})

    def noted(self, names: Sequence[str], also: Mapping[str, str] | None = None, seconds: int = 0) -> list[str | None]:
        """Ask for all, and keep what goes with it, in one round trip."""
        if not names and not also:
            return []
        try:
            with self._redis.pipeline(transaction=False) as line:
                for name, word in (also or {}).items():
                    line.set(note_key(name), word, ex=seconds)
                if names:
                    line.mget([note_key(name) for name in names])
                said = line.execute()
        except redis.RedisError as fault:
            raise Unavailable("Redis does not answer. Start it, or set HELPDESK_REDIS.", code="redis") from fault
        found = said[-1] if names else []
        return [word.decode() if isinstance(word, bytes) else word for word in found]
