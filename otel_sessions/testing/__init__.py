"""Testing: what an application's own tests need to see its sessions.

    from otel_sessions.testing import Clock, observed

    def test_the_bot_does_not_ask_twice():
        with observed() as seen:
            talk_to_the_bot()
        assert seen.signals == []
        assert [call["llm_session.turn"] for call in seen.calls] == [1, 2, 3]

`observed` instruments the process, analyses every call before it returns, and undoes all of it.
`Clock` holds the time still. `replies` puts recorded traffic below a real client.
"""

from otel_sessions.testing.exchanges import Exchange
from otel_sessions.testing.observations import CountedIds, Event, Observed, observed
from otel_sessions.testing.recorded import read_recorded, replies
from otel_sessions.testing.times import Clock

__all__ = [
    "Clock",
    "CountedIds",
    "Event",
    "Exchange",
    "Observed",
    "observed",
    "read_recorded",
    "replies",
]
