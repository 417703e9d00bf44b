from cli.arguments.playlist_file import read_lines

TEXT = """\ufeff# my lists
PLabcdefghij1234

https://www.youtube.com/playlist?list=PLabcdefghij5678   # evening stories
   # indented comment
not a playlist
https://www.youtube.com/watch?v=dQw4w9WgXcQ#t=30
"""


def test_lines_comments_and_problems() -> None:
    lines = read_lines(TEXT.splitlines())
    assert [(line.number, line.address) for line in lines] == [
        (2, "PLabcdefghij1234"),
        (4, "https://www.youtube.com/playlist?list=PLabcdefghij5678"),
        (6, "not a playlist"),
        (7, "https://www.youtube.com/watch?v=dQw4w9WgXcQ#t=30"),
    ]
    assert [line.number for line in lines if line.problem is not None] == [6]
