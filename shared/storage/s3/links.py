"""Presigned addresses: anyone who has one can read one object until it expires, without a key and without the API."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from minio import Minio

from shared.errors import Misconfigured
from shared.settings import ObjectStoreSettings


class Links:
    """Makes presigned addresses of the objects of one bucket, without a request to the store."""

    def __init__(
        self, settings: ObjectStoreSettings, public_url: str | None, seconds: int, variable: str = "API_LINK_URL"
    ) -> None:
        """`public_url`: the store's address for clients; None: the services' own. `seconds`: how long a link is valid.

        `variable`: the setting that `public_url` comes from. Raises Misconfigured for an address that no S3 server can
        have.
        """
        self.seconds = seconds
        self._bucket = settings.bucket
        public = urlsplit(public_url) if public_url is not None else None
        try:
            self._client = Minio(
                public.netloc if public is not None else settings.endpoint,
                access_key=settings.access_key.get_secret_value(),
                secret_key=settings.secret_key.get_secret_value(),
                secure=public.scheme == "https" if public is not None else settings.secure,
                # Without a region, the client would ask the store, which this machine may not reach at that address.
                region=settings.region,
            )
        except ValueError as error:
            # The client checks Amazon's own addresses more strictly than our rules for settings.
            raise Misconfigured(
                f"{variable} or MINIO_REGION is wrong for {public_url}: {error}. Correct them together."
            ) from error

    def address_of(self, key: str, disposition: str | None = None) -> str:
        """Return the presigned address of an object. `disposition`: the Content-Disposition that the store sends."""
        headers: dict[str, str | list[str] | tuple[str]] = {}
        if disposition is not None:
            headers["response-content-disposition"] = disposition
        return self._client.presigned_get_object(
            self._bucket, key, expires=timedelta(seconds=self.seconds), response_headers=headers
        )
