"""A real database by SQLAlchemy as the application's store."""

import pytest

sqlalchemy = pytest.importorskip("sqlalchemy")

from sqlalchemy import Column, String, Table, Text, delete, func, insert, select, text, update  # noqa: E402
from sqlalchemy.dialects.sqlite import insert as upsert  # noqa: E402
from sqlalchemy.exc import IntegrityError  # noqa: E402
from sqlalchemy.ext.asyncio import create_async_engine  # noqa: E402
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column  # noqa: E402

from otel_sessions.errors import ConfigError  # noqa: E402

COLUMNS = {"table": "chats", "id_column": "session_id", "data_columns": "history"}


class Base(DeclarativeBase):
    pass


class Chat(Base):
    __tablename__ = "chats"
    session_id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(default="u")
    history: Mapped[str] = mapped_column(Text)


chats = Base.metadata.tables["chats"]
messages = Table(
    "messages",
    Base.metadata,
    Column("at", sqlalchemy.Integer, primary_key=True),
    Column("session_id", String),
    Column("content", Text),
)


@pytest.fixture
def engine(tmp_path):
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/chats.db")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def core(engine):
    """Statements of Core."""
    with engine.begin() as connection:
        found = [connection.scalar(select(chats.c.history).where(chats.c.session_id == "s"))]
        connection.execute(insert(chats).values(session_id="s", history="x" * 100, user_id="u"))
        found += connection.execute(select(chats).where(chats.c.session_id == "s")).all()
        connection.execute(update(chats).where(chats.c.session_id == "s").values(history="y" * 200))
        found.append(
            connection.execute(
                select(chats.c.history).where(chats.c.session_id == "s")
            ).scalar_one_or_none()
        )
        connection.execute(delete(chats).where(chats.c.session_id == "s"))
        return [repr(each) for each in found]


def orm(engine):
    """The same by the ORM."""
    with Session(engine) as session:
        found = [session.get(Chat, "s")]
        session.add(Chat(session_id="s", history="x" * 100))
        session.commit()
        session.expire_all()
        chat = session.scalars(select(Chat).where(Chat.session_id == "s")).one()
        found.append(chat.history)
        chat.history = "y" * 200
        session.commit()
        found.append(session.get(Chat, "s").history)
        session.delete(chat)
        session.commit()
        return found


def textual(engine):
    """The same as text."""
    with engine.begin() as connection:
        query = text("SELECT history FROM chats WHERE session_id = :id")
        found = [connection.execute(query, {"id": "s"}).first()]
        connection.execute(
            text('INSERT INTO chats ("session_id", user_id, history) VALUES (:id, :user, :data)'),
            {"id": "s", "user": "u", "data": "x" * 100},
        )
        found += connection.execute(query, {"id": "s"}).fetchall()
        connection.execute(
            text("UPDATE chats SET history = :new WHERE session_id = :id"),
            {"id": "s", "new": "y" * 200},
        )
        found += list(connection.execute(query, {"id": "s"}))
        connection.execute(text("DELETE FROM chats WHERE session_id=:id"), {"id": "s"})
        return [repr(each) for each in found]


@pytest.mark.parametrize("way", [core, orm, textual])
def test_what_is_done_with_a_session(engine, watched, way):
    """Results are as without us; hits, misses and sizes are told."""
    expected = way(engine)
    store = watched.observe(engine, COLUMNS)
    assert way(engine) == expected
    assert watched.lookups == (2, 1)
    assert watched.operations == {"get": 3, "add": 1, "set": 1, "delete": 1}
    counted, total = watched.told("session.size", "store", "backend")["sqlalchemy/sqlalchemy"]
    assert (counted, total) in ((4, 600), (3, 500))
    store.close()
    assert way(engine) == expected
    assert watched.lookups == (2, 1)


