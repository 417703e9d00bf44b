"""`fonoteca backup` and `fonoteca restore`: an archive as plain files, and back into any servers.

    DIR/manifest.json                the contents, with the SHA-256 of every file below; written last, in one step
    DIR/catalog-<time>/*.jsonl.gz    one collection each, one document per line, MongoDB Extended JSON (canonical)
    DIR/catalog-<time>/objects.jsonl.gz  every object: file, size, SHA-256, content type, metadata
    DIR/objects/<key>                the objects, under their keys in the bucket
    DIR/incoming/                    files that are being copied

A backup into a folder with an archive copies only what is new. The previous archive stays complete until the manifest
names the new one: catalog files are never changed in place, a changed object is written under another name, and files
that the new manifest does not name are removed at the end.
"""
