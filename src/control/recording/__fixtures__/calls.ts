/** Recorded calls for tests, with what a test cares about said and the rest made up. */
import type { FlowJson } from "../../../base/controls.ts";
import type { RecordedCall, RecordedChunk, RecordedReply } from "../format.ts";

const flow: FlowJson = {
  id: "s3k00001",
  startedAt: "2026-11-21T20:30:00.000Z",
  endedAt: "2026-11-21T20:30:01.000Z",
  client: "claude-code",
  host: "api.anthropic.com",
  method: "POST",
  path: "/v1/messages",
  protocol: "h2",
  status: 200,
  state: "done",
  action: "passthrough",
  formats: { client: "claude", upstream: null },
  model: { asked: "claude-x", served: "claude-x" },
  provider: null,
  account: null,
  attempts: [],
  why: [],
  usage: null,
  timings: { connectMs: null, tlsMs: null, translateMs: null, ttfbMs: 120, firstTokenMs: null, totalMs: 900 },
  losses: [],
};

export interface Sketch {
  readonly method?: string;
  readonly path?: string;
  readonly body?: unknown;
  readonly reply?: Partial<RecordedReply> | null;
}

/** A stream of three events, the first 100 ms after the request and the last 800 ms. */
export function aCall({ method = "POST", path = "/v1/messages", body, reply }: Sketch = {}): RecordedCall {
  const asked = body ?? { model: "claude-x", messages: [{ role: "user", content: "hi" }] };
  return {
    flow: { ...flow, method, path },
    request: {
      method,
      host: "api.anthropic.com",
      path,
      headers: [["content-type", "application/json"]],
      body: { text: typeof asked === "string" ? asked : JSON.stringify(asked) },
      complete: true,
      endedAtMs: 20,
    },
    reply: reply === null ? null : { ...aStream(), ...reply },
  };
}

function aStream(): RecordedReply {
  return {
    status: 200,
    headers: [["content-type", "text/event-stream"]],
    startedAtMs: 120,
    chunks: [chunk(120, "data: 1\n\n"), chunk(320, "data: 2\n\n"), chunk(820, "data: 3\n\n")],
    endedAtMs: 900,
    end: "done",
  };
}

export function chunk(atMs: number, text: string): RecordedChunk {
  return { atMs, text };
}

export function recordingText(calls: readonly unknown[]): string {
  const header = { switchyardRecording: 1, version: "9.9.9", createdAt: "2026-11-21T20:30:00.000Z" };
  return [header, ...calls].map((line) => `${JSON.stringify(line)}\n`).join("");
}
