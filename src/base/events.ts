/** What happened in the core that is not about one flow. Facts in the past, small. */
export type CoreEvent =
  | { readonly type: "listening"; readonly url: string }
  | { readonly type: "config-reloaded"; readonly path: string }
  | { readonly type: "config-rejected"; readonly path: string; readonly message: string }
  | {
      readonly type: "certificate-refused";
      readonly host: string;
      readonly cause: "alert" | "closed";
      readonly message: string;
      readonly fix: string;
    }
  | { readonly type: "out-of-scope"; readonly host: string; readonly fix: string }
  | {
      readonly type: "notice";
      readonly level: "info" | "warn" | "error";
      readonly area: string;
      readonly text: string;
    };

/** A core event as published: numbered and stamped (ms since the epoch). */
export type StampedEvent = CoreEvent & { readonly at: number };
