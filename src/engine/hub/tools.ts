/** Tool declarations and the client's wishes about them. */
import type { FormatId } from "./format-id.ts";
import type { CacheMark } from "./message.ts";

export type HubTool =
  | {
      readonly kind: "function";
      readonly name: string;
      readonly description?: string;
      /** JSON Schema of the arguments, as the client wrote it. */
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
      readonly cache?: CacheMark;
    }
  | { readonly kind: "custom"; readonly name: string; readonly description?: string; readonly format?: unknown }
  /** A tool the provider itself runs. Another dialect gets it only where it has the same ability of its own. */
  | {
      readonly kind: "server";
      readonly name: string;
      readonly from: FormatId;
      readonly raw: unknown;
      readonly ability?: ServerAbility;
    };

/** What providers' own tools can do, where more than one provider has such a tool. */
export type ServerAbility = "web-search" | "web-fetch" | "code-execution";

export type ToolChoice =
  | { readonly type: "auto" }
  | { readonly type: "none" }
  | { readonly type: "required" }
  | { readonly type: "tool"; readonly name: string }
  | { readonly type: "allowed"; readonly mode: "auto" | "required"; readonly names: readonly string[] };
