"""With every function of ours made to fail in turn, the application's store works as without us."""

import asyncio
import importlib
import pkgutil

import pytest
from breaking import break_function, functions_of

from otel_sessions import app_stores, observers, polls

sqlalchemy = pytest.importorskip("sqlalchemy")
redis = pytest.importorskip("redis")

THE_OPERATION_ITSELF = {
    # These stand in front of the client, and pass on what it gives in their own few lines.
    "otel_sessions.observers.calls.Replaced._call",
    "otel_sessions.observers.calls.observed",
    "otel_sessions.observers.calls._follow",
    "otel_sessions.observers.sqlalchemy_engine._Counting.fetchone",
    "otel_sessions.observers.sqlalchemy_engine._Counting.fetchmany",
    "otel_sessions.observers.sqlalchemy_engine._Counting.fetchall",
    # They begin where the engine and the client look for them.
    "otel_sessions.observers.sqlalchemy_engine.EngineObserver._before",
    "otel_sessions.observers.sqlalchemy_engine.EngineObserver._after",
    "otel_sessions.observers.sqlalchemy_engine.EngineObserver._failed",
}
SET_UP = {
    "__init__",
    "wish",
    "_refuse",
    "keys",
    "observe",
    "open_observer",
    "backend_of",
    "_columns",
}


FUNCTIONS = functions_of(
    [
        *(
            importlib.import_module(info.name)
            for info in pkgutil.iter_modules(observers.__path__, "otel_sessions.observers.")
        ),
        app_stores,
        polls,
    ]
)
FAILING = sorted(
    name
    for name in FUNCTIONS
    if name not in THE_OPERATION_ITSELF
    and name.rpartition(".")[2] not in SET_UP
    and not name.rpartition(".")[2].startswith(
        ("__e", "__r", "__hash", "__new", "_make", "_replace")
    )
)


class Chats:
    def __init__(self):
        self.kept = {}

    def get(self, key):
        return self.kept[key]

    async def save(self, key, value):
        self.kept[key] = value
        return value


def application(client, engine, chats):
    """A few operations of each kind; what they give, as plain data."""
    client.delete("chat:s")
    seen = [client.get("chat:s"), client.set("chat:s", "x" * 10, ex=60), client.get("chat:s")]
    with client.pipeline() as pipe:
        seen += pipe.hset("chat:h", "a", "b").hgetall("chat:h").delete("chat:h").execute()
    try:
        client.lpush("chat:s", "no list")
    except redis.ResponseError as error:
        seen.append(str(error))
    seen.append(asyncio.run(chats.save("s", "y")))
    seen.append(chats.get("s"))
    try:
        chats.get("t")
    except KeyError as error:
        seen.append(str(error))
    with engine.connect() as connection:
        query = sqlalchemy.text("SELECT history FROM chats WHERE session_id = :id")
        added = sqlalchemy.text("INSERT INTO chats (session_id, history) VALUES (:id, :data)")
        seen.append(connection.execute(query, {"id": "s"}).first())
        connection.execute(added, {"id": "s", "data": "z"})
        seen += [tuple(row) for row in connection.execute(query, {"id": "s"})]
        seen += [tuple(row) for row in connection.execute(query, {"id": "s"}).fetchall()]
        try:
            connection.execute(added, {"id": "s", "data": "z"})
        except sqlalchemy.exc.IntegrityError as error:
            seen.append(str(error))
    return seen


@pytest.fixture
def stores(redis_server, tmp_path):
    client = redis.Redis.from_url(redis_server.url, decode_responses=True)
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/chats.db")
    with engine.begin() as connection:
        connection.execute(
            sqlalchemy.text("CREATE TABLE chats (session_id TEXT PRIMARY KEY, history TEXT)")
        )
    yield client, engine, Chats()
    client.close()
    engine.dispose()


@pytest.mark.parametrize("name", FAILING)
def test_a_fault_of_ours_changes_no_operation(name, stores, watched, faults, monkeypatch):
    """Whatever fails, every operation gives the same result, or the same error."""
    expected = application(*stores)
    client, engine, chats = stores
    watched.observe(client, key_pattern="chat:{session_id}")
    columns = {"table": "chats", "id_column": "session_id", "data_columns": "history"}
    watched.observe(engine, columns)
    watched.observe(chats, {"set": "save"}, key_pattern="{session_id}")
    break_function(monkeypatch, FUNCTIONS, name)
    assert application(*stores) == expected
    monkeypatch.undo()


def test_many_functions_are_made_to_fail():
    assert len(FAILING) > 80
    assert FUNCTIONS.keys() >= THE_OPERATION_ITSELF
