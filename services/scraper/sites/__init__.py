"""The public interface for packages of sites: what a package of the entry-point group `fonoteca.sites` imports.

An entry point names a module with `HOSTS`, `list(address)` and `fetch(entry)`. docs/sites.md is the guide.
"""

from services.scraper.sites.failures import Gone, HttpError, NotYet, Private, SiteFailure, TooManyRequests
from services.scraper.sites.items import Entry, Head, Media, Site

__all__ = ["Entry", "Gone", "Head", "HttpError", "Media", "NotYet", "Private", "Site", "SiteFailure", "TooManyRequests"]
