"""Processes that share a store, each with a tracker of its own."""

import secrets

import pytest

from otel_sessions.conversations import Conversations
from otel_sessions.notes import Notes
from otel_sessions.readings import CallReader
from otel_sessions.stores import open_store

KEY = b"a key of the tests"


@pytest.fixture(params=["sqlite", "redis"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/sessions.db"
    return request.getfixturevalue("redis_server").url


@pytest.fixture
def process(tracking, url, start_s):
    """Start a process: its tracker, which knows nothing but the store."""
    opened = []
    tenant = secrets.token_hex(4)

    def start(instance="pod-1:1", *, started_s=start_s, key=KEY, **options):
        store = open_store(url, max_sessions=100, key=key, tenant=tenant, ttl_s=600)
        opened.append(store)
        conversations = Conversations(
            key, max_sessions=100, instance=instance, started_s=started_s, expiry_s=1800.0
        )
        tracked = tracking(
            store=store,
            conversations=conversations,
            reader=CallReader(key, lambda _: b"", instance=instance),
            notes=Notes(key),
            **options,
        )
        tracked.conversations = conversations
        return tracked

    yield start
    for store in opened:
        store.close()


@pytest.fixture
def resets():
    """Turn and cause of each reset that processes told of."""

    def found(*processes):
        reports = [report.found for tracked in processes for report in tracked.heard.signals]
        return sorted(
            (each.turn, each.signal.cause)
            for each in reports
            if each.signal.name == "context_reset"
        )

    return found
