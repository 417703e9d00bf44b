"""Licences and sources that packages' metadata does not state in SPDX terms, as read by a person."""

from __future__ import annotations

#: What packages write into their field License or their classifiers → its SPDX identifier. "BSD" alone is none.
TEXTS = {
    "Apache 2.0": "Apache-2.0",
    "Apache-2.0": "Apache-2.0",
    "BSD-2-Clause": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT": "MIT",
    "MIT License": "MIT",
    "MPL-2.0": "MPL-2.0",
    "PSF-2.0": "PSF-2.0",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
}
#: Package → its licence, where the metadata is incomplete; read in the files of the locked version.
READ_IN_ITS_FILES = {
    "cronsim": "BSD-3-Clause",
    "google-re2": "BSD-3-Clause",
    "icmplib": "LGPL-3.0-only",
    "isodate": "BSD-3-Clause",
    "pebble": "LGPL-3.0-or-later",
    "requests-oauthlib": "ISC",
    "pycryptodomex": "BSD-2-Clause AND Unlicense",
}
#: Package → third-party programs and libraries inside it: (name, version if known, licence, where its source is). If
#: the key has a version, a new version fails until a person has checked it: `ffmpeg -version` names its commit.
BUNDLED: dict[str, tuple[tuple[str, str | None, str, str], ...]] = {
    "cryptography": (("OpenSSL", None, "Apache-2.0", "https://github.com/openssl/openssl"),),
    "google-re2": (("Abseil", None, "Apache-2.0", "https://github.com/abseil/abseil-cpp"),),
    "deno": (("V8", None, "BSD-3-Clause", "https://github.com/denoland/rusty_v8"),),
    "imageio-ffmpeg 0.8.1": (
        ("FFmpeg", "9.0.2", "GPL-3.0-or-later", "https://github.com/FFmpeg/FFmpeg/tree/2a571b6068"),
    ),
}
#: Image → code of others in services/api/web/vendor, served as it is: (name, version, licence, where its source is).
VENDORED: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "api": (("uPlot", "1.6.32", "MIT", "https://github.com/leeoniya/uPlot"),),
}
#: Parts of the base image that the Dockerfile names, in its versions: (name, licence, where its source is).
BASE = (
    ("CPython", "Python-2.0", "https://github.com/python/cpython"),
    ("pip", "MIT", "https://github.com/pypa/pip"),
    ("setuptools", "MIT", "https://github.com/pypa/setuptools"),
    ("tini", "MIT", "https://github.com/krallin/tini"),
    ("wheel", "MIT", "https://github.com/pypa/wheel"),
)
#: Debian's packages of the base image, each under its own licence.
DEBIAN = "LicenseRef-Debian"
#: Image of a server, without its tag → its licence. Their makers publish them; they are not part of our images.
SERVERS = {
    "rabbitmq": "MPL-2.0",
    "mongo": "SSPL-1.0",
    "quay.io/minio/minio": "AGPL-3.0-or-later",
    "mcr.microsoft.com/azure-storage/azurite": "MIT",
    "prom/prometheus": "Apache-2.0",
    "prom/alertmanager": "Apache-2.0",
    "grafana/grafana": "AGPL-3.0-only",
}
