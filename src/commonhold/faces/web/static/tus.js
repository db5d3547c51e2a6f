// @ts-check
// One file by tus 1.0 (https://tus.io/protocols/resumable-upload): in pieces, over cuts, from where the server is.

const VERSION = "1.0.0";
const PIECE = 8 * 1024 * 1024;
const TRIES = 8; // in a row without a byte getting through
const LONGEST = 20_000; // milliseconds between two tries

/** A refusal by the server, which no further try would change. */
export class Refused extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Somebody pressed Pause or Cancel. */
export class Stopped extends Error {}

/** @param {string} text */
const coded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** @param {Record<string, string>} said */
const metadata = (said) =>
  Object.entries(said).filter(([, value]) => value).map(([key, value]) => `${key} ${coded(value)}`).join(",");

/** One upload. `address` is where it goes on, once it has begun: kept by the caller over reloads. */
export class Upload {
  /**
   * @param {File} file
   * @param {{begin: () => Promise<string>, said: Record<string, string>, address?: string | null,
   *   moved: (sent: number) => void, begun: (address: string) => void, waits: (waits: boolean) => void}} how
   */
  constructor(file, how) {
    this.file = file;
    this.how = how;
    this.address = how.address ?? null;
    this.offset = 0;
    this.stopped = false;
    /** @type {XMLHttpRequest | null} */
    this.request = null;
    /** @type {(() => void) | null} */
    this.wake = null;
  }

  /** Send all of it, over cuts. Throws Refused, Stopped, or what reading the file throws. */
  async run() {
    this.stopped = false;
    let tries = 0;
    let known = this.address === null; // whether we know how far the server is
    for (;;) {
      if (this.stopped) throw new Stopped();
      const before = this.offset;
      try {
        if (!known) await this.ask();
        known = true;
        if (await this.step()) return;
        tries = 0;
      } catch (error) {
        if (this.stopped) throw new Stopped();
        if (!(error instanceof Cut)) throw error;
        known = this.address === null;
        tries = this.offset > before ? 1 : tries + 1;
        if (tries > TRIES) throw new Refused(0, "");
        await this.wait(tries);
      }
    }
  }

  /** Stop sending; what arrived stays there. */
  stop() {
    this.stopped = true;
    this.request?.abort();
    this.wake?.();
  }

  /** Let the server forget it. */
  async forget() {
    this.stop();
    if (this.address) await fetch(this.address, { method: "DELETE", headers: { "Tus-Resumable": VERSION } }).catch(() => {});
  }

  /** Ask how far the server is; one that knows nothing of it any more gets it from the beginning. */
  async ask() {
    const reply = await this.send("HEAD", /** @type {string} */ (this.address), {}, null);
    if (reply.status === 404 || reply.status === 410) {
      this.address = null;
      this.offset = 0;
    } else if (reply.status === 200) {
      this.offset = Number(reply.getResponseHeader("Upload-Offset"));
    } else throw refusal(reply);
    this.how.moved(this.offset);
  }

  /** Send the next piece; true if it was the last one. */
  async step() {
    const size = this.file.size;
    if (this.address !== null && this.offset >= size && size > 0) return true;
    const piece = this.file.slice(this.offset, this.offset + PIECE);
    const body = await piece.arrayBuffer(); // of a file that cannot be read, nothing is begun
    const reply = this.address === null ? await this.begin() : await this.patch(body);
    const at = Number(reply.getResponseHeader("Upload-Offset"));
    this.offset = at;
    this.how.moved(at);
    return at >= size;
  }

  /** Begin without a byte: if the answer is lost, nothing was made that is made again. */
  async begin() {
    const headers = { "Upload-Length": String(this.file.size), "Upload-Metadata": metadata(this.how.said) };
    const reply = await this.send("POST", await this.place(), headers, null);
    if (reply.status !== 201) throw refusal(reply);
    const place = new URL(reply.getResponseHeader("Location") ?? "", location.href);
    this.address = place.pathname; // whatever host the server believes to have
    this.how.begun(this.address);
    return reply;
  }

  /** Where it begins; to find that out may take the network, too. @returns {Promise<string>} */
  async place() {
    try {
      return await this.how.begin();
    } catch (error) {
      throw error instanceof TypeError ? new Cut() : error;
    }
  }

  /** @param {ArrayBuffer} body */
  async patch(body) {
    const reply = await this.send("PATCH", /** @type {string} */ (this.address), { "Upload-Offset": String(this.offset) }, body);
    if (reply.status === 409 || reply.status === 404) throw new Cut(); // ask again where it is, or begin again
    if (reply.status !== 204) throw refusal(reply);
    return reply;
  }

  /**
   * @param {string} method @param {string} address @param {Record<string, string>} headers
   * @param {ArrayBuffer | null} body @returns {Promise<XMLHttpRequest>}
   */
  send(method, address, headers, body) {
    return new Promise((done, failed) => {
      const request = (this.request = new XMLHttpRequest());
      request.open(method, address);
      request.setRequestHeader("Tus-Resumable", VERSION);
      request.setRequestHeader("Accept", "application/json");
      if (body) request.setRequestHeader("Content-Type", "application/offset+octet-stream");
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      const from = this.offset;
      request.upload.onprogress = (event) => this.how.moved(from + event.loaded);
      request.onload = () => (request.status >= 500 || request.status === 423 || request.status === 429 ? failed(new Cut()) : done(request));
      request.onerror = request.onabort = request.ontimeout = () => failed(new Cut());
      request.send(body);
    });
  }

  /** Wait longer and longer, and not while there is no network at all. @param {number} tries */
  async wait(tries) {
    this.how.waits(true);
    const soon = Math.min(LONGEST, 250 * 2 ** tries) * (0.75 + Math.random() / 2);
    await new Promise((done) => {
      const timer = setTimeout(done, soon);
      this.wake = () => { clearTimeout(timer); done(undefined); };
      addEventListener("online", this.wake, { once: true });
    });
    this.wake = null;
    this.how.waits(false);
  }
}

/** The connection, or the server, was away: to be tried again. */
class Cut extends Error {}

/** @param {XMLHttpRequest} reply */
const refusal = (reply) => {
  let detail = "";
  try {
    detail = JSON.parse(reply.responseText).detail ?? "";
  } catch { /* a server in between said it in its own words */ }
  return new Refused(reply.status, detail);
};
