"""What tests of delivery share: a picture of two colours, and ways to ask for it."""

import io
from typing import Any

import cloudinary
import cloudinary.uploader
import httpx
import psycopg
from PIL import Image

from app.db import assets, environments
from app.db.assets import Asset
from app.db.environments import Environment
from tests.fake_encoder import picture
from tests.server import Account

# Red on the left, blue on the right.
PHOTO = picture("red", share=0.5, size=(80, 60), format="PNG")


def upload(public_id: str = "photo", data: bytes = PHOTO, **options: Any) -> dict[str, Any]:
    return cloudinary.uploader.upload(data, public_id=public_id, **options)


def get(url: str, method: str = "GET", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, url, headers=named, timeout=60)


def fetch(account: Account, path: str, **headers: str) -> httpx.Response:
    return get(f"{account.base_url}/{account.cloud}/{path}", **headers)


def shown(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.content))
    assert answer.headers["content-type"] == Image.MIME[image.format or ""]
    return image


def error(answer: httpx.Response) -> tuple[int, str]:
    message = answer.json()["error"]["message"]
    assert answer.headers["x-cld-error"] == message
    return answer.status_code, message


def rows(account: Account, table: str = "rendition") -> list[tuple[str, str]]:
    """Transformation and format of what is stored for an account."""
    with psycopg.connect(account.running.database_url) as connection:
        return connection.execute(
            f"select transformation, format from library.{table}"  # type: ignore[arg-type]
            " join library.environment using (environment_id) where cloud_name = %s order by 1, 2",
            [account.cloud],
        ).fetchall()


def known(
    account: Account, public_id: str = "photo", type: str = "upload"
) -> tuple[Environment, Asset]:
    """Environment and asset as the server has them."""

    async def find() -> tuple[Environment, Asset]:
        async with account.running.runtime.pool.connection() as connection:
            environment = await environments.get(connection, account.cloud)
            asset = await assets.find(
                connection, environment.environment_id, "image", type, public_id
            )
            assert asset is not None
            return environment, asset

    return account.running.call(find)
