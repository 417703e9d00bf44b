"""The only importer of yt-dlp. Its functions run in worker processes and return plain, picklable values.

Every option is set here; the only text from the network that reaches yt-dlp is the address.
"""

from services.scraper.engines.ytdlp.client import VERSION
from services.scraper.engines.ytdlp.downloading import fetch, try_out, video_named_by
from services.scraper.engines.ytdlp.listing import list_videos
from services.scraper.engines.ytdlp.looking import look
from services.scraper.engines.ytdlp.probing import probe

__all__ = ["VERSION", "fetch", "list_videos", "look", "probe", "try_out", "video_named_by"]
