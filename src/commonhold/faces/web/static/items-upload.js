// @ts-check
// Uploads of a folder's page: files and folders, dropped or chosen, a few at a time, each with its bar; what is cut goes
// on by itself, what was begun before a reload when it is chosen again, and one that fails keeps nobody else.

import { chosen, dropped } from "./dropped.js";
import { Refused, Stopped, Upload } from "./tus.js";

/** @typedef {import("./dropped.js").Found} Found */

const AT_ONCE = 3;
const KEPT = "commonhold-upload:";

/** Texts of the page, by their names in the template. @type {DOMStringMap} */
let words = {};

/** @param {string | undefined} text @param {Record<string, string | number>} facts */
const say = (text, facts = {}) => (text ?? "").replace(/\{(\w+)\}/g, (_, name) => String(facts[name] ?? ""));

/**
 * @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {Partial<HTMLElementTagNameMap[T]>} [known]
 * @param {(Node | string)[]} below @returns {HTMLElementTagNameMap[T]}
 */
const make = (tag, known = {}, ...below) => {
  const made = Object.assign(document.createElement(tag), known);
  made.append(...below);
  return made;
};

/** @param {string | undefined} label @param {() => void} act */
const button = (label, act) => {
  const made = make("button", { type: "button", className: "plain small", textContent: label ?? "" });
  made.addEventListener("click", act);
  return made;
};

/** What a browser remembers of an upload over a reload; without storage, nothing. */
const memory = {
  /** @param {string} key @returns {{address: string, sent: number, name: string} | null} */
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null");
    } catch {
      return null;
    }
  },
  /** @param {string} key @param {object} value */
  set(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch { /* full, or forbidden */ }
  },
  /** @param {string} key */
  drop(key) {
    try {
      localStorage.removeItem(key);
    } catch { /* forbidden */ }
  },
  /** @param {string} under @returns {string[]} */
  keys(under) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(under));
    } catch {
      return [];
    }
  },
};

/** One file on its way, and its row on the page. */
class Task {
  /** @param {Queue} queue @param {Found} found */
  constructor(queue, found) {
    this.queue = queue;
    this.file = found.file;
    this.folder = found.folder;
    this.path = found.folder ? `${found.folder}/${found.file.name}` : found.file.name;
    this.key = `${queue.kept}${this.path}|${this.file.size}|${this.file.lastModified}`;
    this.paused = false;
    this.cancelled = false;
    this.told = 0;
    /** @type {HTMLButtonElement | null} */ this.retry = null;
    this.bar = make("progress", { max: Math.max(1, this.file.size), value: 0 });
    this.bar.setAttribute("aria-label", this.path);
    this.why = make("span", { className: "why quiet" });
    this.pause = button(words.pause, () => this.toggle());
    this.end = button(words.cancel, () => this.cancel());
    this.row = make("li", {}, make("bdi", { textContent: this.path }), this.pause, this.end, this.bar, this.why);
    const known = memory.get(this.key);
    this.upload = new Upload(this.file, {
      begin: async () => `${queue.items}/${await queue.folderOf(this.folder)}/uploads`,
      said: { filename: this.file.name, filetype: this.file.type, on_collision: queue.collision },
      address: known?.address ?? null,
      begun: (address) => memory.set(this.key, { address, sent: 0, name: this.path }),
      moved: (sent) => this.moved(sent),
      waits: (waits) => { this.why.textContent = waits ? (words.offline ?? "") : ""; },
    });
  }

  /** @param {number} sent */
  moved(sent) {
    this.bar.value = sent;
    const address = this.upload.address;
    if (address && Math.abs(sent - this.told) > 1_000_000) {
      this.told = sent;
      memory.set(this.key, { address, sent: Math.floor((100 * sent) / Math.max(1, this.file.size)), name: this.path });
    }
  }

  toggle() {
    this.paused = !this.paused;
    this.pause.textContent = (this.paused ? words.resume : words.pause) ?? "";
    this.why.textContent = this.paused ? (words.paused ?? "") : "";
    if (this.paused) this.upload.stop();
    else this.queue.again(this);
  }

  cancel() {
    this.cancelled = true;
    memory.drop(this.key);
    this.row.remove();
    void this.upload.forget();
    this.queue.dropped(this);
  }

  /** @param {string} why */
  fail(why) {
    this.why.textContent = why;
    this.why.className = "why problem";
    this.why.setAttribute("role", "alert");
    this.pause.replaceWith(this.retry = button(words.again, () => {
      this.retry?.replaceWith(this.pause);
      this.why.className = "why quiet";
      this.why.removeAttribute("role");
      this.why.textContent = "";
      this.queue.again(this);
    }));
  }
}

/** Everything that goes into one folder from this page. */
class Queue {
  /** @param {HTMLElement} room */
  constructor(room) {
    this.room = room;
    this.folders = room.dataset.folders ?? "";
    this.top = room.dataset.item ?? "";
    this.items = (room.dataset.begin ?? "").split("/").slice(0, -2).join("/");
    this.kept = `${KEPT}${this.top}:`;
    this.select = /** @type {HTMLSelectElement} */ (room.querySelector("select"));
    /** @type {Task[]} */ this.waiting = [];
    /** @type {Set<Task>} */ this.active = new Set();
    /** @type {Set<Task>} */ this.failed = new Set();
    /** @type {Set<Task>} */ this.resting = new Set();
    /** @type {Map<string, Promise<string>>} */ this.made = new Map();
    this.all = 0;
    this.done = 0;
    this.state = make("p", { className: "quiet" });
    this.state.setAttribute("role", "status");
    this.list = make("ul", { className: "sending" });
    room.append(this.state, this.list);
    addEventListener("beforeunload", (event) => {
      if (this.active.size + this.waiting.length > 0) event.preventDefault();
    });
  }

