"""Runs jobs by name: the worker that takes nudges from RQ, and the same without Redis. Knows no job itself."""

from __future__ import annotations

import functools
import gc
import importlib
import logging
import os
import threading
import traceback
from collections.abc import Callable

import redis
from rq import Queue, SimpleWorker, get_current_job
from rq.serializers import JSONSerializer

from helpdesk.adapters.rq_jobs import QUEUE, nudge_flag
from helpdesk.errors import Unavailable
from helpdesk.ports import CLEAN_WAITING, DELIVER_WAITING, FILE_WAITING, JOBS, Ports
from helpdesk.privacy import gate
from helpdesk.settings_reader import from_env
from helpdesk.wiring import connect
from workers.beats import beat_forever

log = logging.getLogger(__name__)
Job = Callable[[Ports], None]


@functools.cache
def own_ports() -> Ports:
    """The ports of this process, opened once; Misconfigured when the schema is not this code's."""
    ports = connect(from_env(os.environ))
    gate.enter(ports)
    return ports


def resolve(name: str) -> Job:
    """The function of a job, `package.module:function`; only those that ports.py lists. Raises ValueError."""
    if name not in JOBS:
        raise ValueError("unknown job")
    module, _, function = name.partition(":")
    job: Job = getattr(importlib.import_module(module), function)
    return job


def run(name: str) -> None:
    """What RQ calls. The flag goes first: whoever adds work from now on may nudge again, so no nudge is lost."""
    job = get_current_job()
    if job is not None and job.connection is not None:
        job.connection.delete(nudge_flag(name))
    run_here(name, own_ports())


def run_here(name: str, ports: Ports, find: Callable[[str], Job] = resolve) -> bool:
    """Run the job now; whether it came through. Raises nothing: the rows still wait, and the next nudge finds them.

    The log gets the job's name, the kind of fault and where it was, never a value.
    """
    try:
        find(name)(ports)
    except Unavailable as fault:
        log.warning("job waits", extra={"job": name, "code": fault.code})
    except redis.RedisError as fault:
        log.warning("job waits", extra={"job": name, "fault": type(fault).__name__})
    except Exception as fault:
        frames = reversed(traceback.extract_tb(fault.__traceback__)[-4:])
        where = " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
        log.error("job failed", extra={"job": name, "fault": type(fault).__name__, "code": where})
    else:
        return True
    return False


def work_forever(ports: Ports, name: str) -> int:
    """Take nudges until SIGTERM; returns the exit code, 1 when Redis went away (the supervisor starts us anew).

    Starts by nudging every job: what a killed worker had taken from the queue is looked for again at once.
    """
    connection = redis.Redis.from_url(ports.settings.redis_url)
    queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer)
    stop = threading.Event()
    heart = threading.Thread(target=beat_forever, args=(ports, name, stop), daemon=True)
    heart.start()
    for name_of_job in JOBS:
        resolve(name_of_job)  # loaded before there is work, not while the first mail waits
    gc.collect()
    gc.freeze()  # what stands now stays: no search for garbage goes through it again
    try:
        connection.delete(*(nudge_flag(job) for job in JOBS))
        for job in JOBS:
            ports.jobs.nudge(job)
        worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer, log_job_description=False)
        worker.work(logging_level="WARNING")
    except redis.RedisError as fault:
        log.warning("Redis is gone", extra={"fault": type(fault).__name__})
        return 1
    finally:
        stop.set()
    return 0


def work_off(ports: Ports, find: Callable[[str], Job] = resolve) -> bool:
    """Run everything that waits once, here, without Redis; whether all of it came through."""
    done = [run_here(job, ports, find) for job in (FILE_WAITING, CLEAN_WAITING, DELIVER_WAITING)]
    return all(done)
