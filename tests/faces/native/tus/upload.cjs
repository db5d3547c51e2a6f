// Uploads a file with the real tus client, unchanged; what comes in by standard input says which, and where to.
const fs = require("node:fs");
const tus = require("tus-js-client");

const given = JSON.parse(fs.readFileSync(0, "utf8"));
const told = { retries: 0, url: null };
const upload = new tus.Upload(fs.createReadStream(given.path), {
  endpoint: given.endpoint,
  headers: { Authorization: `Bearer ${given.token}` },
  metadata: { filename: given.name, filetype: given.type },
  chunkSize: given.chunk || Infinity,
  retryDelays: [0, 50, 100, 200, 400],
  onShouldRetry(error) {
    told.retries += 1;
    const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
    return status === 0 || status === 423 || status >= 500;
  },
  onError(error) {
    const status = error.originalResponse ? error.originalResponse.getStatus() : 0;
    process.stdout.write(JSON.stringify({ ...told, error: String(error.message).slice(0, 500), status }), () => process.exit());
  },
  onSuccess() {
    process.stdout.write(JSON.stringify({ ...told, url: upload.url }), () => process.exit());
  },
});
upload.start();
