// Addresses of the API.

import assert from "node:assert/strict";
import test from "node:test";

import { addressOf } from "../../services/api/web/data/address.js";

test("values are put into the path, whatever they hold", () => {
  const path = { video_id: "youtube:a/b", name: "é ?.mp3" };
  assert.equal(
    addressOf("/v1/videos/{video_id}/files/{name}", { path }),
    "/v1/videos/youtube%3Aa%2Fb/files/%C3%A9%20%3F.mp3",
  );
});

test("a query leaves out what is empty", () => {
  const query = { state: "", playlist: null, cursor: undefined, limit: 50, progress: true, text: "a&b" };
  assert.equal(addressOf("/v1/playlists", { query }), "/v1/playlists?limit=50&progress=true&text=a%26b");
  assert.equal(addressOf("/v1/playlists"), "/v1/playlists");
});
