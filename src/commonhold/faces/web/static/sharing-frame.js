// @ts-check
// The share dialog opens in place: its pages are fetched, and shown in a <dialog> of the page that one is on.
import { parsed, posted } from "./sharing-preview.js";

const LEAVES = /\/app(\/given|\/links)?$/; // where the end of a share leads: in the dialog, to its first page again

/** @param {Document} page @param {(root: Element) => void} enhance */
export function dialogs(page, enhance) {
  page.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("a[data-dialog]");
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void open(link, enhance);
  });
}

/** @param {HTMLAnchorElement} link @param {(root: Element) => void} enhance */
async function open(link, enhance) {
  const dialog = document.createElement("dialog");
  const inside = document.createElement("div");
  const close = document.createElement("button");
  dialog.className = "sharing";
  close.className = "plain small close";
  close.type = "button";
  close.textContent = "×";
  dialog.append(close, inside);
  if (!document.querySelector('link[href$="/sharing.css"]')) {
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("sharing.css", import.meta.url).href;
    document.head.append(sheet);
  }
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });

  /** @param {string} address @param {RequestInit} how */
  async function load(address, how = { headers: { accept: "text/html" } }) {
    const reply = await fetch(address, how);
    if (reply.redirected && LEAVES.test(new URL(reply.url).pathname)) return load(link.href);
    const page = await parsed(reply);
    const main = page.querySelector("main");
    if (!main || new URL(reply.url).pathname.endsWith("/sign-in")) {
      location.href = reply.url;
      return;
    }
    inside.replaceChildren(...main.children);
    const head = inside.querySelector("h1");
    dialog.setAttribute("aria-label", head?.textContent ?? "");
    close.setAttribute("aria-label", link.dataset.close ?? "×");
    enhance(inside);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    head?.setAttribute("tabindex", "-1");
    head?.focus();
  }

  inside.addEventListener("click", (event) => {
    const inner = /** @type {Element} */ (event.target).closest("a");
    if (inner?.hasAttribute("data-close")) {
      event.preventDefault();
      void load(link.href);
    } else if (inner?.hasAttribute("data-frame")) {
      event.preventDefault();
      void load(inner.href);
    }
  });
  inside.addEventListener("submit", (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (event.defaultPrevented || form.method !== "post") return;
    event.preventDefault();
    void load(form.action, posted(form, event.submitter));
  });
  document.body.append(dialog);
  await load(link.href);
}
