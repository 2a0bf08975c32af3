"""SQLite claims: the ends in the file that a process has taken and not yet told.

A table of its own, so that releases without it share the file: what they end is told at once, or by
nobody if they are killed.
"""

import sqlite3

from otel_sessions import clocks
from otel_sessions.stores.backends import Claim

SCHEMA = """
CREATE TABLE IF NOT EXISTS claims_1 (
    token BLOB PRIMARY KEY,
    tenant TEXT NOT NULL,
    id BLOB NOT NULL,
    why BLOB NOT NULL,
    made_s REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claims_made_1 ON claims_1 (tenant, made_s);
CREATE INDEX IF NOT EXISTS claims_id_1 ON claims_1 (tenant, id);
"""


def make(db: sqlite3.Connection, tenant: str, claim: Claim, made_s: float | None = None) -> None:
    """Note a claim, made now or at a Unix time."""
    made_s = clocks.now_s() if made_s is None else made_s
    values = (claim.token, tenant, claim.session_id, claim.why, made_s)
    db.execute("INSERT INTO claims_1 VALUES (?, ?, ?, ?, ?)", values)


def left(db: sqlite3.Connection, tenant: str, before_s: float, limit: int) -> list[Claim]:
    """Name the oldest claims that were made, or held, before a Unix time."""
    rows = db.execute(
        "SELECT id, why, token FROM claims_1 WHERE tenant = ? AND made_s <= ?"
        " ORDER BY made_s LIMIT ?",
        (tenant, before_s, limit),
    )
    return [Claim(*row) for row in rows]


def hold(db: sqlite3.Connection, claims: list[Claim]) -> list[Claim]:
    """Let claims count as made now; give those that are there."""
    query = "UPDATE claims_1 SET made_s = ? WHERE token = ?"
    now_s = clocks.now_s()
    return [each for each in claims if db.execute(query, (now_s, each.token)).rowcount]


def settle(db: sqlite3.Connection, claims: list[Claim]) -> int:
    """Forget claims; tell how many there were."""
    query = "DELETE FROM claims_1 WHERE token = ?"
    return db.executemany(query, [(each.token,) for each in claims]).rowcount
