"""Publishes hints on Redis; a lost one costs a delay, so faults are swallowed with a log line."""

from __future__ import annotations

import json
import logging

import redis

log = logging.getLogger(__name__)


class RedisBus:
    """`helpdesk:<topic>` channels with small JSON hints: ids and fixed words."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)

    def publish(self, topic: str, hint: dict[str, int | str]) -> None:
        """Publish; a server that is gone is no fault of the caller."""
        try:
            self._redis.publish(f"helpdesk:{topic}", json.dumps(hint))
        except redis.RedisError as fault:
            log.warning("bus", extra={"fault": type(fault).__name__})
