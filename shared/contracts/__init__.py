"""The messages, their versions and their wire form. Golden copies in tests/contract guard them."""

from shared.contracts.audio import AudioMirrored, AudioStored
from shared.contracts.base import Message
from shared.contracts.crawl import ProbeAnswered, ProbeRequested
from shared.contracts.envelope import MESSAGES, Received, unwrap, wrap
from shared.contracts.failure import Failure
from shared.contracts.measurement import DownloadMeasured
from shared.contracts.notification import NoticeRaised, NotificationDue
from shared.contracts.playlist import PlaylistFailed, PlaylistSubmitted
from shared.contracts.source import SourceChecked, SourceCheckRequested
from shared.contracts.video import VideoAbandoned, VideoFailed, VideoRequested

__all__ = [
    "MESSAGES",
    "AudioMirrored",
    "AudioStored",
    "DownloadMeasured",
    "Failure",
    "Message",
    "NoticeRaised",
    "NotificationDue",
    "PlaylistFailed",
    "PlaylistSubmitted",
    "ProbeAnswered",
    "ProbeRequested",
    "Received",
    "SourceCheckRequested",
    "SourceChecked",
    "VideoAbandoned",
    "VideoFailed",
    "VideoRequested",
    "unwrap",
    "wrap",
]
