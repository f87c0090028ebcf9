/** What a client may refer to later: ids that are kept for it, and everything it has seen of a reply. */
import { describe, expect, it } from "vitest";
import { frames, writerOptions, type Loose } from "../__fixtures__/harness.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { formats } from "../table.ts";
import { finalResponse } from "./__fixtures__/streams.ts";
import { call, end, start, text, think } from "./__fixtures__/writing.ts";

const { client } = formats["openai-responses"];
const kept = { id: "k".repeat(32), previous: "resp_before" };
const events: readonly StreamEvent[] = [
  start,
  ...think(0, "hm"),
  ...text(1, "I ", "look"),
  ...call(2, "x", '{"a"', ":1}"),
  ...text(3, "So."),
  ...think(4, "so"),
  end(),
];

function writeAll(all: readonly StreamEvent[], options: object = {}) {
  const writer = client.streamWriter({ ...writerOptions(), ...options });
  const bytes = Buffer.concat(all.flatMap((event) => writer.push(event)));
  return { bytes, written: writer.written?.() ?? null };
}

describe("a reply that is kept", () => {
  it("has ids of what was given for it, and says what it goes on from", () => {
    const response = finalResponse(writeAll(events, { kept }).bytes);
    expect(response).toMatchObject({ id: `resp_${kept.id}`, store: true, previous_response_id: "resp_before" });
    const items = response["output"] as readonly Loose[];
    expect(items.map((item) => item["id"])).toEqual(
      ["rs", "msg", "fc", "msg", "rs"].map((prefix, index) => `${prefix}_${kept.id}_${index}`),
    );
  });

  it("has them when it is written whole, too", () => {
    const reply = {
      id: "chatcmpl-1",
      model: "served",
      parts: [{ type: "text", text: "so" } as const],
      finish: { reason: "stop", raw: null } as const,
      usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
      losses: [],
    };
    const body = JSON.parse(Buffer.from(client.writeReply(reply, { ...writerOptions(), kept })).toString()) as Loose;
    expect(body).toMatchObject({ id: `resp_${kept.id}`, output: [{ id: `msg_${kept.id}_0` }] });
  });

  it("that is not, has the upstream's, and says that nothing is stored", () => {
    const response = finalResponse(writeAll(events).bytes);
    expect(response).toMatchObject({ id: "resp_chatcmpl-1", store: false, previous_response_id: null });
  });
});

describe("what was written", () => {
  it("is nothing before the reply began, and all of it behind its end", () => {
    expect(writeAll([]).written).toBeNull();
    const { bytes, written } = writeAll(events);
    expect(written).toEqual(finalResponse(bytes));
  });

  it("is what was said until then of a reply that failed", () => {
    const failure: StreamEvent = { type: "error", error: { kind: "network", message: "cut" } };
    const { written } = writeAll([...events.slice(0, 6), failure]);
    expect(written).toMatchObject({ status: "failed", output: [{ type: "reasoning" }, { content: [{ text: "I " }] }] });
  });

  it("holds every thought and text that the client has heard of, wherever the stream is broken off", () => {
    for (let count = 1; count <= events.length; count += 1) {
      const { bytes, written } = writeAll(events.slice(0, count));
      const heard = (frames(bytes) as readonly Loose[]).flatMap(({ type, item }) =>
        type === "response.output_item.added" ? [(item as Loose)["id"]] : [],
      );
      const held = ((written ?? {})["output"] as readonly Loose[]).map((item) => item["id"]);
      // A call that is not over is none.
      const isInCall = events.slice(0, count).findLast(({ type }) => type.startsWith("tool-"))?.type !== "tool-end";
      const open = isInCall ? heard.filter((id) => String(id).startsWith("fc_")) : [];
      expect([...held, ...open]).toEqual(heard);
    }
  });

  it("has the words of a thought that was broken off, without a blob", () => {
    const { written } = writeAll(events.slice(0, 3));
    expect(written?.["output"]).toEqual([
      { id: "rs_chatcmpl-1_0", type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
    ]);
  });
});
