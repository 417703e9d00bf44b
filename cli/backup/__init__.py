"""`fonoteca backup` and `fonoteca restore`: an archive as files that anybody can read, and back into any servers.

    DIR/manifest.json              what there is, with the SHA-256 of every file below; written last, in one step
    DIR/catalog-<moment>/*.jsonl.gz  a collection each, a document a line, MongoDB Extended JSON (canonical)
    DIR/catalog-<moment>/objects.jsonl.gz  every object: file, size, SHA-256, content type, metadata
    DIR/objects/<key>              the objects, under the keys of the bucket
    DIR/incoming/                  what is being copied now

A backup into a folder that holds one already adds what is new. The archive before stays whole until the manifest names
the new one: catalog files are never changed in place, an object that changed is written under another name, and what
nobody names any more is removed at the end.
"""