  get collision() {
    return this.select?.value ?? "rename";
  }

  /** @param {Found[]} found */
  add(found) {
    this.all += found.length;
    this.waiting.push(...found.map((one) => new Task(this, one)));
    this.fill();
  }

  /** @param {Task} task */
  again(task) {
    this.failed.delete(task);
    this.resting.delete(task);
    this.waiting.unshift(task);
    this.fill();
  }

  /** @param {Task} task */
  dropped(task) {
    this.all -= 1;
    this.failed.delete(task);
    this.resting.delete(task);
    this.waiting = this.waiting.filter((one) => one !== task);
    this.fill();
  }

  fill() {
    while (this.active.size < AT_ONCE && this.waiting.length > 0) {
      const task = /** @type {Task} */ (this.waiting.shift());
      this.active.add(task);
      void this.run(task);
    }
    this.tell();
  }

  /** @param {Task} task */
  async run(task) {
    if (!task.row.isConnected) this.list.append(task.row);
    try {
      await task.upload.run();
      this.done += 1;
      memory.drop(task.key);
      task.row.remove();
    } catch (error) {
      if (task.cancelled) { /* its row is gone already */ }
      else if (error instanceof Stopped) this.resting.add(task);
      else {
        this.failed.add(task);
        task.fail(reason(error));
      }
    }
    this.active.delete(task);
    this.fill();
  }

  tell() {
    if (this.all === 0) {
      this.state.textContent = "";
      return;
    }
    const facts = { done: this.done, all: this.all, failed: this.failed.size, waiting: this.waiting.length + this.active.size + this.resting.size };
    const over = facts.waiting === 0;
    const text = !over ? words.waiting : this.failed.size ? words.some : words.done;
    this.state.textContent = say(text, facts);
    if (!over) return;
    if (this.failed.size === 0) location.reload();
    else this.state.append(" ", make("a", { href: location.href, textContent: words.show ?? "" }));
  }

  /** The uid of a folder below ours, made the first time that it is asked for. @param {string} path */
  folderOf(path) {
    if (!path) return Promise.resolve(this.top);
    const known = this.made.get(path);
    if (known) return known;
    const above = path.split("/").slice(0, -1).join("/");
    const making = this.folderOf(above).then(() => this.make(path)); // one after the other, from above
    making.catch(() => this.made.delete(path));
    this.made.set(path, making);
    return making;
  }

  /** @param {string} path @returns {Promise<string>} */
  async make(path) {
    const body = new URLSearchParams({ path });
    const reply = await fetch(this.folders, { method: "POST", body, headers: { Accept: "application/json" } });
    const told = await reply.json().catch(() => ({}));
    if (!reply.ok) throw new Refused(reply.status, told.detail ?? "");
    return told.folder;
  }

  /** Name what was interrupted, by a reload or worse. */
  remember() {
    for (const key of memory.keys(this.kept)) {
      const known = memory.get(key);
      if (!known) continue;
      const row = make("li", {}, make("bdi", { textContent: known.name }), button(words.forget, () => {
        memory.drop(key);
        row.remove();
        void fetch(known.address, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" } });
      }), make("span", { className: "why quiet", textContent: say(words.interrupted, { percent: `${known.sent} %` }) }));
      row.dataset.key = key;
      this.list.append(row);
    }
  }

  /** What is chosen again is no longer interrupted. */
  forgetRows() {
    const keys = new Set([...this.active, ...this.waiting].map((task) => task.key));
    for (const row of this.list.querySelectorAll("li")) if (keys.has(row.dataset.key ?? "")) row.remove();
  }
}

/** @param {unknown} error */
const reason = (error) => {
  if (error instanceof Refused) return error.message || (words.failed ?? "");
  if (error instanceof DOMException) return words.unread ?? "";
  return words.failed ?? "";
};

const room = /** @type {HTMLElement | null} */ (document.querySelector(".queue"));
if (room) {
  words = /** @type {HTMLElement} */ (room.querySelector("template.words")).dataset;
  const queue = new Queue(room);
  /** @param {Found[]} found */
  const take = (found) => {
    queue.add(found);
    queue.forgetRows();
  };
  const form = /** @type {HTMLFormElement} */ (room.querySelector("form"));
  const files = /** @type {HTMLInputElement} */ (form.querySelector("input[type=file]"));
  const folders = make("input", { type: "file", hidden: true, webkitdirectory: true });
  const opens = button(words.folder, () => folders.click());
  form.querySelector("button")?.replaceWith(opens);
  form.append(folders);
  form.prepend(make("p", { className: "quiet", textContent: words.drop ?? "" }));
  for (const input of [files, folders]) {
    input.addEventListener("change", () => {
      take(chosen(input.files ?? new DataTransfer().files));
      input.value = "";
    });
  }
  const holds = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    room.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) room.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    if (!event.dataTransfer || !holds(event)) return;
    event.preventDefault();
    room.classList.remove("over");
    room.scrollIntoView({ block: "nearest" });
    void dropped(event.dataTransfer, (path) => void queue.folderOf(path).catch(() => {})).then(take);
  });
  queue.remember();
}
