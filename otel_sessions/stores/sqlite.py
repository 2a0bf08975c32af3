"""SQLite store: turns in a file, for the processes of one machine.

`sqlite:///sessions.db` is relative to the working folder, `sqlite:////var/lib/sessions.db` is not.
Writes go to a write-ahead log, one writer at a time; what was appended survives the death of the
process, and of the machine but for the last moments. About 0.1 ms an append, now
and then some ms when the log is written back.
Source: https://sqlite.org/wal.html
"""

import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

from otel_sessions.errors import ConfigError
from otel_sessions.stores import FIRST_TURNS, LAST_TURNS, Store, StoreOptions
from otel_sessions.stores import sqlite_claims as claims
from otel_sessions.stores.backends import EVICTED, TOKEN_BYTES, Addition, Claim, State
from otel_sessions.stores.shared import SharedStore

TIMEOUT_S = 0.5
"""The longest wait for another process that writes."""
_AGAIN_S = 0.01
_TAKEN_AT_ONCE = 500
_FIRST_VERSION_BITS = 40

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions_1 (
    rowid INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    number INTEGER NOT NULL,
    key BLOB NOT NULL,
    ended_s REAL NOT NULL,
    running INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    expires_s REAL NOT NULL,
    note BLOB NOT NULL,
    UNIQUE (tenant, id)
);
CREATE INDEX IF NOT EXISTS idle_1 ON sessions_1 (tenant, running, ended_s);
CREATE INDEX IF NOT EXISTS recent_1 ON sessions_1 (running, touched);
CREATE INDEX IF NOT EXISTS touched_1 ON sessions_1 (touched);
CREATE INDEX IF NOT EXISTS expiry_1 ON sessions_1 (expires_s);
CREATE TABLE IF NOT EXISTS turns_1 (
    session INTEGER NOT NULL REFERENCES sessions_1 ON DELETE CASCADE,
    number INTEGER NOT NULL,
    token BLOB NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (session, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places_1 (
    tenant TEXT NOT NULL,
    place BLOB NOT NULL,
    id BLOB NOT NULL,
    expires_s REAL NOT NULL,
    PRIMARY KEY (tenant, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS places_expiry_1 ON places_1 (expires_s);
"""


_MAGIC = b"SQLite format 3\0"
"""How a database begins. Source: SQLite's file format."""


class SqliteBackend:
    """Keeps the promises of `Backend` in one file."""

    def __init__(self, url: str, options: StoreOptions) -> None:
        """Check the path; the file is opened when it is first needed.

        Raises:
            ConfigError: the URL has no path, or there is no database that can be written to.

        """
        name = unquote(url.partition("://")[2].removeprefix("/"))
        self._path = Path(name).absolute()
        if not url.startswith("sqlite:///") or not name or name == ":memory:":
            message = f"store={url!r}: must be 'sqlite:///file' or 'sqlite:////folder/file'"
            raise ConfigError(message)
        if not _is_writable(self._path):
            message = f"store={url!r}: {self._path} is no file that can be written"
            raise ConfigError(message)
        if not _is_database(self._path):
            message = f"store={url!r}: {self._path} is there and is no database of SQLite"
            raise ConfigError(message)
        self._tenant = options.tenant
        self._ttl_s = options.ttl_s
        self._max_sessions = options.max_sessions
        self._opened: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []

    def append(self, addition: Addition) -> State:
        """Append a turn; see `Backend`."""
        with self._writing() as db:
            row = self._row(db, addition.session_id)
            if row is None:
                return self._create(db, addition)
            session, version, number, key, ended_s, running, note = row
            if addition.again and self._was_done(db, session, addition.token):
                return self._news(db, row, addition.version, addition.number, done=True)
            same = key == addition.key
            known = version == addition.version
            if not known and (same or addition.alone):
                return self._news(db, row, addition.version, addition.number, done=False)
            news = self._news(db, row, addition.version, addition.number, done=True)
            number += not same
            data = addition.joined if same and addition.joined is not None else addition.fresh
            self._put(db, session, number, addition.token, data)
            db.execute(
                "UPDATE sessions_1 SET version = version + 1, number = ?, key = ?, ended_s = ?,"
                " running = 1, touched = ?, expires_s = ?, note = ? WHERE rowid = ?",
                (
                    number,
                    addition.key,
                    max(ended_s, addition.ended_s),
                    _next_touch(db),
                    time.time() + self._ttl_s,
                    addition.note or note,
                    session,
                ),
            )
            return news._replace(
                version=version + 1, number=number, opened=None if running else "reopened"
            )

    def look(self, session_id: bytes, version: int, number: int) -> State | None:
        """Tell what is new; see `Backend`."""
        with self._reading() as db:
            row = self._row(db, session_id)
            if row is None or row[1] == version:
                return None
            return self._news(db, row, version, number, done=True)

    def idle(self, before_s: float) -> list[bytes]:
        """Name silent sessions, and let go of what has expired; see `Backend`."""
        with self._writing() as db:
            for table in ("sessions_1", "places_1"):
                db.execute(f"DELETE FROM {table} WHERE expires_s < ?", (time.time(),))  # noqa: S608 - constants
            rows = db.execute(
                "SELECT id FROM sessions_1 WHERE tenant = ? AND running = 1 AND ended_s < ?"
                " ORDER BY ended_s LIMIT ?",
                (self._tenant, before_s, _TAKEN_AT_ONCE),
            )
            return [session_id for (session_id,) in rows]

    def end(
        self,
        session_id: bytes,
        version: int,
        number: int,
        before_s: float | None,
        claim: Claim | None,
    ) -> State | None:
        """End a session; see `Backend`."""
        with self._writing() as db:
            row = self._row(db, session_id)
            if row is None or not row[5] or (before_s is not None and row[4] >= before_s):
                return None
            db.execute(
                "UPDATE sessions_1 SET running = 0, touched = ? WHERE rowid = ?",
                (_next_touch(db), row[0]),
            )
            if claim is not None:
                claims.make(db, self._tenant, claim)
            return self._news(db, row, version, number, done=True)._replace(note=row[6])

    def left(self, before_s: float) -> list[Claim]:
        """Name claims that were left; see `Backend`."""
        with self._reading() as db:
            return claims.left(db, self._tenant, before_s, _TAKEN_AT_ONCE)

    def take_over(self, left: Claim, claim: Claim, version: int, number: int) -> State | None:
        """Put a claim in the place of another; see `Backend`."""
        with self._writing() as db:
            row = self._row(db, claim.session_id)
            if not claims.settle(db, [left]) or row is None:
                return None
            claims.make(db, self._tenant, claim)
            return self._news(db, row, version, number, done=True)._replace(note=row[6])

    def hold(self, held: list[Claim]) -> list[Claim]:
        """Let claims count as made now; see `Backend`."""
        with self._writing() as db:
            return claims.hold(db, held)

    def settle(self, told: list[Claim]) -> None:
        """Forget claims; see `Backend`."""
        with self._writing() as db:
            claims.settle(db, told)

    def point(self, places: list[bytes], session_id: bytes) -> None:
        """Say where places lead; see `Backend`."""
        expires_s = time.time() + self._ttl_s
        with self._writing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO places_1 VALUES (?, ?, ?, ?)",
                [(self._tenant, place, session_id, expires_s) for place in places],
            )

    def find(self, places: list[bytes]) -> list[bytes]:
        """Look places up; see `Backend`."""
        with self._reading() as db:
            query = "SELECT id FROM places_1 WHERE tenant = ? AND place = ?"
            rows = [db.execute(query, (self._tenant, place)).fetchone() for place in places]
            return [row[0] for row in rows if row is not None]

    def after_fork(self) -> None:
        """Open anew; see `Backend`."""
        if self._opened is not None:
            # Closing it here would release the locks of the parent.
            self._inherited.append(self._opened)
            self._opened = None

    def close(self) -> None:
        """Close the file; see `Backend`."""
        opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Run a transaction that has the only right to write from its start."""
        db = self._connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Run a transaction that sees one state."""
        db = self._connection()
        db.execute("BEGIN")
        try:
            yield db
        finally:
            db.execute("COMMIT")

    def _connection(self) -> sqlite3.Connection:
        end_s = time.monotonic() + TIMEOUT_S
        while self._opened is None:
            try:
                self._opened = self._open()
            except sqlite3.OperationalError as error:
                # Who makes the file a WAL one needs it alone, and SQLite does not wait for that.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end_s:
                    raise
                time.sleep(_AGAIN_S)
        return self._opened

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self._path, timeout=TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            if db.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                db.execute("PRAGMA journal_mode = WAL")
            db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} {claims.SCHEMA} COMMIT;")
        except BaseException:
            db.close()
            raise
        return db

    def _row(
        self, db: sqlite3.Connection, session_id: bytes
    ) -> tuple[int, int, int, bytes, float, int, bytes] | None:
        found: tuple[int, int, int, bytes, float, int, bytes] | None = db.execute(
            "SELECT rowid, version, number, key, ended_s, running, note FROM sessions_1"
            " WHERE tenant = ? AND id = ?",
            (self._tenant, session_id),
        ).fetchone()
        return found

    def _create(self, db: sqlite3.Connection, addition: Addition) -> State:
        number = addition.number + 1
        version = secrets.randbits(_FIRST_VERSION_BITS) + 1
        cursor = db.execute(
            "INSERT INTO sessions_1 (tenant, id, version, number, key, ended_s, running, touched,"
            " expires_s, note) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
            (
                self._tenant,
                addition.session_id,
                version,
                number,
                addition.key,
                addition.ended_s,
                _next_touch(db),
                time.time() + self._ttl_s,
                addition.note,
            ),
        )
        self._put(db, cursor.lastrowid or 0, number, addition.token, addition.fresh)
        self._make_room(db)
        return State(
            done=True,
            version=version,
            number=number,
            opened="new",
            turns=(),
            note=b"",
        )

    def _put(
        self, db: sqlite3.Connection, session: int, number: int, token: bytes, data: bytes
    ) -> None:
        db.execute(
            "INSERT OR REPLACE INTO turns_1 VALUES (?, ?, ?, ?)", (session, number, token, data)
        )
        if number > FIRST_TURNS + LAST_TURNS:
            db.execute(
                "DELETE FROM turns_1 WHERE session = ? AND number > ? AND number <= ?",
                (session, FIRST_TURNS, number - LAST_TURNS),
            )

    def _news(
        self,
        db: sqlite3.Connection,
        row: tuple[int, int, int, bytes, float, int, bytes],
        version: int,
        number: int,
        *,
        done: bool,
    ) -> State:
        session, now, newest, *_, note = row
        if now == version:
            return State(done, now, newest, None, (), b"")
        # The newest that was known may have been joined with another call since.
        turns = db.execute(
            "SELECT number, data FROM turns_1 WHERE session = ? AND number >= ? ORDER BY number",
            (session, number if number <= newest else 0),
        )
        return State(done, now, newest, None, tuple(turns), note)

    def _was_done(self, db: sqlite3.Connection, session: int, token: bytes) -> bool:
        query = "SELECT 1 FROM turns_1 WHERE session = ? AND token = ?"
        return db.execute(query, (session, token)).fetchone() is not None

    def _make_room(self, db: sqlite3.Connection) -> None:
        """Let the least recent go whose ends have been told; end the others, to be told first."""
        query = "SELECT (SELECT count(*) FROM sessions_1) - (SELECT count(*) FROM claims_1)"
        (known,) = db.execute(query).fetchone()
        if known <= self._max_sessions:
            return
        oldest = db.execute(
            "SELECT rowid, tenant, id, running FROM sessions_1 AS s WHERE running = 1 OR NOT EXISTS"
            " (SELECT 1 FROM claims_1 AS c WHERE c.tenant = s.tenant AND c.id = s.id)"
            " ORDER BY running, touched LIMIT ?",
            (known - self._max_sessions,),
        ).fetchall()
        for session, tenant, session_id, running in oldest:
            if running:
                db.execute("UPDATE sessions_1 SET running = 0 WHERE rowid = ?", (session,))
                claim = Claim(session_id, EVICTED, secrets.token_bytes(TOKEN_BYTES))
                claims.make(db, tenant, claim, made_s=0)
            else:
                db.execute("DELETE FROM sessions_1 WHERE rowid = ?", (session,))


def _next_touch(db: sqlite3.Connection) -> int:
    (newest,) = db.execute("SELECT max(touched) FROM sessions_1").fetchone()
    return (newest or 0) + 1


def open_sqlite(url: str, options: StoreOptions) -> Store:
    """Open the store."""
    return SharedStore(SqliteBackend(url, options), options)


def _is_writable(path: Path) -> bool:
    if not os.access(path.parent, os.W_OK):
        return False
    return not path.exists() or (path.is_file() and os.access(path, os.W_OK))


def _is_database(path: Path) -> bool:
    """Tell whether SQLite could use it: a new or empty file, or one of its own."""
    if not path.exists():
        return True
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) in (b"", _MAGIC)
