"""`fonoteca sources retention`: what a followed source keeps no longer."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.api.sources import Sources
from cli.context import AsJson, client, confirm, out, print_json
from cli.display.formatting import plain
from cli.display.tables import new_table
from cli.display.times import moment
from cli.following.sources import Name, Yes


def retention(
    name: Name,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete them now, without waiting for the watch service.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show which recordings a source keeps no longer, by its `keep`. Nothing is deleted without --delete.

    The watch service deletes them by itself once the definition has been unchanged for a day. What another list has
    stays, and so do the newest 10. --json prints what would be deleted, or with --delete the ids of what was.

    Examples:

    - `fonoteca sources edit radio-zou --keep 200`, then `fonoteca sources retention radio-zou`
    - `fonoteca sources retention radio-zou --json | jq -r '.items[].video_id'`
    """
    api = Sources(client())
    preview = api.retention(name)
    if delete:
        if not yes and preview["expired"]:
            confirm(f"Delete {preview['expired']} recordings of {name} for good?", "Nothing was deleted.")
        deleted = [video_id for portion in api.delete_expired(name, preview["version"]) for video_id in portion]
        if as_json:
            print_json({"deleted": deleted})
        else:
            out.print(f"deleted: {len(deleted)} of {preview['stored']} recordings of {name}", markup=False)
        return
    if as_json:
        print_json(preview)
        return
    out.print(
        f"{name} keeps {preview['keep']}. Of {preview['stored']} stored recordings, {preview['expired']} expire.",
        markup=False,
    )
    if preview["items"]:
        table = new_table("recording", "published", "stored")
        for each in preview["items"]:
            table.add_row(plain(each["video_id"]), plain(each["upload_date"] or ""), moment(each["stored_at"]))
        out.print(table)
