import { describe, expect, it } from "vitest";
import { formatIds, type FormatId } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import type { Provider } from "../providers/provider.ts";
import { canStayAsIs } from "./lane.ts";
import type { ClientCall } from "./read-client.ts";

function call(id: FormatId): ClientCall {
  const format = formats[id];
  const asked = { operation: "reply", model: "m", stream: true, variant: null, target: "/" } as const;
  return { ...asked, format, reads: format, body: Buffer.from("{}"), value: {} };
}

/** As much of a provider as the choice looks at. */
const provider = (format: FormatId): Provider => ({ format }) as Provider;

describe("the same dialect on both sides", () => {
  it.each(formatIds.filter((id) => id !== "cursor"))("%s keeps the client's bytes", (id) => {
    expect(canStayAsIs(call(id), provider(id), null)).toBe(true);
    expect(canStayAsIs(call(id), provider(id), "repaired")).toBe(false);
  });

  it("is written anew where the body is not JSON: no model can be exchanged for another in it", () => {
    expect(canStayAsIs(call("cursor"), provider("cursor"), null)).toBe(false);
  });
});
