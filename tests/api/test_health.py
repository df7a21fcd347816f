"""What operators and load balancers ask."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg

from tests.database import Databases
from tests.server import Account, serve


def test_alive_and_ready(server: Account) -> None:
    health = httpx.get(f"{server.base_url}/health")
    assert health.status_code == 200
    assert health.json()["status"] == "ok"
    ready = httpx.get(f"{server.base_url}/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "problems": [], "model": "fake"}


def test_not_ready_on_another_schema(database_url: str, tmp_path: Path) -> None:
    with serve(database_url, tmp_path) as running:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("update library.replaceable set digest = repeat('0', 64)")
        ready = httpx.get(f"{running.base_url}/ready")
        assert ready.status_code == 503
        assert ready.json()["problems"] == [
            "The schema is not of this version: run `iris migrate`."
        ]


def test_not_ready_with_another_model(database_url: str, tmp_path: Path) -> None:
    with serve(database_url, tmp_path) as running:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("update library.model set name = 'other'")
        ready = httpx.get(f"{running.base_url}/ready")
        assert ready.status_code == 503
        assert "other" in ready.json()["problems"][0]


def test_not_ready_without_a_database_but_alive(databases: Databases, tmp_path: Path) -> None:
    with databases.clone() as url, serve(url, tmp_path) as running:
        name = urlsplit(url).path[1:]
        with psycopg.connect(databases.server_url, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")  # type: ignore[call-overload]
        ready = httpx.get(f"{running.base_url}/ready", timeout=20)
        assert ready.status_code == 503
        assert ready.json()["problems"] == ["The database cannot be reached."]
        assert httpx.get(f"{running.base_url}/health").status_code == 200
