// @ts-check
// Pages of sharing, made better where scripts run: each of them works without.
import { copying } from "./sharing-copy.js";
import { dialogs } from "./sharing-frame.js";
import { people } from "./sharing-people.js";
import { previews } from "./sharing-preview.js";
import { times } from "./sharing-times.js";

/** @param {Document | Element} root what came onto the page */
function enhance(root) {
  times(root);
  people(root);
  previews(root);
  copying(root);
}

enhance(document);
dialogs(document, enhance);
