lock:
	for extra in scraper retry sync api cli; do \
	  uv pip compile -q $(LOCK_OPTIONS) --extra $$extra pyproject.toml -o requirements/$$extra.txt || exit 1; done
	uv pip compile -q $(LOCK_OPTIONS) --all-extras --group dev pyproject.toml -o requirements/dev.txt
	uv pip compile -q $(LOCK_OPTIONS) --group pyproject.toml:servers -o requirements/servers.txt
LOCK_OPTIONS = --generate-hashes --python-version 3.11 --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock'
