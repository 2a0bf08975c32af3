"""Four processes append to sessions of one store, and one after the other is killed.

`python killing.py URL TENANT FOLDER KILLS`. Each process writes to a file of its own in the folder:
`A session key` when an append has returned and was accepted by the store, `E session` when it ended
a session. A session is appended to for half a second, at random, by all; it is ended later.
"""

import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path
from random import Random

from otel_sessions.stores import Store, open_store
from otel_sessions.turns import Turn

PROCESSES = 4
SESSIONS_A_ROUND = 100
ROUND_S = 0.5
KILL_EVERY_S = 0.12


dice = Random()  # noqa: S311 - no secret
stopped: list[bool] = []


def main() -> None:
    # Before the forks, so that no child is without it for a moment.
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    url, tenant, folder, kills = sys.argv[1:]
    # Its modules are loaded once.
    open_store(url, max_sessions=1, key=b"one key")
    workers = {start(at, url, tenant, folder): at for at in range(PROCESSES)}
    dice.seed(7)
    for number in range(PROCESSES, PROCESSES + int(kills)):
        time.sleep(KILL_EVERY_S * dice.uniform(0.5, 1.5))
        while not (busy := [pid for pid, at in workers.items() if is_busy(folder, at)]):
            time.sleep(0.01)
        victim = dice.choice(busy)
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        del workers[victim]
        workers[start(number, url, tenant, folder)] = number
    sys.exit(max([stop(worker) for worker in workers]))


def is_busy(folder: str, number: int) -> bool:
    """Tell whether a process has got so far that it appends."""
    log = Path(folder) / f"{number}.log"
    return log.exists() and log.stat().st_size > 0


def start(number: int, url: str, tenant: str, folder: str) -> int:
    child = os.fork()
    if child == 0:
        dice.seed(number)
        store = open_store(url, max_sessions=10_000, key=b"one key", tenant=tenant, ttl_s=600)
        log = os.open(Path(folder) / f"{number}.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        try:
            work(number, store, log)
        except SystemExit:
            store.close()
            os._exit(0)
        except BaseException:  # noqa: BLE001 - whatever it is, the child ends here
            traceback.print_exc()
            os._exit(1)
    return child


def stop(worker: int) -> int:
    """End a process; a signal is lost on one that is just being forked, so it is sent again."""
    while True:
        os.kill(worker, signal.SIGTERM)
        ended, status = os.waitpid(worker, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.05)


def work(number: int, store: Store, log: int) -> None:
    count = 0
    while not stopped:
        count += 1
        now_s = time.time()
        current = int(now_s / ROUND_S)
        if count % 8:
            session_id = f"{current}-{dice.randrange(SESSIONS_A_ROUND)}"
            turn = Turn(
                session_id, number << 32 | count, started_s=now_s, ended_s=now_s, instance="same"
            )
            if store.append(turn).fault is None:
                os.write(log, f"A {session_id} {turn.key}\n".encode())
        else:
            session_id = f"{current - 3}-{dice.randrange(SESSIONS_A_ROUND)}"
            with suppress(Exception):
                if store.end(session_id) is not None:
                    os.write(log, f"E {session_id}\n".encode())
    raise SystemExit


if __name__ == "__main__":
    main()