def test_a_row_for_each_message(engine, watched):
    """They are summed up, also when they are fetched one by one."""
    columns = {"table": "messages", "id_column": "session_id", "data_columns": ["content"]}
    watched.observe(engine, columns, name="messages")
    query = select(messages).where(messages.c.session_id == "s").order_by(messages.c.at)
    with engine.begin() as connection:
        assert connection.execute(query).all() == []
        for at in range(3):
            connection.execute(insert(messages).values(session_id="s", content=f"{at}" * 10))
        assert [row.content[0] for row in connection.execute(query)] == ["0", "1", "2"]
        assert len(connection.execute(query).fetchmany(2)) == 2
    assert watched.lookups == (2, 1)
    assert watched.told("session.size", "store") == {"messages": (4, 10 + 20 + 30 + 30)}


def test_what_says_nothing_of_a_session(engine, watched):
    """A part of the rows, a count, another table, all rows, plain SQL for the driver."""
    watched.observe(engine, COLUMNS)
    of_session = chats.c.session_id == "s"
    with engine.begin() as connection:
        for statement in (
            select(chats).where(of_session, chats.c.user_id == "v"),
            select(chats).where(of_session).limit(0),
            select(func.count()).select_from(chats).where(of_session),
            select(messages).where(messages.c.session_id == "s"),
            select(chats),
            text("SELECT count(*) FROM chats WHERE session_id = :id").bindparams(id="s"),
            text("SELECT history FROM chats WHERE session_id = :id AND user_id = 'v'").bindparams(
                id="s"
            ),
        ):
            connection.execute(statement).all()
        connection.exec_driver_sql("SELECT * FROM chats WHERE session_id = 's'").all()
    assert watched.lookups == (0, 0)


def test_an_upsert_replaces(engine, watched):
    watched.observe(engine, COLUMNS)
    for size in (100, 40):
        values = {"session_id": "s", "history": "x" * size, "user_id": "u"}
        statement = upsert(chats).values(values)
        statement = statement.on_conflict_do_update(
            index_elements=["session_id"], set_={"history": statement.excluded.history}
        )
        with engine.begin() as connection:
            connection.execute(statement)
    assert watched.told("session.size") == {"": (2, 140)}


def test_an_error_goes_on_unchanged(engine, watched):
    watched.observe(engine, COLUMNS)
    row = {"session_id": "s", "history": "x", "user_id": "u"}
    with engine.begin() as connection:
        connection.execute(insert(chats), [row, row | {"session_id": "t"}])
    with pytest.raises(IntegrityError), engine.begin() as connection:
        connection.execute(insert(chats), row)
    assert watched.operations == {"add": 2, "add/IntegrityError": 1}


def test_a_session_that_is_gone(engine, watched):
    """By a job that tidies up."""
    watched.observe(engine, COLUMNS)
    with Session(engine) as session:
        session.add(Chat(session_id="s", history="x"))
        session.commit()
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM chats"))
    with Session(engine) as session:
        assert session.get(Chat, "s") is None
    watched.stores.drain()
    assert watched.stores.lost("s", 2**63) == "unknown"


async def test_an_asynchronous_engine(tmp_path, watched):
    pytest.importorskip("aiosqlite")
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/chats.db")
    watched.observe(engine, COLUMNS)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        query = select(chats.c.history).where(chats.c.session_id == "s")
        assert await connection.scalar(query) is None
        await connection.execute(
            insert(chats).values(session_id="s", history="x" * 100, user_id="u")
        )
        assert (await connection.execute(query)).scalar_one() == "x" * 100
    await engine.dispose()
    assert watched.lookups == (1, 1)
    assert watched.told("session.size") == {"": (2, 200)}


@pytest.mark.parametrize("missing", COLUMNS)
def test_an_engine_needs_its_columns(engine, watched, missing):
    given = {name: value for name, value in COLUMNS.items() if name != missing}
    with pytest.raises(ConfigError, match=f"{missing}=None"):
        watched.observe(engine, given)


def test_a_session_is_no_engine(engine, watched):
    with Session(engine) as session, pytest.raises(ConfigError, match="give the engine"):
        watched.observe(session, COLUMNS)
