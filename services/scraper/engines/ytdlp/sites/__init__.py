"""Runs the functions of sites on yt-dlp's requests and downloads, so that all its checks hold for them too."""

from services.scraper.engines.ytdlp.sites.fetching import problem_of, site_video
from services.scraper.engines.ytdlp.sites.listing import list_site

__all__ = ["list_site", "problem_of", "site_video"]
