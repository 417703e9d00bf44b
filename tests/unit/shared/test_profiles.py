import pytest

from shared.profiles import BadProfile, Profile, parse_profile, parse_profiles


@pytest.mark.parametrize(
    "profile",
    [
        Profile("mp3-320", "mp3", 320),
        Profile("mp3-128-44.1k-mono", "mp3", 128, 44_100, 1),
        Profile("original", "original"),
        Profile("wav-16k-mono", "wav", None, 16_000, 1),
        Profile("wav-22.05k", "wav", None, 22_050),
        Profile("flac", "flac"),
        Profile("opus-96-stereo", "opus", 96, None, 2),
    ],
)
def test_a_name_says_it_all(profile: Profile) -> None:
    assert parse_profile(profile.name) == profile


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mp3", "mp3 needs a bitrate of 32, 40,"),
        ("mp3-100", "mp3 needs a bitrate"),
        ("mp3-64-16k-mono", "mp3-64-16k-mono': choose one of 32k, 44.1k, 48k"),
        ("flac-320", "flac is lossless"),
        ("opus-9999", "6 to 256 kbit/s, as in opus-256"),
        ("original-mono", "is not a profile"),
        ("../mp3-320", "is not a profile"),
        ("MP3-320", "is not a profile"),
        ("wma-64", "Write original, or"),
    ],
)
def test_other_names_are_refused_with_the_cure(name: str, text: str) -> None:
    with pytest.raises(BadProfile) as told:
        parse_profile(name)
    assert text in str(told.value)


def test_a_list_keeps_its_order_and_each_profile_once() -> None:
    assert [p.name for p in parse_profiles(" original, mp3-320,original ,")] == ["original", "mp3-320"]
    with pytest.raises(BadProfile):
        parse_profiles(" , ")
