/**
 * What the terminal UI needs from the outside: an event stream and a few verbs. The process entry gives it the
 * control client; tests and a future embedded mode give it anything else of this shape. Payloads are `unknown`
 * on purpose: they came over a socket, and `state/read.ts` is where they are believed.
 */
export type SourceEvent =
  /** The stream is (again) open; everything known before is replaced by this. */
  | { readonly type: "hello"; readonly status: unknown; readonly flows: readonly unknown[] }
  | { readonly type: "flow"; readonly flow: unknown }
  /** Taken out of the log by hand. */
  | { readonly type: "removed"; readonly ids: readonly unknown[] }
  | { readonly type: "core"; readonly event: unknown }
  | { readonly type: "status"; readonly status: unknown }
  /** The stream broke or could not be opened; the source tries again by itself after `retryInMs`. */
  | { readonly type: "lost"; readonly why: string; readonly retryInMs: number };

/** Bytes: far more than a clipboard takes. */
export const maxExportText = 1024 * 1024;

export interface TuiSource {
  flow(id: string): Promise<unknown>;
  /**
   * A question to the control API, below `/api` unless the path is a whole one (`/v1/…`, `/v0/…`). `long`: a provider may
   * be asked on the way. @throws Error with the core's own words
   */
  ask(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown, patience?: "long"): Promise<unknown>;
  /** Writes an export into a new file that only its owner can read; resolves with how many calls are in it. */
  exportTo(file: string, question: Readonly<Record<string, unknown>>): Promise<number>;
  /** Its request at the client, in the hub and upstream. */
  stages(id: string): Promise<unknown>;
  /** A small export as text. @throws Error where there is more of it than `maxExportText` */
  exportText(question: Readonly<Record<string, unknown>>): Promise<string>;
  /** Calls back until the returned function is called; reconnects by itself. */
  events(listener: (event: SourceEvent) => void): () => void;
}
