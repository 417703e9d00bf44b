"""A blob that is written in blocks. Azure compares the MD5 of each block and of their list when they arrive."""

from __future__ import annotations

import base64
import random
import secrets
import uuid

from azure.storage.blob import BlobBlock, ContentSettings
from azure.storage.blob.aio import BlobClient

from shared.storage.azure.driver_errors import translated
from shared.storage.content import Payload

#: Bytes of a block's id before its encoding. Azure wants ids of one length for all blocks of a blob; earlier versions
#: of this project, whose unfinished blocks may be there, used eight bytes.
_NUMBER_BYTES, _NONCE_BYTES = 3, 5


def new_request_id() -> str:
    """Return an id that Azure logs with a request.

    The SDK's own is by time, for which libuuid locks a file: a fifth of the CPU of a small blob. It is no secret, and
    the system's random numbers would let the threads that read objects run first: 70 µs.
    """
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


class BlockUpload:
    """One upload, whose blocks no other upload of the same blob uses.

    Azure removes the blocks of one that is not completed within a week, or with the next commit of their blob.
    """

    def __init__(self, blob: BlobClient, metadata: dict[str, str], content_type: str) -> None:
        self._blob, self._metadata, self._content_type = blob, metadata, content_type
        # Two processes may write one blob at once, of different content: a common id would mix their blocks.
        self._nonce = secrets.token_bytes(_NONCE_BYTES)

    async def part(self, number: int, payload: Payload) -> None:
        """Write a block. Raises MirrorUnavailable."""
        with translated:
            await self._blob.stage_block(
                self._id(number),
                payload.content,
                length=len(payload.content),
                headers=payload.header,
                client_request_id=new_request_id(),
            )

    async def complete(self, number: int, md5: bytes) -> None:
        """Make the blob visible, of `number` blocks. `md5`: of the whole.

        Raises MirrorUnavailable, also if a block is missing.
        """
        with translated:
            await self._blob.commit_block_list(
                [BlobBlock(self._id(each)) for each in range(number)],
                content_settings=ContentSettings(content_type=self._content_type, content_md5=bytearray(md5)),
                metadata=self._metadata,
                validate_content=True,
            )

    async def abandon(self) -> None:
        """Do nothing: nobody sees the blocks, and Azure forgets them."""

    def _id(self, number: int) -> str:
        return base64.b64encode(number.to_bytes(_NUMBER_BYTES, "big") + self._nonce).decode()
