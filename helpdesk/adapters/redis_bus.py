"""Publishes hints on Redis; a lost one costs a delay, so faults are swallowed with a log line."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

import redis

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
