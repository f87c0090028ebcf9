import { describe, expect, it } from "vitest";
import { observeBody } from "./observe.ts";
import { formats } from "./table.ts";

const mb = 1024 * 1024;
const type = "text/event-stream";

/** How many frames are looked at. */
function lookedAt(body: Uint8Array, isJson: boolean): number {
  let count = 0;
  observeBody(body, type, {
    whole: () => ({ model: null, usage: null, finish: null }),
    frame(seen) {
      count += 1;
      return isJson ? seen : null;
    },
  });
  return count;
}

describe("a passed-through stream that was made to be expensive", () => {
  it("is not read on when its frames are no JSON", () => {
    const frame = "data: flood\n\n";
    expect(lookedAt(Buffer.alloc(mb, frame), false)).toBeLessThan(100);
    expect(lookedAt(Buffer.alloc(mb, frame), true)).toBeGreaterThan(80_000);
  });

  it("is read at its beginning and at its end only, however long it is", () => {
    const frame = "data: {}\n\n";
    expect(lookedAt(Buffer.alloc(12 * mb, frame), true)).toBeLessThanOrEqual((2 * mb) / frame.length + 2);
  });

  it("still tells its model and what it used", () => {
    const chunk = (fields: object): Buffer => Buffer.from(`data: ${JSON.stringify(fields)}\n\n`);
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
    const body = Buffer.concat([
      chunk({ model: "served", choices: [] }),
      Buffer.alloc(4 * mb, "data: noise\n\n"),
      Buffer.from("\n\n"),
      chunk({ model: "served", choices: [{ finish_reason: "stop" }] }),
      chunk({ model: "served", choices: [], usage }),
    ]);
    expect(formats["openai-chat"].observe(body, type).model).toBe("served");
  });
});
