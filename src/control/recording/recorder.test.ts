import { describe, expect, it } from "vitest";
import { systemClock } from "../../base/clock.ts";
import type { FlowStart } from "../../base/flow.ts";
import { systemRandom } from "../../base/random.ts";
import { createRedactor } from "../../base/redact.ts";
import { createFlowLog } from "../flow-log.ts";
import type { RecordedCall } from "./format.ts";
import { startRecorder } from "./recorder.ts";
import type { RecordingFile } from "./recording-file.ts";

const start: FlowStart = {
  client: "curl",
  host: "api.openai.com",
  method: "POST",
  path: "/v1/responses",
  protocol: "h2",
  action: "passthrough",
};

function bench(append: RecordingFile["append"] = () => Promise.resolve("written")) {
  const flowLog = createFlowLog({ clock: systemClock, random: systemRandom });
  const calls: RecordedCall[] = [];
  const troubles: string[] = [];
  let settled = 0;
  const file: RecordingFile = {
    path: "/r.jsonl",
    append(call) {
      calls.push(call);
      return append(call);
    },
    close: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
  const recorder = startRecorder({
    flowLog,
    redactor: createRedactor(),
    file,
    settled: () => Promise.resolve(void (settled += 1)),
    onTrouble: (text) => troubles.push(text),
  });
  const make = (more: Partial<FlowStart> = {}): string => {
    const tap = flowLog.open({ ...start, ...more });
    tap.head("client-request", { line: "POST /", headers: [] });
    tap.tell({ type: "ended", state: "done" });
    return tap.id;
  };
  return { recorder, make, calls, troubles, settled: () => settled };
}

describe("the recorder of a core", () => {
  it("takes every call when it has ended, and waits for what is found out later", async () => {
    const { recorder, make, calls, settled } = bench();
    const ids = [make(), make()];
    expect(calls).toEqual([]);
    make({ action: "tunnel" });
    make({ protocol: "websocket" });
    expect(await recorder.close()).toEqual({ recorded: 2, lost: 0 });
    expect(calls.map(({ flow }) => flow.id)).toEqual(ids);
    expect(settled()).toBe(2);
    make();
    expect(calls).toHaveLength(2);
  });

  it("stops at a full file, and says so once", async () => {
    const { recorder, make, troubles } = bench(() => Promise.resolve("full"));
    make();
    make();
    expect(await recorder.close()).toEqual({ recorded: 0, lost: 2 });
    expect(troubles).toEqual([expect.stringContaining("the recording /r.jsonl is full")]);
  });

  it("goes on when the disk does not take one", async () => {
    let nth = 0;
    const { recorder, make, troubles } = bench(() => {
      nth += 1;
      return nth === 1 ? Promise.reject(new Error("ENOSPC")) : Promise.resolve("written");
    });
    make();
    make();
    expect(await recorder.close()).toEqual({ recorded: 1, lost: 1 });
    expect(troubles).toEqual([expect.stringContaining("ENOSPC")]);
  });

  it("loses calls and not time when it cannot keep up", async () => {
    const { recorder, make, troubles } = bench();
    for (let index = 0; index < 200; index += 1) make();
    expect(await recorder.close()).toEqual({ recorded: 128, lost: 72 });
    expect(troubles).toEqual([expect.stringContaining("does not keep up")]);
  });
});
