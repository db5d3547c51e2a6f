// @ts-check
// What was dropped or chosen, as files with their paths: folders are walked to their ends.

/** @typedef {{file: File, folder: string}} Found */

/** @param {FileList | File[]} files @returns {Found[]} */
export const chosen = (files) =>
  [...files].map((file) => ({ file, folder: file.webkitRelativePath.split("/").slice(0, -1).join("/") }));

/**
 * What a drop holds; folders without files are told by `folder`. Has to be called while the drop is handled.
 * @param {DataTransfer} data @param {(path: string) => void} folder @returns {Promise<Found[]>}
 */
export const dropped = async (data, folder) => {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry);
  if (entries.length === 0) return chosen(data.files);
  /** @type {Found[]} */
  const found = [];
  for (const entry of entries) await walk(/** @type {FileSystemEntry} */ (entry), "", found, folder);
  return found;
};

/** @param {FileSystemEntry} entry @param {string} above @param {Found[]} found @param {(path: string) => void} folder */
const walk = async (entry, above, found, folder) => {
  if (entry.isFile) {
    const file = await new Promise((done) => /** @type {FileSystemFileEntry} */ (entry).file(done, () => done(null)));
    if (file) found.push({ file, folder: above });
    return;
  }
  const path = above ? `${above}/${entry.name}` : entry.name;
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  let some = false;
  for (;;) { // a reader gives some hundred at a time
    const part = /** @type {FileSystemEntry[]} */ (await new Promise((done) => reader.readEntries(done, () => done([]))));
    if (part.length === 0) break;
    some = true;
    for (const below of part) await walk(below, path, found, folder);
  }
  if (!some) folder(path);
};
