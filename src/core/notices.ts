/**
 * The newest warnings and errors that are not about one flow, kept from the first moment of a core on, so that whoever
 * looks later (a status, a screen, the terminal it was started in) still learns of them. Not a log: it is bounded, and
 * it ends with the process.
 */
import type { CoreNotice } from "../base/controls.ts";
import type { StampedEvent } from "../base/events.ts";
import type { Redactor } from "../base/redact.ts";

export interface Notices {
  /** Takes what is a notice of level warn or error; everything else is none of its business. */
  hear(event: StampedEvent): void;
  /** Oldest first. */
  list(): readonly CoreNotice[];
}

const maxNotices = 50;
/** A fault comes with its stack; more than this nobody reads in a status. */
const maxTextLength = 2_000;

export function createNotices(redactor: Pick<Redactor, "text">): Notices {
  const kept: CoreNotice[] = [];
  return {
    hear(event) {
      if (event.type !== "notice" || event.level === "info") return;
      const { at, level, area, text } = event;
      // Masked before it is cut: half a secret might not be recognised any more.
      kept.push({ at: new Date(at).toISOString(), level, area, text: cut(redactor.text(text)) });
      if (kept.length > maxNotices) kept.shift();
    },
    // Once more: a secret may have become known after the notice that names it.
    list: () => kept.map((notice) => ({ ...notice, text: redactor.text(notice.text) })),
  };
}

function cut(text: string): string {
  return text.length > maxTextLength ? `${text.slice(0, maxTextLength)}…` : text;
}
