# One file, a target for each service and one for the command line:  docker build --target scraper -t fonoteca-scraper .
# `make sbom` writes the licence labels.
# Only the scraper contains yt-dlp, deno and ffmpeg. All run as user 10001, under tini, and write only to /tmp.
ARG PYTHON_IMAGE=python:3.11.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS base
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    METRICS_HOST=0.0.0.0 \
    METRICS_PORT=9100
# tini forwards signals and reaps children, which a killed worker may leave. No pinned version: Debian keeps only one at
# a time.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin fonoteca
WORKDIR /app
ENTRYPOINT ["tini", "--"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9100/livez', timeout=4)"]
LABEL org.opencontainers.image.title="Fonoteca" \
      org.opencontainers.image.description="Turns playlists into a verified audio archive" \
      fonoteca.sbom="/usr/share/doc/fonoteca/sbom.cdx.json"

# Installs the distribution's metadata, which has the version, without the dependencies, which are hash-locked.
FROM base AS package
COPY requirements/build.txt ./
RUN python -m venv /build && /build/bin/pip install --require-hashes -r build.txt
COPY pyproject.toml README.md LICENSE ./
COPY shared ./shared
COPY services ./services
COPY cli ./cli
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel .

FROM base AS retry
COPY requirements/retry.txt ./
RUN --mount=type=bind,from=package,source=/wheel,target=/wheel \
    pip install --require-hashes -r retry.txt && pip install --no-deps /wheel/*.whl
COPY NOTICE LICENSE /usr/share/doc/fonoteca/
COPY sbom/retry.cdx.json /usr/share/doc/fonoteca/sbom.cdx.json
LABEL org.opencontainers.image.licenses="(MIT OR Apache-2.0) AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND LicenseRef-Debian AND MIT AND MIT-0 AND MPL-2.0 AND PSF-2.0 AND Python-2.0 AND Unlicense"
USER 10001
CMD ["python", "-m", "services.retry"]

FROM base AS sync
COPY requirements/sync.txt ./
RUN --mount=type=bind,from=package,source=/wheel,target=/wheel \
    pip install --require-hashes -r sync.txt && pip install --no-deps /wheel/*.whl
COPY NOTICE LICENSE /usr/share/doc/fonoteca/
COPY sbom/sync.cdx.json /usr/share/doc/fonoteca/sbom.cdx.json
LABEL org.opencontainers.image.licenses="(Apache-2.0 OR BSD-3-Clause) AND (MIT OR Apache-2.0) AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND LicenseRef-Debian AND MIT AND MIT-0 AND MPL-2.0 AND PSF-2.0 AND Python-2.0 AND Unlicense"
USER 10001
CMD ["python", "-m", "services.sync"]

FROM base AS watch
ENV WATCH_CALLBACK_HOST=0.0.0.0 \
    WATCH_CALLBACK_PORT=8010
COPY requirements/watch.txt ./
RUN --mount=type=bind,from=package,source=/wheel,target=/wheel \
    pip install --require-hashes -r watch.txt && pip install --no-deps /wheel/*.whl
COPY NOTICE LICENSE /usr/share/doc/fonoteca/
COPY sbom/watch.cdx.json /usr/share/doc/fonoteca/sbom.cdx.json
LABEL org.opencontainers.image.licenses="(MIT OR Apache-2.0) AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND LicenseRef-Debian AND MIT AND MIT-0 AND MPL-2.0 AND PSF-2.0 AND Python-2.0 AND Unlicense"
USER 10001
EXPOSE 8010
CMD ["python", "-m", "services.watch"]

FROM base AS notify
COPY requirements/notify.txt ./
RUN --mount=type=bind,from=package,source=/wheel,target=/wheel \
    pip install --require-hashes -r notify.txt && pip install --no-deps /wheel/*.whl
COPY NOTICE LICENSE /usr/share/doc/fonoteca/
COPY sbom/notify.cdx.json /usr/share/doc/fonoteca/sbom.cdx.json
LABEL org.opencontainers.image.licenses="(MIT OR Apache-2.0) AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND LicenseRef-Debian AND MIT AND MIT-0 AND MPL-2.0 AND PSF-2.0 AND Python-2.0 AND Unlicense"
USER 10001
CMD ["python", "-m", "services.notify"]

FROM base AS probe
COPY requirements/probe.txt ./
RUN --mount=type=bind,from=package,source=/wheel,target=/wheel \
    pip install --require-hashes -r probe.txt && pip install --no-deps /wheel/*.whl
COPY NOTICE LICENSE /usr/share/doc/fonoteca/
COPY sbom/probe.cdx.json /usr/share/doc/fonoteca/sbom.cdx.json
LABEL org.opencontainers.image.licenses="(MIT OR Apache-2.0) AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND LicenseRef-Debian AND MIT AND MIT-0 AND MPL-2.0 AND PSF-2.0 AND Python-2.0 AND Unlicense"
USER 10001
CMD ["python", "-m", "services.probe"]

FROM base AS api
ENV API_HOST=0.0.0.0 \
    API_PORT=8000
COPY requirements/api.txt ./
RUN --mount=type=bind,from=package,source=/wheel,target=/wheel \
    pip install --require-hashes -r api.txt && pip install --no-deps /wheel/*.whl
COPY NOTICE LICENSE /usr/share/doc/fonoteca/
COPY sbom/api.cdx.json /usr/share/doc/fonoteca/sbom.cdx.json
LABEL org.opencontainers.image.licenses="(Apache-2.0 OR BSD-2-Clause) AND (MIT OR Apache-2.0) AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND LicenseRef-Debian AND MIT AND MIT-0 AND MPL-2.0 AND PSF-2.0 AND Python-2.0 AND Unlicense"
USER 10001
EXPOSE 8000
CMD ["python", "-m", "services.api"]

# The command `fonoteca`, for audits near the servers. It serves nothing, so it has no health check.
FROM base AS cli
HEALTHCHECK NONE
COPY requirements/cli.txt ./
RUN --mount=type=bind,from=package,source=/wheel,target=/wheel \
    pip install --require-hashes -r cli.txt && pip install --no-deps /wheel/*.whl
COPY NOTICE LICENSE /usr/share/doc/fonoteca/
COPY sbom/cli.cdx.json /usr/share/doc/fonoteca/sbom.cdx.json
LABEL org.opencontainers.image.licenses="(Apache-2.0 OR BSD-3-Clause) AND (MIT OR Apache-2.0) AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND ISC AND LicenseRef-Debian AND MIT AND MIT-0 AND MPL-2.0 AND PSF-2.0 AND Python-2.0 AND Unlicense"
USER 10001
ENTRYPOINT ["tini", "--", "fonoteca"]

FROM base AS scraper
# deno keeps its cache below HOME, and the root file system is read-only.
ENV SCRAPER_WORK_FOLDER=/work \
    HOME=/tmp
RUN install --directory --owner=10001 /work
VOLUME /work
# ffmpeg comes with the package imageio-ffmpeg: one program of 80 MB; Debian's brings 680 MB of libraries.
COPY requirements/scraper.txt ./
RUN --mount=type=bind,from=package,source=/wheel,target=/wheel \
    pip install --require-hashes -r scraper.txt && pip install --no-deps /wheel/*.whl
COPY NOTICE LICENSE /usr/share/doc/fonoteca/
COPY sbom/scraper.cdx.json /usr/share/doc/fonoteca/sbom.cdx.json
LABEL org.opencontainers.image.licenses="(MIT OR Apache-2.0) AND Apache-2.0 AND BSD-2-Clause AND BSD-3-Clause AND GPL-2.0-or-later AND GPL-3.0-or-later AND ISC AND LGPL-3.0-only AND LGPL-3.0-or-later AND LicenseRef-Debian AND MIT AND MIT-0 AND MPL-2.0 AND PSF-2.0 AND Python-2.0 AND Unlicense"
USER 10001
CMD ["python", "-m", "services.scraper"]
